"""From evidence to an observation: pure. Nothing is ever "done" because it is not there."""

from __future__ import annotations

from typing import Final, NamedTuple

import attrs

from autolab_core.models.job import JobObservation
from autolab_core.schedulers.endings import exit_words, signal_name
from autolab_core.schedulers.local.markers import Evidence, ExitMarker, Supervision
from autolab_core.vocab.jobs import JobState

__all__ = ["CANCEL", "WALLTIME", "conclude"]

WALLTIME: Final = "walltime"
CANCEL: Final = "cancel"
_STOPPED: Final = {WALLTIME: JobState.TIMEOUT, CANCEL: JobState.CANCELLED}


def conclude(evidence: Evidence, token: str) -> JobObservation:
    """What *evidence* says about the run that carries *token*."""
    marker = evidence.exit
    if marker is not None and marker.token != token:
        return JobObservation(
            JobState.UNKNOWN, reason=f"the exit marker carries another token ({marker.token}): it proves nothing"
        )
    if evidence.start is not None and evidence.start.token not in {None, token}:
        return JobObservation(JobState.UNKNOWN, reason="the start marker carries another token: it proves nothing")
    started_at = evidence.start.started_at if evidence.start else None
    stopped = _stopped(evidence, token)
    if marker is not None:
        ended = _ended(marker, stopped, started_at)
        return _lingering(ended, evidence) if evidence.alive else ended
    if evidence.alive:
        state = JobState.PENDING if evidence.start is None else JobState.RUNNING
        return JobObservation(state, started_at=started_at)
    return _gone(evidence, stopped, started_at)


class _Stop(NamedTuple):
    state: JobState
    reason: str


def _stopped(evidence: Evidence, token: str) -> _Stop | None:
    """That the run was being stopped, and why. It then is no success, whatever its command made of the signals."""
    supervision = evidence.supervision or Supervision()
    if supervision.stopping in _STOPPED:
        return _Stop(_STOPPED[supervision.stopping], supervision.detail or f"stopped: {supervision.stopping}")
    # A supervisor that closed its record did not act on the request: the run ended by itself before. One that died
    # could not, and whoever cancelled sent the signals.
    request = evidence.cancel
    if request is not None and request.token in {None, token} and supervision.ended_at is None:
        return _Stop(JobState.CANCELLED, request.detail)
    return None


def _ended(marker: ExitMarker, stopped: _Stop | None, started_at: str | None) -> JobObservation:
    code, at = marker.exit_code, marker.finished_at
    if stopped is not None:
        reason = stopped.reason if code else f"{stopped.reason}; while it was stopped its command ended with 0"
        return JobObservation(stopped.state, code, reason, started_at, at)
    if code == 0:
        return JobObservation(JobState.COMPLETED, 0, "", started_at, at)
    return JobObservation(JobState.FAILED, code, f"the command ended with {exit_words(code)}", started_at, at)


def _lingering(ended: JobObservation, evidence: Evidence) -> JobObservation:
    who = ", ".join(evidence.holders) or "see who has logs/run.lock open"
    said = f"processes that it started are still there: {who}"
    return attrs.evolve(ended, lingering=True, reason=f"{ended.reason}; {said}" if ended.reason else said)


def _gone(evidence: Evidence, stopped: _Stop | None, started_at: str | None) -> JobObservation:
    """No process is left and the script did not say how it ended."""
    supervision = evidence.supervision or Supervision()
    ended_at = supervision.ended_at
    if stopped is not None:
        return JobObservation(stopped.state, None, f"{stopped.reason}; it left no exit marker", started_at, ended_at)
    if supervision.exit_code is not None:
        code = supervision.exit_code
        how = signal_name(-code) if code < 0 else f"exit code {code}"
        return JobObservation(
            JobState.FAILED, None, f"the script ended with {how} and left no exit marker", started_at, ended_at
        )
    if evidence.start is None:
        return JobObservation(JobState.ABSENT, reason="it never began")
    return JobObservation(
        JobState.FAILED,
        None,
        "its processes are gone and left no exit marker (killed, or the machine stopped)",
        started_at,
    )
