"""From evidence to an observation: pure. Nothing is ever "done" because it is not there."""

from __future__ import annotations

import signal
from typing import Final

import attrs

from autolab_core.models.job import JobObservation
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
    if marker is not None:
        ended = _ended(marker, evidence.supervision or Supervision(), started_at)
        return attrs.evolve(ended, lingering=evidence.alive)
    if evidence.alive:
        state = JobState.PENDING if evidence.start is None else JobState.RUNNING
        return JobObservation(state, started_at=started_at)
    return _gone(evidence, started_at)


def _ended(marker: ExitMarker, supervision: Supervision, started_at: str | None) -> JobObservation:
    if marker.exit_code == 0:
        return JobObservation(JobState.COMPLETED, 0, "", started_at, marker.finished_at)
    state = _STOPPED.get(supervision.stopping or "", JobState.FAILED)
    reason = supervision.detail or f"the command ended with exit code {marker.exit_code}"
    if state is JobState.FAILED and marker.exit_code > 128:
        reason += f" ({_signal_name(marker.exit_code - 128)})"
    return JobObservation(state, marker.exit_code, reason, started_at, marker.finished_at)


def _gone(evidence: Evidence, started_at: str | None) -> JobObservation:
    """No process is left and the script did not say how it ended."""
    supervision = evidence.supervision or Supervision()
    ended_at = supervision.ended_at
    if supervision.stopping in _STOPPED:
        return JobObservation(
            _STOPPED[supervision.stopping], None, f"{supervision.detail}; it left no exit marker", started_at, ended_at
        )
    if supervision.exit_code is not None:
        code = supervision.exit_code
        how = _signal_name(-code) if code < 0 else f"exit code {code}"
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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
