"""A group of replicates: its status follows from theirs. Pure.

A group is one job array, and its replicates are the tasks: runs of their own, that are watched and extracted as any.
Nothing is asked about the group itself. A replicate that an earlier group started and this one lists was kept: it has
succeeded, and counts once the others have ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import ArtifactSync, Failure, Replicate, RunManifest
from autolab_core.models.replicates import replicate_id
from autolab_core.stages.watching.observe import completed_times, move, settled
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import RunStatus, StageOutcome, SyncStatus
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = ["advance_group", "group_failure", "is_own", "own_replicates", "seen_of", "status_of", "succeeded"]

_WELL: Final = frozenset({RunStatus.SYNCED, RunStatus.COMPLETED})
_SETTLED: Final = frozenset(status for status in RunStatus if status.ended or status is RunStatus.SYNCED)
_NAMED_AT_MOST: Final = 5
_RELAUNCH: Final = "`autolab launch` starts again what failed, and keeps the others"


def is_own(group: str, replicate: Replicate) -> bool:
    """True when the group started the replicate itself, and does not only keep it."""
    return replicate.run_id == replicate_id(group, replicate.index)


def own_replicates(group: RunManifest) -> tuple[Replicate, ...]:
    """The replicates that *group* started."""
    return tuple(each for each in group.replicates if is_own(group.run_id, each))


def succeeded(manifest: RunManifest) -> bool:
    """True for a replicate that need not be run again: its files are proven, whether they were read or not."""
    return manifest.status in _WELL


def status_of(own: Iterable[RunStatus], kept: Iterable[RunStatus] = ()) -> RunStatus:
    """The status of a submitted group whose own replicates, and those that it keeps, have these.

    Never ``completed``: only the extraction of the group says that.
    """
    mine = set(own)
    if not mine <= _SETTLED:
        if mine & (_SETTLED | {RunStatus.RUNNING}):
            return RunStatus.RUNNING
        return RunStatus.PENDING if RunStatus.PENDING in mine else RunStatus.SUBMITTED
    everyone = mine | set(kept)
    if everyone <= _WELL:
        return RunStatus.SYNCED
    return RunStatus.FAILED if everyone == {RunStatus.FAILED} else RunStatus.PARTIAL


def advance_group(group: RunManifest, replicates: Mapping[str, RunManifest], now: datetime) -> RunManifest:
    """What its *replicates* (run id to manifest, all of them) make of *group*. A group that has settled stays so."""
    if settled(group) or not group.job_id:
        return group
    own = [replicates[each.run_id] for each in own_replicates(group)]
    kept = [replicates[each.run_id] for each in group.replicates if not is_own(group.run_id, each)]
    status = status_of((each.status for each in own), (each.status for each in kept))
    group = _with_start(group, own)
    if status is not group.status and status in _SETTLED - {RunStatus.FAILED}:
        group = move(group, RunStatus.RUNNING, "its replicates have run", now)
    group = move(group, status, _why(status, [each.status for each in (*own, *kept)]), now)
    if status not in _SETTLED:
        return _with_sync(group, own)
    ends = [end for each in own if (end := each.timestamps.completed_at) is not None]
    group = attrs.evolve(group, timestamps=completed_times(group, max(ends, key=_time, default=format_utc(now))))
    if status is RunStatus.SYNCED:
        return group
    return attrs.evolve(_with_sync(group, own), failure=group_failure(group, replicates))


def _why(status: RunStatus, statuses: Sequence[RunStatus]) -> str:
    counts = Counter(statuses)
    said = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    return f"of its {len(statuses)} replicates: {said}" if status in _SETTLED else "its replicates are"


def _with_start(group: RunManifest, own: Sequence[RunManifest]) -> RunManifest:
    """*group*, started when the first of its replicates was."""
    starts = [start for each in own if (start := each.timestamps.started_at) is not None]
    if group.timestamps.started_at is not None or not starts:
        return group
    start = min(starts, key=_time)
    created = group.timestamps.created_at
    if created is not None and _time(start) < _time(created):
        start = created
    return attrs.evolve(group, timestamps=attrs.evolve(group.timestamps, started_at=start))


def _time(text: str) -> float:
    found = parse_timestamp(text)
    return found.timestamp() if found is not None else 0.0


def _with_sync(group: RunManifest, own: Sequence[RunManifest]) -> RunManifest:
    """*group* with the sync status that says most about its *own*.

    Files that did not come are what a person has to see, once there is nothing else to wait for.
    """
    syncs = [each.artifact_sync_to_local for each in own]
    waits = any(not settled(each) and not _lacks_files(each) for each in own)
    failed = [sync.diagnosis for sync in syncs if sync is not None and sync.status is SyncStatus.FAILED]
    words = {sync.status for sync in syncs if sync is not None}
    before = group.artifact_sync_to_local or ArtifactSync(SyncStatus.PENDING)
    attempts, failed_at = None, None
    if failed and not waits:
        status, diagnosis = SyncStatus.FAILED, next((text for text in failed if text), None)
        attempts = max((sync.failed_attempts or 0 for sync in syncs if sync is not None), default=0) or None
        failed_at = max((sync.failed_at for sync in syncs if sync is not None and sync.failed_at), default=None)
    else:
        diagnosis = None
        status = SyncStatus.PENDING if words <= {SyncStatus.PENDING} else SyncStatus.SYNCING
    if group.status.ended and not failed:
        # The logs of what failed and the files of what did not are here, and nothing more will come.
        status = SyncStatus.OK
    sync = attrs.evolve(before, status=status, diagnosis=diagnosis, failed_attempts=attempts, failed_at=failed_at)
    return attrs.evolve(group, artifact_sync_to_local=sync)


def _lacks_files(manifest: RunManifest) -> bool:
    sync = manifest.artifact_sync_to_local
    return sync is not None and sync.status is SyncStatus.FAILED


def group_failure(group: RunManifest, replicates: Mapping[str, RunManifest]) -> Failure:
    """Why *group* is no success: which replicates are none, and why."""
    bad = [(each, replicates[each.run_id]) for each in group.replicates if not succeeded(replicates[each.run_id])]
    missing = tuple(f"replicate {each.index} (run {each.run_id}): {_reason(manifest)}" for each, manifest in bad)
    named = "; ".join(missing[:_NAMED_AT_MOST])
    more = f"; and {len(missing) - _NAMED_AT_MOST} more" if len(missing) > _NAMED_AT_MOST else ""
    failures = [manifest.failure for _, manifest in bad if manifest.failure is not None]
    # One that nobody can tell of is for a person, whatever became of the others.
    vanished = next((each for each in failures if each.outcome is StageOutcome.HUMAN_REVIEW), None)
    first = vanished or next(iter(failures), None)
    advice = f"{first.advice}; {_RELAUNCH}" if first is not None and first.advice and vanished is None else _RELAUNCH
    return Failure(
        reason=f"{len(bad)} of {len(group.replicates)} replicates did not succeed: {named}{more}",
        stage=first.stage if first is not None else None,
        advice=vanished.advice if vanished is not None else advice,
        outcome=StageOutcome.NEEDS_RETRY if vanished is None else StageOutcome.HUMAN_REVIEW,
        missing=missing,
    )


def _reason(manifest: RunManifest) -> str:
    return manifest.failure.reason if manifest.failure else f"it is {manifest.status}"


_STATES: Final[Mapping[RunStatus, JobState]] = {
    RunStatus.PENDING: JobState.PENDING,
    RunStatus.SUBMITTED: JobState.PENDING,
    RunStatus.RUNNING: JobState.RUNNING,
    RunStatus.SYNCED: JobState.COMPLETED,
    RunStatus.COMPLETED: JobState.COMPLETED,
    RunStatus.FAILED: JobState.FAILED,
    RunStatus.PARTIAL: JobState.FAILED,
}


# As long as one of its replicates is in the first of these, the group is.
_FIRST: Final = (JobState.RUNNING, JobState.PENDING, JobState.UNKNOWN, JobState.ABSENT)


def seen_of(group: RunManifest, heard: Sequence[JobObservation], found: JobHandle | None = None) -> JobObservation:
    """What a look says of *group* that *heard* this of the replicates that go on. Nobody was asked about the group.

    *found* is its job where it was found by its token alone.
    """
    counts = Counter(each.native_state or each.state.value for each in heard)
    states = {each.state for each in heard}
    ended = JobState.FAILED if states - {JobState.COMPLETED} else JobState.COMPLETED
    return JobObservation(
        next((each for each in _FIRST if each in states), ended) if states else _STATES[group.status],
        reason=next((each.reason for each in heard if each.state is JobState.UNKNOWN), ""),
        native_state=", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or None,
        stuck=next((each.stuck for each in heard if each.stuck), None),
        job_id=found.job_id if found is not None else None,
    )
