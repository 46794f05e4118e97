"""A launch, worked out whole before anything is written: scripts, manifest, job."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from autolab_core.guard.launched import launched
from autolab_core.io.codec import unstructure
from autolab_core.io.documents import dump_json
from autolab_core.io.environment import activation_block
from autolab_core.io.layout import ENVIRONMENT, IterationPaths, RunPaths, guard_launched
from autolab_core.models.design import Design
from autolab_core.models.entrypoint import entrypoint_argv
from autolab_core.models.job import JobSpec
from autolab_core.models.manifest import (
    ArtifactSync,
    ProbeResult,
    ResourceRequest,
    RunManifest,
    StatusChange,
    Submission,
    Timestamps,
)
from autolab_core.models.replicates import THE_RUN, replicate_id
from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.script import NAME_MAX
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.active import job_of
from autolab_core.stages.launching.allocation import Inside
from autolab_core.stages.launching.array_plan import Array, Before, Work, array_of, check_array, replicate_manifests
from autolab_core.stages.launching.command import command_line
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.stages.launching.guarding import RunGuard, guard_of, require_level
from autolab_core.stages.launching.plan_local import plan_local
from autolab_core.stages.launching.plan_slurm import plan_slurm
from autolab_core.stages.launching.planned import Intent, Planned
from autolab_core.stages.launching.provenance import commit_of, environment_of
from autolab_core.stages.remote.destination import Destination, seat_of
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.states import HostMode, RunStatus, SyncStatus
from autolab_core.vocab.times import format_utc

__all__ = ["LaunchPlan", "launch_copies", "new_run_id", "new_token", "plan_launch"]

_PLANNERS: Final[Mapping[HostMode, Callable[[Intent], Planned]]] = {
    HostMode.LOCAL: plan_local,
    HostMode.SLURM: plan_slurm,
}


@attrs.frozen
class LaunchPlan:
    """``files`` maps each path that the launch will write (but for the manifest) to its bytes.

    ``note`` is what who launches should know of where the run is started, or what of it. ``replicates`` are the
    manifests of the runs that it starts as tasks of its job array; the launch writes them first. ``folders`` have to
    be there before the run starts. ``there`` is the machine behind ssh that it is sent to. ``guard`` is None for a run
    that is not guarded.
    """

    paths: IterationPaths
    run: RunPaths
    files: Mapping[str, bytes]
    manifest: RunManifest
    job: JobSpec
    token: str
    note: str = ""
    replicates: tuple[RunManifest, ...] = ()
    folders: tuple[str, ...] = ()
    there: Destination | None = None
    guard: RunGuard | None = None


def new_run_id(now: datetime) -> str:
    """``20260201T120000Z_7f3a``: sorts by time, and two in one second differ."""
    return f"{now:%Y%m%dT%H%M%SZ}_{secrets.token_hex(2)}"


def new_token(iteration_id: str, run_id: str) -> str:
    """What finds the job again: no other job ever has it. Both ids stand in it; a long iteration's id is cut."""
    end = f"-{run_id}-{secrets.token_hex(4)}"
    return f"autolab-{iteration_id}"[: NAME_MAX - len(end)] + end


def plan_launch(
    context: StageContext,
    paths: IterationPaths,
    design: Design,
    *,
    run_id: str,
    host_mode: HostMode,
    probes: Mapping[str, ProbeResult],
    review: Mapping[str, object] | None,
    grace: Duration,
    inside: Inside | None = None,
    before: Before | None = None,
    there: Destination | None = None,
) -> LaunchPlan:
    """Work out the launch of *design* as *run_id*. Reads and asks, writes nothing.

    *inside* is the allocation that it is started in, instead of being submitted. What succeeded of the group *before*
    is kept, where the replicates are runs of their own and do the same work. *there* is the machine behind ssh that it
    is sent to.

    Raises UsageError for an entry point that cannot be a command and a request that cannot be said to the scheduler
    (IncompleteRequest for one that leaves out what it has to say, ArrayRefused for replicates that cannot be launched
    as the design asks, Unguardable for a run that cannot be guarded as it must), DocumentError for an unusable
    environment page.
    """
    is_array = check_array(design, host_mode)
    repository = context.repository
    run = paths.run(check_id("run id", run_id))
    activation = activation_block(repository.tree().source(ENVIRONMENT), ENVIRONMENT)
    command = entrypoint_argv(design.entrypoint)
    commit = commit_of(context.runner, repository, paths)
    runner = context.runner if there is None else None  # elsewhere it is asked where the run will be
    environment = environment_of(runner, repository, activation, design)
    array = array_of(design, run_id, Work(command, commit, environment), before) if is_array else None
    guard = _guard(context, design, run, run_id, array, host_mode, there)
    intent = Intent(
        root=str(repository.root),
        paths=paths,
        run=run,
        run_id=run_id,
        design=design,
        command=command,
        activation=activation.text,
        token=new_token(design.iteration_id, run_id),
        grace=grace,
        requeue=repository.policy().slurm.requeue,
        inside=inside,
        array=array,
        guard=guard.words if guard is not None else (),
    )
    intent = intent if there is None else there.meant(intent)
    planned = _PLANNERS[host_mode](intent)
    manifest = attrs.evolve(
        _manifest(context, intent, planned, host_mode=host_mode, probes=probes, review=review),
        commit=commit,
        environment=environment,
    )
    plan = _plan(intent, planned, manifest if there is None else there.recorded(manifest), there)
    return plan if guard is None else _guarded(plan, guard)


