"""What AWS Batch answered about jobs, understood. Pure. The source is the API's reference of DescribeJobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from autolab_core.cloud.engines.base import EngineObservation
from autolab_core.models.resources import Duration
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.times import format_utc

__all__ = ["RUNNABLE", "exit_code", "limit_of", "log_stream", "moment", "observation", "state_of"]

RUNNABLE: Final = "RUNNABLE"
_SUCCEEDED: Final = "SUCCEEDED"
_STATES: Final[Mapping[str, EngineState]] = {
    "SUBMITTED": EngineState.QUEUED,
    "PENDING": EngineState.QUEUED,
    RUNNABLE: EngineState.QUEUED,
    "STARTING": EngineState.STARTING,
    "RUNNING": EngineState.RUNNING,
    _SUCCEEDED: EngineState.ENDED,
    "FAILED": EngineState.ENDED,
}
_MEMORY: Final = "OutOfMemory"
_LIMIT: Final = "attempt duration exceeded timeout"
_PULL: Final = "CannotPull"
_HOST: Final = "Host EC2"
_KILLED: Final = 137


def state_of(job: Mapping[str, Any]) -> EngineState:
    """Our word for a job of DescribeJobs or ListJobs."""
    return _STATES.get(str(job.get("status")), EngineState.UNKNOWN)


def exit_code(job: Mapping[str, Any]) -> int | None:
    """What the container left with; None where AWS Batch does not say."""
    places = [job.get("container") or {}, *((a.get("container") or {}) for a in reversed(job.get("attempts") or ()))]
    for place in places:
        if isinstance(place.get("exitCode"), int):
            return int(place["exitCode"])
    return None


def observation(job: Mapping[str, Any], code: int | None = None, stuck: str | None = None) -> EngineObservation:
    """One job of DescribeJobs. *code* is its exit code where that answer leaves it out."""
    state, word = state_of(job), str(job.get("status", ""))
    ended = state is EngineState.ENDED
    if ended:
        code = 0 if word == _SUCCEEDED else (exit_code(job) if exit_code(job) is not None else code)
    said = _said(job)
    timed_out = ended and word != _SUCCEEDED and (_LIMIT in said or _over(job, code))
    starved = ended and _MEMORY in said
    return EngineObservation(
        state,
        code if ended else None,
        _reason(word, said, code, job, timed_out=timed_out, starved=starved),
        word,
        moment(job.get("startedAt")),
        moment(job.get("stoppedAt")) if ended else None,
        out_of_memory=starved,
        timed_out=timed_out,
        stuck=stuck,
    )


def limit_of(job: Mapping[str, Any]) -> Duration | None:
    """The limit of each attempt."""
    seconds = (job.get("timeout") or {}).get("attemptDurationSeconds")
    return Duration(seconds) if isinstance(seconds, int) and seconds > 0 else None


def log_stream(job: Mapping[str, Any]) -> str | None:
    """The stream of its last attempt in CloudWatch; None before it has begun to write."""
    found = (job.get("container") or {}).get("logStreamName")
    return str(found) if found else None


def moment(milliseconds: object) -> str | None:
    """A time of the API as RFC 3339."""
    if not isinstance(milliseconds, int | float) or milliseconds <= 0:
        return None
    return format_utc(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _over(job: Mapping[str, Any], code: int | None) -> bool:
    """Whether it was killed when its last attempt had used up its limit, by the times that AWS Batch keeps."""
    limit, started, stopped = limit_of(job), job.get("startedAt"), job.get("stoppedAt")
    if limit is None or limit.seconds is None or not started or not stopped or code not in {None, _KILLED, 143}:
        return False
    return bool(stopped - started >= limit.seconds * 1000)


def _said(job: Mapping[str, Any]) -> str:
    container = job.get("container") or {}
    last = ((job.get("attempts") or [{}])[-1].get("container") or {}).get("reason")
    said = dict.fromkeys(text for text in (container.get("reason") or last, job.get("statusReason")) if text)
    return "; ".join(str(text) for text in said)


def _reason(word: str, said: str, code: int | None, job: Mapping[str, Any], *, timed_out: bool, starved: bool) -> str:
    if starved:
        return f"out of memory: ask for more with --memory (AWS Batch: {said})"
    if timed_out:
        return f"AWS Batch ended it at its time limit of {limit_of(job)}" + (f" ({said})" if said else "")
    if _PULL in said:
        return f"the image cannot be pulled: {said}; name another one (--image), or let the execution role pull it"
    if said.startswith(_HOST):
        return f"the machine was taken away: {said}"
    if word == "FAILED" and code is None and not said:
        return "AWS Batch says that it failed, and neither why nor with which exit code"
    return said
