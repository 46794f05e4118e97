"""The replicates of a group as the tasks of its job array: where they lie, and how they are found again. Pure."""

from __future__ import annotations

import attrs

from autolab_core.io.layout import RunPaths
from autolab_core.models.job import JobHandle
from autolab_core.models.manifest import RunManifest
from autolab_core.stages.group.status import own_replicates

__all__ = ["array_handle", "task_folders", "task_handles", "task_id"]


def task_id(job_id: str, index: int) -> str:
    """The id of one task of the job array *job_id*, as Slurm writes it."""
    return f"{job_id}_{index}"


def task_folders(run: RunPaths, group: RunManifest) -> tuple[str, ...]:
    """The folders of the replicates that *group*, whose paths are *run*, started itself."""
    return tuple(run.sibling(each.run_id).folder for each in own_replicates(group))


def task_handles(run: RunPaths, group: RunManifest, handle: JobHandle) -> dict[str, JobHandle]:
    """The folder of each replicate that *group* started, and how its job is found; *handle* is the array's own."""
    job_id = handle.job_id or ""
    return {
        (folder := run.sibling(each.run_id).folder): attrs.evolve(
            handle, run_folder=folder, job_id=task_id(job_id, each.index)
        )
        for each in own_replicates(group)
    }


def array_handle(run: RunPaths, group: RunManifest, handle: JobHandle) -> JobHandle:
    """*handle*, which has the array's id, with its tasks: what is to be cancelled as one. No group: as it is."""
    if not group.replicates:
        return handle
    return attrs.evolve(handle, tasks=tuple(task_handles(run, group, handle).values()))
