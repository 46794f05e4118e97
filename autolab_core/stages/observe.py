"""From an observation to a run's status: pure, no I/O. The one place where scheduler, conclusion and files meet.

The mapping is the table of ``docs/words.md``. ``unknown`` changes nothing; ``absent`` is never "done".
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import Failure, RunManifest, StatusChange, Timestamps
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import LEGAL_RUN_MOVES, HostMode, RunStatus, Stage, StageOutcome
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = ["advance", "completed_times", "move", "not_before"]

_ADVICE: Final = {
    JobState.TIMEOUT: "raise compute.walltime_estimate in the design, or make the run shorter",
    JobState.CANCELLED: "launch again when it may run",
    JobState.FAILED: "read logs/stderr.log of the run",
}


def move(manifest: RunManifest, status: RunStatus, why: str, now: datetime) -> RunManifest:
    """*manifest* with *status* and one more history entry; unchanged when it already has that status.

    Raises ValueError for a move that ``LEGAL_RUN_MOVES`` does not have: that is a fault of the caller.
    A clock that jumped back cannot put entries out of order: the entry then carries the time of the one before.
    """
    if status is manifest.status:
        return manifest
    if status not in LEGAL_RUN_MOVES[manifest.status]:
        raise ValueError(f"a run cannot go from {manifest.status} to {status}")
    at = format_utc(now)
    if manifest.history:
        at, why = not_before(manifest.history[-1].at, at, why)
    return attrs.evolve(manifest, status=status, history=(*manifest.history, StatusChange(at, status, why)))


def not_before(earlier: str, at: str, why: str) -> tuple[str, str]:
    """*at* and *why*; where *at* is earlier than *earlier* (the clock went back), *earlier* and *why* with a note."""
    before, now = parse_timestamp(earlier), parse_timestamp(at)
    if before is not None and now is not None and now < before:
        return earlier, f"{why} (the clock showed {at}, earlier than the entry before)"
    return at, why


def advance(manifest: RunManifest, observation: JobObservation, now: datetime) -> RunManifest:
    """What *observation* makes of *manifest*. A run that has ended, or whose files are home, is left as it is."""
    settled = manifest.status.ended or manifest.status is RunStatus.SYNCED
    if settled or observation.state in {JobState.UNKNOWN, JobState.PENDING}:
        return _noted(manifest, observation) if observation.state is JobState.UNKNOWN else manifest
    if observation.state is JobState.ABSENT:
        return _absent(manifest, observation, now)
    manifest = _with_times(manifest, started_at=observation.started_at)
    manifest = move(manifest, RunStatus.RUNNING, "its start marker is there", now)
    if observation.state is JobState.RUNNING:
        return _scheduler(manifest, observation)
    if observation.state is JobState.COMPLETED and observation.exit_code == 0:
        # Its files are still to be proven, and only extraction says ``completed``.
        return _scheduler(manifest, observation)
    return _failed(manifest, observation, now)


def _scheduler(manifest: RunManifest, observation: JobObservation) -> RunManifest:
    said = dict(manifest.scheduler or {})
    said["state"] = observation.state.value
    said["exit"] = None if observation.exit_code is None else f"{observation.exit_code}:0"
    said["ended_at"] = observation.ended_at
    return attrs.evolve(manifest, scheduler=said)


def _noted(manifest: RunManifest, observation: JobObservation) -> RunManifest:
    return attrs.evolve(manifest, scheduler={**(manifest.scheduler or {}), "note": observation.reason})


def _absent(manifest: RunManifest, observation: JobObservation, now: datetime) -> RunManifest:
    # A local run's lock and markers are a complete answer; another scheduler's silence is not.
    if manifest.host_mode is not HostMode.LOCAL or manifest.status is RunStatus.PENDING:
        return _noted(manifest, observation)
    return _failed(manifest, observation, now)


def _failed(manifest: RunManifest, observation: JobObservation, now: datetime) -> RunManifest:
    failure = Failure(
        reason=observation.reason or f"the scheduler says {observation.state}",
        stage=Stage.LAUNCH,
        native_state=observation.state.value,
        exit=None if observation.exit_code is None else f"{observation.exit_code}:0",
        advice=_ADVICE.get(observation.state, _ADVICE[JobState.FAILED]),
        outcome=StageOutcome.NEEDS_RETRY,
    )
    manifest = move(_scheduler(manifest, observation), RunStatus.FAILED, failure.reason, now)
    return attrs.evolve(_with_times(manifest, completed_at=observation.ended_at or format_utc(now)), failure=failure)


def _with_times(manifest: RunManifest, started_at: str | None = None, completed_at: str | None = None) -> RunManifest:
    """Fill what is not known yet. An end before the beginning (the clock went back) is recorded as the beginning."""
    times = manifest.timestamps
    start = times.started_at or _later(times.created_at, started_at)
    end = times.completed_at or _later(start or times.created_at, completed_at)
    new = attrs.evolve(times, started_at=start, completed_at=end)
    return manifest if new == times else attrs.evolve(manifest, timestamps=new)


def _later(floor: str | None, at: str | None) -> str | None:
    return at if at is None or floor is None else not_before(floor, at, "")[0]


def completed_times(manifest: RunManifest, ended_at: str) -> Timestamps:
    """The timestamps of *manifest* once the run has ended at *ended_at*."""
    return _with_times(manifest, completed_at=ended_at).timestamps
