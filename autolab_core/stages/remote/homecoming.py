"""``sync_artifacts_to_local`` for a run on another machine: its files here, proven, or why they are not.

Of a run that failed the logs alone come home, marked as diagnostic; what it wrote otherwise stays there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from autolab_core.io.layout import RunPaths, incoming
from autolab_core.models.manifest import ArtifactSync, RunManifest
from autolab_core.models.remote import RemoteRecord
from autolab_core.stages.context import StageContext
from autolab_core.stages.watching.artifacts import unproven
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import RunStatus, SyncStatus
from autolab_core.vocab.times import parse_timestamp

__all__ = ["bring_artifacts_home"]


def bring_artifacts_home(
    context: StageContext,
    run: RunPaths,
    manifest: RunManifest,
    record: RemoteRecord,
    ended_at: str | None,
    *,
    grace: timedelta,
) -> ArtifactSync:
    """What became of the files of *manifest*, sent as *record* says, whose job has ended. The caller holds the lock.

    ``ok`` only where every hash is the far side's and the markers are this run's. What a login node does not see yet
    within *grace* of the end (RFC 3339, by the clock there) leaves it ``syncing``. Raises StoreError.
    """
    failed = manifest.status is RunStatus.FAILED
    try:
        sync = _pulled(context, run, manifest, record, diagnostic=failed)
    except UsageError as error:
        return ArtifactSync(SyncStatus.FAILED, diagnosis=str(error))
    if failed or sync.status is not SyncStatus.OK:
        return sync
    problems = unproven(context.repository, run, manifest)
    if not problems:
        return sync
    ended = parse_timestamp(ended_at) if ended_at else None
    early = ended is not None and _now_there(context, record) - ended < grace
    status = SyncStatus.SYNCING if early else SyncStatus.FAILED
    return attrs.evolve(sync, status=status, diagnosis="; ".join(problems))


def _now_there(context: StageContext, record: RemoteRecord) -> datetime:
    return context.now() - timedelta(seconds=record.clock_offset_seconds or 0)


def _pulled(
    context: StageContext, run: RunPaths, manifest: RunManifest, record: RemoteRecord, *, diagnostic: bool
) -> ArtifactSync:
    from autolab_core.transfer.base import FarFolder, TransferError
    from autolab_core.transfer.choosing import choose
    from autolab_core.transfer.home import Homecoming, bring_home, not_home

    remote = context.remote(record.profile)
    pull = remote.profile.pull
    if manifest.guard is not None:
        from autolab_core.stages.remote.far_guard import bring_guard_record  # few runs there are guarded

        try:
            bring_guard_record(remote, context.repository, manifest, record)
        except TransferError as error:
            return not_home(error, diagnostic=diagnostic)
    home = Homecoming(
        FarFolder(remote.runner, f"{record.work_tree}/{run.folder}"),
        run,
        context.repository.absolute(run.folder),
        context.repository.absolute(incoming(manifest.run_id)),
        transfer=choose(pull.method),
        rules=pull.rules,
        diagnostic=diagnostic,
    )
    return bring_home(home, context.files)
