"""``sacct``: what the accounting was told, which is later than it happened."""

from __future__ import annotations

import json

from .faults import Outcome, failed_outcome, spoiled
from .jobs import Job, accounted_exit, clock, limit_text
from .options import Unreadable, read_options
from .squeue import Row, queue_rows, time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .world import World

__all__ = ["sacct"]

_VALUED = {
    "clusters": "M",
    "delimiter": "",
    "endtime": "E",
    "format": "o",
    "jobs": "j",
    "name": "",
    "starttime": "S",
    "state": "s",
    "user": "u",
}
_FLAGS = {
    "allocations": "X",
    "duplicates": "D",
    "json": "",
    "noconvert": "",
    "noheader": "n",
    "parsable2": "P",
}
_DEFAULT = "JobID,JobName,Partition,State,ExitCode"
_STEP_BYTES = 3080192  # what a shell takes
# How the batch step of a job ended that Slurm itself ended.
_KILLED = {"CANCELLED": "0:15", "PREEMPTED": "0:15", "TIMEOUT": "0:15", "NODE_FAIL": "", "BOOT_FAIL": "0:15"}


def sacct(world: World, words: list[str], fault: dict[str, Any] | None) -> Outcome:
    """The answer of one question."""
    kind = fault["kind"] if fault else ""
    if not world.settings["accounting"]:
        return failed_outcome("disabled_accounting", "sacct", words)
    try:
        options, _ = read_options("sacct", words, _VALUED, _FLAGS)
    except Unreadable as error:
        return Outcome("", str(error), 1)
    ids = [each for each in options.get("jobs", "").split(",") if each]
    unreadable = next((each for each in ids if not each.partition("_")[0].partition(".")[0].isdigit()), None)
    if unreadable is not None:
        return Outcome("", f"sacct: fatal: Bad job/step specified: {unreadable}\n", 1)
    lag = world.settings["accounting_lag"]
    if fault is not None and kind == "lag":
        lag = float(fault.get("seconds", 5))
    jobs = _asked(world, options, ids, lag)
    if "json" in options:
        return spoiled(kind, Outcome(json.dumps({"errors": [], "jobs": [_document(world, job) for job in jobs]})), {})
    return spoiled(kind, _table(world, jobs, options, lag, fault if kind == "wrong_rows" else None), fault or {})


def _asked(world: World, options: dict[str, str], ids: list[str], lag: float) -> list[Job]:
    """The jobs that the question is about and the accounting has heard of: nothing in the first half of the lag."""
    jobs = [job for job in world.jobs if job.accounted and world.now - job.submitted >= lag / 2]
    if ids:
        jobs = [job for job in jobs if any(job.answers_to(each) for each in ids)]
        if "duplicates" not in options:
            jobs = list({job.shown: job for job in jobs}.values())
        return jobs
    # Without ids it looks at a window of time, today's by default. What cannot run yet is in none.
    since = _moment(options["starttime"]) if "starttime" in options else world.now // 86400 * 86400
    jobs = [job for job in jobs if not job.held and (not job.ended or job.ended >= since)]
    if "name" in options:
        names = options["name"].split(",")
        jobs = [job for job in jobs if job.name in names and world.now - job.submitted >= lag]
    return jobs


def _moment(text: str) -> int:
    """``2026-11-21T05:32:33`` in seconds since 1970 (UTC); 0, so that all is shown, for any other form."""
    digits = text.replace("-", " ").replace("T", " ").replace(":", " ").split()
    if len(digits) != 6 or not all(each.isdigit() for each in digits):
        return 0
    year, month, day, hour, minute, second = (int(each) for each in digits)
    # Days of the Gregorian calendar, counted from a year that begins in March.
    shifted, position = (year, month - 3) if month > 2 else (year - 1, month + 9)
    days = shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (position * 153 + 2) // 5 + day - 1
    return ((days - 719468) * 24 + hour) * 3600 + minute * 60 + second


def _table(world: World, jobs: list[Job], options: dict[str, str], lag: float, wrong: dict[str, Any] | None) -> Outcome:
    names = options.get("format", _DEFAULT).split(",")
    separator = options.get("delimiter", "|")
    lines = [] if "noheader" in options else [separator.join(names)]
    for row in queue_rows(jobs):
        values = _job_values(world, row, world.now - row.job.submitted < lag)
        if wrong is not None:
            values.update(wrong.get("values", {"jobname": "somebody-elses-job", "state": "COMPLETED"}))
        found = [values] if "allocations" in options else [values, *_step_values(world, row)]
        for each in found:
            fields = [each.get(name.partition("%")[0].lower(), "") for name in names]
            lines.append(separator.join(fields[:-2] if wrong is not None and wrong.get("how") == "columns" else fields))
    return Outcome("".join(f"{line}\n" for line in lines))


