"""A group's replicates on the disk: their intent before the submission, their jobs after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from autolab_core.io.atomic import make_dirs, remove, sweep
from autolab_core.io.layout import RunPaths
from autolab_core.io.repository import Repository
from autolab_core.models.manifest import RunManifest
from autolab_core.models.replicates import replicate_id
from autolab_core.stages.group.status import own_replicates
from autolab_core.stages.group.tasks import task_id
from autolab_core.stages.launching.active import holder_of, unsubmitted
from autolab_core.stages.watching.observe import move
from autolab_core.vocab.states import RunStatus

__all__ = ["identify_replicates", "write_replicates"]


def write_replicates(repository: Repository, run: RunPaths, replicates: Sequence[RunManifest]) -> None:
    """Write the intent of the group *run*'s *replicates*: each has its folder and manifest. Raises StoreError.

    What an earlier attempt at this very launch wrote for replicates that there are no more is taken away.
    """
    for each in replicates:
        paths = run.sibling(each.run_id)
        make_dirs(repository.absolute(paths.logs))
        sweep(repository.absolute(paths.folder))
        repository.save_manifest(paths, each)
    folder, _, group = run.folder.rpartition("/")
    wanted, start, tree = {each.run_id for each in replicates}, replicate_id(group, ""), repository.tree()
    for name in tree.names(folder) if replicates else ():
        if name.startswith(start) and name.removeprefix(start).isdecimal() and name not in wanted:
            remove(repository.absolute(run.sibling(name).manifest))


def identify_replicates(
    repository: Repository, run: RunPaths, group: RunManifest, now: datetime
) -> tuple[RunManifest, ...]:
    """The manifests of the replicates that *group* started, each with its task of the group's job on record.

    Raises StoreError, DocumentError.
    """
    found = []
    tree = repository.tree()
    for each in own_replicates(group):
        paths = run.sibling(each.run_id)
        sweep(repository.absolute(paths.folder))  # what a killed launch was writing
        manifest = repository.manifest(paths, tree)
        if group.job_id and unsubmitted(manifest):
            manifest = attrs.evolve(
                manifest,
                job_id=task_id(group.job_id, each.index),
                cluster=group.cluster,
                submission=group.submission,
            )
            manifest = move(manifest, RunStatus.SUBMITTED, f"started as {holder_of(manifest)}", now)
            repository.save_manifest(paths, manifest)
        found.append(manifest)
    return tuple(found)
