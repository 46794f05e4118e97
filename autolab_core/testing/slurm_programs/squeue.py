"""``squeue``: what slurmctld remembers."""

from __future__ import annotations

import json

from .faults import Outcome, spoiled
from .jobs import Job, clock
from .options import Unreadable, read_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .world import World

__all__ = ["queue_rows", "squeue", "time_text"]

_VALUED = {"Format": "O", "clusters": "M", "format": "o", "jobs": "j", "name": "n", "states": "t", "user": "u"}
_FLAGS = {"array": "r", "json": "", "noheader": "h"}
_LETTERS = {
    "D": "nodes",
    "M": "time",
    "N": "nodelist",
    "P": "partition",
    "T": "state",
    "A": "jobid",
    "i": "jobarrayid",
    "j": "name",
    "k": "comment",
    "l": "timelimit",
    "r": "reason",
    "u": "username",
}


class Row:
    """What one line stands for: a job, or the waiting tasks of an array together."""

    def __init__(self, jobs: list[Job]) -> None:
        self.job = jobs[-1]
        self.together = self.job.task is not None and not self.job.nodes
        numbers = _spans([job.task for job in jobs if job.task is not None])
        self.tasks = f"{numbers}{f'%{self.job.throttle}' if self.job.throttle else ''}"
        self.shown = f"{self.job.array}_[{self.tasks}]" if self.together else self.job.shown


def _spans(numbers: list[int]) -> str:
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][-1] + 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ",".join("-".join(map(str, span)) for span in spans)


def queue_rows(jobs: Iterable[Job]) -> list[Row]:
    """*jobs* as they are listed. The tasks of an array that have not run stand in one row for each state."""
    groups: dict[object, list[Job]] = {}
    for job in jobs:
        together = job.task is not None and not job.nodes
        groups.setdefault((job.array, job.state, job.reason) if together else job.serial, []).append(job)
    return [Row(group) for group in groups.values()]


def squeue(world: World, words: list[str], fault: dict[str, Any] | None) -> Outcome:
    """The answer of one question."""
    kind = fault["kind"] if fault else ""
    try:
        options, _ = read_options("squeue", words, _VALUED, _FLAGS)
    except Unreadable as error:
        return Outcome("", str(error), 1)
    jobs = list(world.remembered(purged=kind == "purge"))
    if "json" in options:
        outcome = Outcome(json.dumps({"errors": [], "jobs": [_document(world, row) for row in queue_rows(jobs)]}))
    else:
        outcome = _listed(world, jobs, options, fault if kind == "wrong_rows" else None)
    return spoiled(kind, outcome, fault or {})


def _listed(world: World, jobs: list[Job], options: dict[str, str], wrong: dict[str, Any] | None) -> Outcome:
    if "jobs" in options:
        ids = [each for each in options["jobs"].split(",") if each]
        unreadable = next((each for each in ids if not each.partition("_")[0].isdigit()), None)
        if unreadable is not None:
            return Outcome("", f"squeue: error: Invalid job id: {unreadable}\n", 1)
        jobs = [job for job in jobs if any(job.answers_to(each) for each in ids)]
        if len(ids) == 1 and not jobs:
            return Outcome("", "slurm_load_jobs error: Invalid job id specified\n", 1)
    if "name" in options:
        jobs = [job for job in jobs if job.name in options["name"].split(",")]
    states = options.get("states", "").upper()
    if not states:
        jobs = [job for job in jobs if not job.over]
    elif states != "ALL":
        jobs = [job for job in jobs if job.state in states.split(",")]
    columns = _columns(options)
    lines = [] if "noheader" in options else ["".join(cut(name.upper()) for name, cut in columns)]
    for row in queue_rows(jobs):
        values = row_values(world, row)
        if wrong is not None:
            values.update(wrong.get("values", {"name": "somebody-elses-job", "state": "COMPLETED", "exit_code": "0"}))
        line = "".join(cut(values.get(name, "N/A")) for name, cut in columns)
        lines.append(line[: len(line) // 2] if wrong is not None and wrong.get("how") == "columns" else line)
    return Outcome("".join(f"{line}\n" for line in lines))


def _columns(options: dict[str, str]) -> list[tuple[str, Callable[[str], str]]]:
    """Each field's name, and what makes its text as wide as was asked."""
    if "Format" in options:
        found = []
        for item in options["Format"].split(","):
            name, _, size = item.partition(":")
            digits = size[: len(size) - len(size.lstrip("0123456789"))]
            found.append((name.lower(), _cut(int(digits or 20), size[len(digits) :])))
        return found
    letters = options.get("format", "%i %P %j %u %T %M %D %r")
    pieces = letters.split("%")
    return [(_LETTERS.get(piece.lstrip(".0123456789")[:1], ""), _cut(0, piece[1:])) for piece in pieces[1:]]


def _cut(width: int, suffix: str) -> Callable[[str], str]:
    return lambda text: (text[:width].ljust(width) if width else text) + suffix


def time_text(seconds: int, nothing: str) -> str:
    """A time as ``SLURM_TIME_FORMAT=%s`` makes it."""
    return str(seconds) if seconds else nothing


def row_values(world: World, row: Row) -> dict[str, str]:
    """The fields of one line, by their names in small letters."""
    job = row.job
    end = "N/A"
    if job.started:
        end = str(job.ended or (job.started + job.limit * 60 if job.limit is not None else "NONE"))
    return {
        "jobarrayid": row.shown,
        "jobid": str(job.id),
        "state": job.state,
        "exit_code": str(job.status),
        "reason": job.reason,
        "name": job.name,
        "comment": job.comment,
        "submittime": str(job.submitted),
        "eligibletime": "N/A" if job.held or row.together else str(job.submitted),
        "starttime": time_text(job.started, "N/A"),
        "endtime": end,
        "timelimit": _short(job.limit),
        "restartcnt": str(job.restarts),
        "nodelist": job.nodes,
        "nodes": "1",
        "partition": job.partition,
        "username": world.settings["user"],
        "cluster": world.settings["cluster"],
        "time": clock((job.ended or world.now) - job.started) if job.started else "0:00",
    }


def _short(minutes: int | None) -> str:
    """A limit as squeue writes it, without leading zeros."""
    if minutes is None:
        return "UNLIMITED"
    day, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    if day:
        return f"{day}-{hours:02}:{left:02}:00"
    return f"{hours}:{left:02}:00" if hours else f"{left}:00"


def _document(world: World, row: Row) -> dict[str, Any]:
    job = row.job
    return {
        "array_job_id": job.array,
        "array_task_id": None if row.together else job.task,
        "array_task_string": row.tasks if row.together else "",
        "cluster": world.settings["cluster"],
        "comment": job.comment,
        "derived_exit_code": 0,
        "eligible_time": 0 if job.held else job.submitted,
        "end_time": job.ended,
        "exit_code": job.status,
        "job_id": job.id,
        "job_state": job.state,
        "name": job.name,
        "nodes": job.nodes,
        "partition": job.partition,
        "restart_cnt": job.restarts,
        "start_time": job.started,
        "state_reason": job.reason,
        "submit_time": job.submitted,
        "time_limit": job.limit,
        "user_name": world.settings["user"],
    }
