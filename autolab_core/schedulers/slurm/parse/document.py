"""``squeue --json``, ``scontrol show job --json`` and ``sacct --json``: the schemas of OpenAPI 0.0.36 to 0.0.41.

What changed between them is read here in all its forms: a state is a text or a list (since 23.02), a number is plain or
``{"set", "infinite", "number"}``, an exit code is a wait status or ``{"status", "return_code", "signal"}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.job_ids import JobId, parse_id
from autolab_core.schedulers.slurm.parse import fields
from autolab_core.schedulers.slurm.parse.rows import ExitStatus, JobRow, StepRow, exit_of, happened
from autolab_core.schedulers.slurm.states import SlurmState, read_state
from autolab_core.vocab.errors import ParseError, QueryFailed
from autolab_core.vocab.jobs import JobState

__all__ = ["parse_sacct_json", "parse_squeue_json"]

_BITS: Final = re.compile(r"0x[0-9A-Fa-f]{1,25000}")  # four tasks a digit
_STEPS: Final = {"BATCH": "batch", "EXTERN": "extern", "INTERACTIVE": "interactive"}


def parse_squeue_json(stdout: bytes) -> tuple[JobRow, ...]:
    """The rows of ``squeue --json`` or ``scontrol show job --json``: all jobs, because 22.05 ignores ``--jobs`` here.

    Raises QueryFailed for an answer that carries errors (its exit code may be 0), ParseError for garbage.
    """
    return tuple(_queued(job) for job in _jobs(stdout, "squeue --json"))


def parse_sacct_json(stdout: bytes) -> tuple[JobRow, ...]:
    """The rows of ``sacct --json``, earlier attempts included. Raises like ``parse_squeue_json``."""
    return tuple(_accounted(job) for job in _jobs(stdout, "sacct --json"))


def _jobs(stdout: bytes, command: str) -> Iterator[Mapping[str, Any]]:
    document = fields.json_document(stdout, command)
    errors = document.get("errors")
    if errors:
        raise QueryFailed(f"{command} answers with an error: {_complaint(errors)}")
    jobs = document.get("jobs")
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise ParseError(f"{command}: there is no list of jobs in the answer")
    yield from jobs


def _complaint(errors: object) -> str:
    first = errors[0] if isinstance(errors, list) and errors else errors
    if isinstance(first, dict):
        said = [str(first[key]) for key in ("error", "description", "source") if first.get(key)]
        return "; ".join(said)[:300]
    return str(first)[:300]


def _queued(job: Mapping[str, Any]) -> JobRow:
    state = _state(job.get("job_state"))
    raw = _id(job.get("job_id"))
    row = JobRow(
        id=_shown(raw, job, job.get("array_job_id"), job.get("array_task_id"), job.get("array_task_string")),
        state=state,
        raw_id=raw.job,
        name=_text(job.get("name")),
        reason=fields.present(_text(job.get("state_reason"))),
        exit=exit_of(state, _exit(job.get("exit_code"))),
        derived_exit=exit_of(state, _exit(job.get("derived_exit_code"))),
        submitted=_time("submit_time", job.get("submit_time")),
        eligible=_time("eligible_time", job.get("eligible_time")),
        started=_time("start_time", job.get("start_time")),
        ended=_time("end_time", job.get("end_time")),
        limit=_minutes(job.get("time_limit")),
        nodes=_text(job.get("nodes")),
        partition=_text(job.get("partition")),
        user=_text(job.get("user_name")),
        restarts=fields.number("restart_cnt", job.get("restart_cnt")),
    )
    return happened(row)


def _accounted(job: Mapping[str, Any]) -> JobRow:
    said, times, array = _mapping(job.get("state")), _mapping(job.get("time")), _mapping(job.get("array"))
    state = _state(said.get("current"))
    raw = _id(job.get("job_id"))
    shown = _shown(raw, job, array.get("job_id"), array.get("task_id"), array.get("task"))
    elapsed = fields.number("elapsed", times.get("elapsed"))
    return JobRow(
        id=shown,
        state=state,
        raw_id=raw.job,
        name=_text(job.get("name")),
        reason=fields.present(_text(said.get("reason"))),
        exit=_believed(state, _exit(job.get("exit_code"))),
        derived_exit=exit_of(state, _exit(job.get("derived_exit_code"))),
        submitted=_time("submission", times.get("submission")),
        eligible=_time("eligible", times.get("eligible")),
        started=_time("start", times.get("start")),
        ended=_time("end", times.get("end")),
        elapsed=None if elapsed is None or elapsed < 0 else Duration(elapsed),
        limit=_minutes(times.get("limit")),
        nodes=fields.present(_text(job.get("nodes"))),
        partition=_text(job.get("partition")),
        user=_text(job.get("user")) or _text(_mapping(job.get("association")).get("user")),
        restarts=fields.number("restart_cnt", job.get("restart_cnt")),
        steps=tuple(_step(shown, step) for step in _list(job.get("steps"))),
    )


def _step(job: JobId, given: Mapping[str, Any]) -> StepRow:
    named, times = _mapping(given.get("step")), _mapping(given.get("time"))
    state = _state(given.get("state"))
    elapsed = fields.number("elapsed", times.get("elapsed"))
    return StepRow(
        id=_step_id(job, named.get("id")),
        state=state,
        name=_text(named.get("name")),
        exit=_believed(state, _exit(given.get("exit_code"))),
        started=_time("start", times.get("start")),
        ended=_time("end", times.get("end")),
        elapsed=None if elapsed is None or elapsed < 0 else Duration(elapsed),
        max_rss=_max_rss(given),
        nodes=_text(_mapping(given.get("nodes")).get("range")),
    )


def _step_id(job: JobId, said: object) -> JobId:
    """``5.batch`` since 23.02, ``{"job_id": 5, "step_id": "batch"}`` before."""
    name = said.get("step_id") if isinstance(said, dict) else str(said).rpartition(".")[2]
    if isinstance(name, dict):
        name = fields.number("step_id", name)
    text = str(name)
    return job._replace(step=parse_id(f"{job.job}.{_STEPS.get(text.upper(), text)}").step)


def _max_rss(given: Mapping[str, Any]) -> int | None:
    most = _mapping(_mapping(given.get("tres")).get("requested")).get("max")
    for each in _list(most):
        if each.get("type") == "mem":
            return fields.number("memory of a step", each.get("count"))
    return None


def _believed(state: SlurmState, status: ExitStatus | None) -> ExitStatus | None:
    """22.05 says ``return_code: 0`` for every exit code: a job that did not end well has none here then."""
    lie = status is not None and status.clean and state.means is not JobState.COMPLETED
    return None if lie else exit_of(state, status)


def _shown(raw: JobId, job: Mapping[str, Any], array: object, task: object, tasks: object) -> JobId:
    """The id as the text forms show it: array and task, or job and offset."""
    parent = fields.number("array job id", array)
    cluster = _text(job.get("cluster"))
    if parent:
        number = fields.number("array task id", task)
        expression = _text(tasks)
        if number is not None:
            return parse_id(f"{parent}_{number}")._replace(cluster=cluster)
        if expression:
            return parse_id(f"{parent}_[{_tasks(expression)}]")._replace(cluster=cluster)
    het = _mapping(job.get("het"))
    leader = fields.number("het job id", het.get("job_id", job.get("het_job_id")))
    offset = fields.number("het job offset", het.get("job_offset", job.get("het_job_offset")))
    if leader and offset is not None:
        return parse_id(f"{leader}+{offset}")._replace(cluster=cluster)
    return raw._replace(cluster=cluster)


def _tasks(expression: str) -> str:
    """*expression* as the text forms write it; sacct of 22.05 has a number here whose bit n stands for task n."""
    if _BITS.fullmatch(expression) is None:
        return expression
    return ",".join(str(number) for number, bit in enumerate(f"{int(expression, 16):b}"[::-1]) if bit == "1")


def _id(value: object) -> JobId:
    number = fields.number("job_id", value)
    if not number or number < 0:
        raise ParseError(f"a job without an id: {str(value)[:80]!r}")
    return parse_id(str(number))


def _state(value: object) -> SlurmState:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return read_state(value)
    if not isinstance(value, str) or not value:
        raise ParseError(f"a job without a state: {str(value)[:80]!r}")
    return read_state(value)


def _exit(value: object) -> ExitStatus | None:
    if isinstance(value, dict) and "return_code" in value:
        code = fields.number("return_code", value.get("return_code"))
        signal = _mapping(value.get("signal"))
        number = fields.number("signal", signal.get("id", signal.get("signal_id")))
        if code is None and number is None:
            return None
        return ExitStatus(max(code or 0, 0) & 0xFF, max(number or 0, 0))
    status = fields.number("exit_code", value)
    return None if status is None or status < 0 else fields.wait_status(status)


def _time(what: str, value: object) -> datetime | None:
    seconds = fields.number(what, value)
    return None if seconds is None else fields.moment(seconds)


def _minutes(value: object) -> Duration | None:
    minutes = fields.number("time limit", value)
    return None if minutes is None else Duration(None if minutes < 0 else minutes * 60)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