def _job_values(world: World, row: Row, early: bool) -> dict[str, str]:
    """The job's own row. While it is *early*, slurmdbd knows neither the name nor that the job has started."""
    job = row.job
    state = job.state
    if early and not job.over:
        state = "PENDING"
    elif state == "CANCELLED" and job.cancelled_by is not None:
        state = f"CANCELLED by {job.cancelled_by}"
    return {
        "jobid": row.shown,
        "jobidraw": str(job.id),
        "jobname": "allocation" if early else job.name,
        "state": state,
        "exitcode": accounted_exit(job),
        "derivedexitcode": "0:0",
        "elapsed": clock(_elapsed(world, job)),
        "submit": str(job.submitted),
        "eligible": "Unknown" if job.held or row.together else str(job.submitted),
        "start": "None" if row.together and job.over else time_text(job.started, "Unknown"),
        "end": time_text(job.ended, "Unknown"),
        "timelimit": limit_text(job.limit) if job.nodes or job.limit is not None else "Partition_Limit",
        "reqmem": job.memory,
        "nodelist": job.nodes or "None assigned",
        "reason": _reason(job),
        "partition": "" if early else job.partition,
        "user": world.settings["user"],
        "cluster": world.settings["cluster"],
        "comment": job.comment if job.over else "",
    }


def _reason(job: Job) -> str:
    """Why it waits, or waited until it was cancelled. Why it ended is not said here."""
    return "None" if job.nodes or (job.over and job.state != "CANCELLED") else job.reason


def _elapsed(world: World, job: Job) -> int:
    return (job.ended or world.now) - job.started if job.started else 0


def _step_values(world: World, row: Row) -> list[dict[str, str]]:
    """The batch step, which is there once the job has run at all."""
    job = row.job
    if not job.nodes:
        return []
    status = f"{(job.status >> 8) & 0x7F}:{job.status & 0x7F}"
    signalled = job.state == "FAILED" and job.status & 0x7F
    return [
        {
            "jobid": f"{row.shown}.batch",
            "jobidraw": f"{job.id}.batch",
            "jobname": "batch",
            "state": "CANCELLED" if job.state in _KILLED or signalled else job.state,
            "exitcode": _KILLED.get(job.state, status),
            "elapsed": clock(_elapsed(world, job)),
            "maxrss": str(_STEP_BYTES) if job.over else "",
            "submit": str(job.started),
            "eligible": str(job.started),
            "start": str(job.started),
            "end": time_text(job.ended, "Unknown"),
            "nodelist": job.nodes,
            "cluster": world.settings["cluster"],
        }
    ]


def _step_document(job: Job) -> dict[str, Any]:
    return {
        "exit_code": {"status": "SUCCESS", "return_code": 0},
        "nodes": {"range": job.nodes},
        "state": "CANCELLED" if job.state in _KILLED or (job.state == "FAILED" and job.status & 0x7F) else job.state,
        "step": {"id": {"job_id": job.id, "step_id": "batch"}, "name": "batch"},
        "time": {"elapsed": 0, "end": job.ended, "start": job.started},
        "tres": {"requested": {"max": [{"type": "mem", "count": _STEP_BYTES if job.over else 0}]}},
    }


def _document(world: World, job: Job) -> dict[str, Any]:
    """A job as ``--json`` has it: every exit code is 0 there, as in 22.05."""
    return {
        "array": {"job_id": job.array, "task_id": job.task, "task": None},
        "association": {"user": world.settings["user"]},
        "cluster": world.settings["cluster"],
        "derived_exit_code": {"status": "SUCCESS", "return_code": 0},
        "exit_code": {"status": "SUCCESS", "return_code": 0},
        "job_id": job.id,
        "name": job.name,
        "nodes": job.nodes or "None assigned",
        "partition": job.partition,
        "state": {"current": job.state, "reason": _reason(job)},
        "steps": [_step_document(job)] if job.nodes else [],
        "time": {
            "elapsed": _elapsed(world, job),
            "eligible": 0 if job.held else job.submitted,
            "end": job.ended,
            "limit": job.limit,
            "start": job.started,
            "submission": job.submitted,
        },
    }
