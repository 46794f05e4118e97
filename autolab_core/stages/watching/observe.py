"""From an observation to a run's status: pure, no I/O. The one place where scheduler, conclusion and files meet.

The mapping is the table of ``docs/words.md``. ``unknown`` changes nothing; ``absent`` is never "done".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from autolab_core.advice.ending import advise
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import ArtifactSync, Failure, RunManifest, StatusChange, Timestamps
from autolab_core.stages.watching import scheduler_facts as facts
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import LEGAL_RUN_MOVES, HostMode, RunStatus, Stage, StageOutcome, SyncStatus
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = [
    "ABSENT_GRACE",
    "ABSENT_LOOKS",
    "advance",
    "completed_times",
    "ended_well",
    "move",
    "not_before",
    "settled",
    "with_sync",
]

# How long a job of Slurm's may be listed nowhere before its run is given up: longer than a controller takes to come
# back, a database to be restored or a lagging accounting to catch up, and so often that no clock step alone can do it.
ABSENT_GRACE: Final = timedelta(hours=1)
ABSENT_LOOKS: Final = 3

_VANISHED: Final = (
    "look whether it still runs or has left results (its logs, its node) before anything is launched again; then "
    "`autolab reopen --who NAME --why TEXT`"
)


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


def settled(manifest: RunManifest) -> bool:
    """True when no look can change the run any more: it has ended, or its files are home."""
    return manifest.status.ended or manifest.status is RunStatus.SYNCED


def ended_well(observation: JobObservation) -> bool:
    """The one evidence of success: COMPLETED with exit code 0, and no signal."""
    return observation.state is JobState.COMPLETED and observation.exit_code == 0 and not observation.signal


def advance(
    manifest: RunManifest, observation: JobObservation, now: datetime, *, grace: timedelta = ABSENT_GRACE
) -> RunManifest:
    """What *observation* makes of *manifest*. A run that has ended, or whose files are home, is left as it is.

    *grace* is how long a Slurm job may be listed nowhere before its run is given up as vanished.
    """
    if manifest.watched_by_slurm:
        return manifest if settled(manifest) else _of_slurm(manifest, observation, now, grace)
    if settled(manifest) or observation.state in {JobState.UNKNOWN, JobState.PENDING}:
        return _noted(manifest, observation) if observation.state is JobState.UNKNOWN else manifest
    if observation.state is JobState.ABSENT:
        return _absent_here(manifest, observation, now)
    manifest = _with_times(manifest, started_at=observation.started_at)
    manifest = move(manifest, RunStatus.RUNNING, "its start marker is there", now)
    # Its files are still to be proven where it ended well, and only extraction says ``completed``.
    if observation.state is JobState.RUNNING or ended_well(observation):
        return _scheduler(manifest, observation)
    return _failed_here(manifest, observation, now)


def _of_slurm(manifest: RunManifest, seen: JobObservation, now: datetime, grace: timedelta) -> RunManifest:
    manifest = _identified(manifest, seen, now)
    if seen.state is JobState.UNKNOWN:
        return facts.missed(manifest, seen, now)
    if not manifest.job_id:
        # Only the intent is on record. Whether to submit is the next launch's to decide.
        return _noted(manifest, seen)
    if seen.state is JobState.ABSENT:
        return _absent_there(manifest, seen, now, grace)
    manifest = facts.recorded(manifest, seen)
    said = _said(seen)
    if seen.state is JobState.PENDING:
        return _queued(manifest, said, now)
    manifest = _with_times(manifest, started_at=seen.started_at)
    if seen.state is JobState.RUNNING:
        return move(manifest, RunStatus.RUNNING, said, now)
    if seen.accounting_due:
        return _awaited(manifest, said, now)
    if ended_well(seen):
        manifest = move(manifest, RunStatus.RUNNING, f"{said}; its files are to be proven", now)
        return _to_be_synced(manifest)
    failure = Failure(
        reason=seen.reason or said,
        stage=Stage.SLURM_MONITOR,
        native_state=seen.native_state or seen.state.value,
        exit=facts.exit_text(seen),
        advice=advise(seen, manifest.resource_request),
        outcome=StageOutcome.NEEDS_RETRY,
    )
    return _failed(manifest, failure, seen.ended_at, now)


def _said(seen: JobObservation) -> str:
    word = seen.native_state or seen.state.value
    return f"Slurm says {word}: {seen.reason}" if seen.reason else f"Slurm says {word}"


def _identified(manifest: RunManifest, seen: JobObservation, now: datetime) -> RunManifest:
    """*manifest* with the id of the job that its token was found under, where the launch did not live to record it."""
    if manifest.job_id or not seen.job_id:
        return manifest
    found = attrs.evolve(manifest, job_id=seen.job_id)
    return move(found, RunStatus.SUBMITTED, f"its token was found as job {seen.job_id}", now)


def _queued(manifest: RunManifest, said: str, now: datetime) -> RunManifest:
    if manifest.status is RunStatus.RUNNING:
        # Put back into the queue: the attempt that counts has not started yet.
        manifest = attrs.evolve(manifest, timestamps=attrs.evolve(manifest.timestamps, started_at=None))
        said = f"put back into the queue: {said}"
    return move(manifest, RunStatus.PENDING, said, now)


def _awaited(manifest: RunManifest, said: str, now: datetime) -> RunManifest:
    """*manifest* of a job that has ended a moment ago: a run is judged once, when the accounting has its steps too."""
    if manifest.timestamps.started_at is None:
        return manifest
    return move(manifest, RunStatus.RUNNING, f"{said}; the accounting of its steps is awaited", now)


def _to_be_synced(manifest: RunManifest) -> RunManifest:
    sync = manifest.artifact_sync_to_local
    if sync is not None and sync.status is not SyncStatus.PENDING:
        return manifest
    started = ArtifactSync(SyncStatus.SYNCING) if sync is None else attrs.evolve(sync, status=SyncStatus.SYNCING)
    return attrs.evolve(manifest, artifact_sync_to_local=started)


def _absent_there(manifest: RunManifest, seen: JobObservation, now: datetime, grace: timedelta) -> RunManifest:
    manifest, since, looks = facts.absent(manifest, now, ABSENT_LOOKS)
    if looks < ABSENT_LOOKS or now - since < grace:
        return manifest
    reason = (
        f"vanished: nothing has listed job {manifest.job_id} since {format_utc(since)}, and it left no sign of its end"
    )
    failure = Failure(
        reason=f"{reason} ({seen.reason})" if seen.reason else reason,
        stage=Stage.SLURM_MONITOR,
        native_state=seen.native_state or seen.state.value,
        advice=_VANISHED,
        # Whether it ran, or still runs, nobody knows: to launch again by itself could make it two.
        outcome=StageOutcome.HUMAN_REVIEW,
    )
    return _failed(manifest, failure, None, now)


def with_sync(manifest: RunManifest, sync: ArtifactSync, now: datetime) -> RunManifest:
    """*manifest* with *sync*; ``synced`` when that is ``ok`` and the last look saw the run end well.

    Only for a run of a scheduler: a local run is home already.
    """
    manifest = attrs.evolve(manifest, artifact_sync_to_local=sync)
    said = manifest.scheduler or {}
    well = said.get("state") == JobState.COMPLETED.value and said.get("exit") == "0:0"
    if sync.status is not SyncStatus.OK or not well or manifest.status is not RunStatus.RUNNING:
        return manifest
    manifest = move(manifest, RunStatus.SYNCED, f"its files are here and proven ({sync.method})", now)
    return _with_times(manifest, completed_at=facts.text_of(said, "ended_at") or format_utc(now))


def _scheduler(manifest: RunManifest, observation: JobObservation) -> RunManifest:
    said = dict(manifest.scheduler or {})
    said["state"] = observation.state.value
    said["exit"] = None if observation.exit_code is None else f"{observation.exit_code}:0"
    said["ended_at"] = observation.ended_at
    return attrs.evolve(manifest, scheduler=said)


def _noted(manifest: RunManifest, observation: JobObservation) -> RunManifest:
    return attrs.evolve(manifest, scheduler={**(manifest.scheduler or {}), "note": observation.reason})


def _absent_here(manifest: RunManifest, observation: JobObservation, now: datetime) -> RunManifest:
    # A local run's lock and markers are a complete answer.
    if manifest.watched_by is not HostMode.LOCAL or manifest.status is RunStatus.PENDING:
        return _noted(manifest, observation)
    return _failed_here(manifest, observation, now)


def _failed_here(manifest: RunManifest, observation: JobObservation, now: datetime) -> RunManifest:
    failure = Failure(
        reason=observation.reason or f"the scheduler says {observation.state}",
        stage=Stage.LAUNCH,
        native_state=observation.state.value,
        exit=None if observation.exit_code is None else f"{observation.exit_code}:0",
        advice=advise(observation, manifest.resource_request),
        outcome=StageOutcome.NEEDS_RETRY,
    )
    return _failed(_scheduler(manifest, observation), failure, observation.ended_at, now)


def _failed(manifest: RunManifest, failure: Failure, ended_at: str | None, now: datetime) -> RunManifest:
    manifest = move(manifest, RunStatus.FAILED, failure.reason, now)
    return attrs.evolve(_with_times(manifest, completed_at=ended_at or format_utc(now)), failure=failure)


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