def _plan(intent: Intent, planned: Planned, manifest: RunManifest, there: Destination | None) -> LaunchPlan:
    known, array = job_of(intent.run, manifest), intent.array
    job = attrs.evolve(planned.job, submitted_at=known.submitted_at, task_folders=known.task_folders, root=known.root)
    note = f"; {array.note}" if array is not None and array.note else ""
    replicates = replicate_manifests(manifest, intent.command)
    return LaunchPlan(
        intent.paths, intent.run, planned.files, manifest, job, intent.token, note, replicates, there=there
    )


def _guard(
    context: StageContext,
    design: Design,
    run: RunPaths,
    run_id: str,
    array: Array | None,
    host_mode: HostMode,
    there: Destination | None,
) -> RunGuard | None:
    tasks = [] if array is None else [run.sibling(replicate_id(run_id, index)) for index in array.tasks.indices]
    name = run_id if array is None else THE_RUN
    guard = guard_of(context.repository, design, run, run_id, others=tasks, name=name)
    if there is not None:
        seat = seat_of(there, guard, design.spec)
        if seat is None:
            return None
        return guard_of(context.repository, design, run, run_id, others=tasks, name=name, seat=seat)
    if guard is not None and host_mode is HostMode.LOCAL:
        require_level(guard)  # elsewhere the node decides
    return guard


def _guarded(plan: LaunchPlan, guard: RunGuard) -> LaunchPlan:
    """*plan* with what *guard* needs. Of a group each replicate has a record, and the group itself has none."""
    manifest = plan.manifest if plan.manifest.replicates else attrs.evolve(plan.manifest, guard=guard.section)
    return attrs.evolve(
        plan,
        files={**plan.files, **guard.files, **launch_copies(manifest, plan.replicates)},
        manifest=manifest,
        replicates=tuple(attrs.evolve(each, guard=guard.section) for each in plan.replicates),
        folders=guard.folders,
        guard=guard,
    )


def launch_copies(manifest: RunManifest, replicates: Sequence[RunManifest]) -> dict[str, bytes]:
    """What the launch keeps of guarded runs where they cannot write: path to bytes, for each run that has a record."""
    runs = {guard_launched(each.run_id): each for each in replicates or (manifest,)}
    return {path: dump_json(launched(unstructure(each)), path) for path, each in runs.items()}


def _manifest(
    context: StageContext,
    intent: Intent,
    planned: Planned,
    *,
    host_mode: HostMode,
    probes: Mapping[str, ProbeResult],
    review: Mapping[str, object] | None,
) -> RunManifest:
    design, inside = intent.design, intent.inside
    compute = design.compute
    script = planned.job.script
    at = format_utc(context.now())
    return RunManifest(
        run_id=intent.run_id,
        iteration_id=design.iteration_id,
        launch_mode=host_mode,
        host_mode=host_mode,
        status=RunStatus.PENDING,
        command=command_line(intent.command),
        resource_request=ResourceRequest(
            cpus=compute.cpus,
            memory=compute.memory_estimate,
            gpu_count=compute.gpu_count,
            gpu_type=compute.gpu_type,
            walltime=compute.walltime_estimate,
            partition=compute.partition,
            qos=compute.qos,
            account=compute.account,
            num_nodes=compute.num_nodes,
        ),
        timestamps=Timestamps(created_at=at),
        artifact_sync_to_local=ArtifactSync(SyncStatus.PENDING, planned.sync_method),
        host=probes,
        cluster=inside.cluster if inside else None,
        submission=Submission(
            intent.token,
            script=script,
            script_sha256=sha256_of(planned.files[script]),
            own_cluster=bool(inside and inside.cluster),
            allocation=inside.id if inside else None,
        ),
        review=review,
        history=(StatusChange(at, RunStatus.PENDING, "the intent is on disk; nothing has been started"),),
        replicates=intent.array.replicates if intent.array is not None else (),
    )
