"""What a look does for groups: their replicates are asked about, and what became of those is folded into the group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import attrs

from autolab_core.io.layout import RunPaths
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import ArtifactSync, RunManifest
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.status import advance_group, own_replicates, seen_of, status_of
from autolab_core.stages.group.tasks import task_handles
from autolab_core.stages.launching.active import handle_of, job_of, says_settled, unsubmitted
from autolab_core.stages.watching.artifacts import SHARED_METHOD, record_checksums
from autolab_core.stages.watching.observe import move, settled
from autolab_core.vocab.errors import DocumentError, QueryFailed, RunnerError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import RunStatus, SyncStatus

__all__ = ["GroupTasks", "fold_group", "group_seen", "open_replicates", "tasks_of"]

_Loaded = tuple[RunPaths, RunManifest]


class GroupTasks(NamedTuple):
    """Of the groups in a look. ``handles``: folder of a replicate that has no job id on record yet, to its task.

    ``said``: folder of a run about which nobody needs to be asked, to what is known of it. ``found``: folder of a group
    to its job, where that was found by the token alone.
    """

    handles: Mapping[str, JobHandle]
    said: Mapping[str, JobObservation]
    found: Mapping[str, JobHandle]


def open_replicates(tree: Tree, loaded: Iterable[_Loaded]) -> list[RunPaths]:
    """The replicates of the groups in *loaded* that are not settled and not in *loaded* themselves.

    Raises DocumentError for a manifest that cannot be read.
    """
    loaded = list(loaded)
    there = {run.folder for run, _ in loaded}
    wanted = (
        run.sibling(each.run_id)
        for run, group in loaded
        if group.replicates and not settled(group)
        for each in own_replicates(group)
    )
    return [run for run in wanted if run.folder not in there and not says_settled(tree, run)]


def tasks_of(context: StageContext, tree: Tree, loaded: Sequence[_Loaded]) -> GroupTasks:
    """The jobs of the replicates in *loaded* whose launch did not live to record their ids.

    A group that was not submitted, as far as is known, is looked for by its token.
    """
    groups = {run.folder: (run, group) for run, group in loaded if group.replicates and not settled(group)}
    waiting = [(run, each) for run, each in loaded if each.replicate is not None and unsubmitted(each)]
    for run, each in waiting:
        above = run.sibling(each.replicate.group) if each.replicate is not None else run
        if above.folder not in groups and tree.exists(above.manifest):
            groups[above.folder] = (above, context.repository.manifest(above, tree))
    handles: dict[str, JobHandle] = {}
    said: dict[str, JobObservation] = {}
    found: dict[str, JobHandle] = {}
    for folder, (run, group) in groups.items():
        handle, why = _job_of_group(context, run, group)
        if handle is not None:
            handles |= task_handles(run, group, handle)
            if unsubmitted(group):
                found[folder] = handle
        else:
            said |= dict.fromkeys((folder, *(run.sibling(each.run_id).folder for each in own_replicates(group))), why)
    mine = {run.folder for run, _ in waiting}
    orphans = JobObservation(JobState.ABSENT, reason="its group was never written: it was not submitted")
    said |= {folder: orphans for folder in mine if folder not in said and folder not in handles}
    return GroupTasks({folder: each for folder, each in handles.items() if folder in mine}, said, found)


def _job_of_group(context: StageContext, run: RunPaths, group: RunManifest) -> tuple[JobHandle | None, JobObservation]:
    """The array of *group*, or what to say where there is none."""
    handle = handle_of(run, group)
    if not unsubmitted(group):
        return handle, JobObservation(JobState.UNKNOWN)
    try:
        found = context.scheduler_of(group).find(job_of(run, group), handle.token)
    except (QueryFailed, RunnerError) as error:
        return None, JobObservation(JobState.UNKNOWN, reason=str(error))
    return found, JobObservation(JobState.ABSENT, reason="it was never submitted")


def group_seen(
    run: RunPaths, group: RunManifest, heard: Mapping[str, JobObservation], tasks: GroupTasks
) -> JobObservation:
    """What a look says of *group*, given what was *heard* of each folder."""
    if run.folder in tasks.said:
        return tasks.said[run.folder]
    mine = (heard.get(run.sibling(each.run_id).folder) for each in own_replicates(group))
    return seen_of(group, [each for each in mine if each is not None], tasks.found.get(run.folder))


def fold_group(
    context: StageContext,
    run: RunPaths,
    group: RunManifest,
    seen: JobObservation,
    now: datetime,
    fresh: Mapping[str, RunManifest],
) -> tuple[RunManifest, JobObservation]:
    """*group* after a look that said *seen*, and what to say of it now. Its replicates' manifests are written already.

    *fresh*: folder to manifest of the replicates that the look changed. A replicate whose manifest cannot be read
    leaves the group as it is. Raises StoreError.
    """
    if settled(group):
        return group, seen_of(group, ())
    if not group.job_id and seen.job_id:
        group = attrs.evolve(group, job_id=seen.job_id)
        group = move(group, RunStatus.SUBMITTED, f"its token was found as job {seen.job_id}", now)
    tree = context.repository.tree()
    try:
        if not fresh and not _is_behind(tree, run, group):
            return group, seen
        replicates = {
            each.run_id: fresh.get(run.sibling(each.run_id).folder)
            or context.repository.manifest(run.sibling(each.run_id), tree)
            for each in group.replicates
        }
        after = advance_group(group, replicates, now)
        if after.status is RunStatus.SYNCED and group.status is not RunStatus.SYNCED:
            before = group.artifact_sync_to_local
            method = before.method if group.remote is not None and before is not None else SHARED_METHOD
            home = ArtifactSync(SyncStatus.OK, method)
            after = record_checksums(context.repository, run, attrs.evolve(after, artifact_sync_to_local=home))
    except DocumentError as error:
        return group, JobObservation(JobState.UNKNOWN, reason=str(error))
    return after, seen_of(after, ()) if settled(after) else seen


def _is_behind(tree: Tree, run: RunPaths, group: RunManifest) -> bool:
    """True when the replicates' statuses make another of *group*'s, as they do after a look that was cut short."""
    if not group.job_id:
        return False
    own = {each.run_id for each in own_replicates(group)}
    words = {
        each.run_id: RunStatus(str(tree.value(run.sibling(each.run_id).manifest, "status")))
        for each in group.replicates
    }
    mine = [word for run_id, word in words.items() if run_id in own]
    return status_of(mine, [word for run_id, word in words.items() if run_id not in own]) is not group.status
