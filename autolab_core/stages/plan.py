"""A launch, worked out whole before anything is written: scripts, manifest, job."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

import attrs

from autolab_core.io.environment import activation_block
from autolab_core.io.layout import ENVIRONMENT, IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.entrypoint import entrypoint_argv
from autolab_core.models.job import JobSpec
from autolab_core.models.manifest import (
    ArtifactSync,
    Commit,
    Environment,
    ProbeResult,
    ResourceRequest,
    RunManifest,
    StatusChange,
    Submission,
    Timestamps,
)
from autolab_core.models.resources import Duration
from autolab_core.schedulers.local.script import LocalScript, render
from autolab_core.stages.artifacts import LOCAL_METHOD
from autolab_core.stages.command import command_line
from autolab_core.stages.context import StageContext
from autolab_core.stages.gate import sha256_of
from autolab_core.stages.provenance import commit_of, environment_of
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.states import HostMode, RunStatus, SyncStatus
from autolab_core.vocab.times import format_utc

__all__ = ["LaunchPlan", "new_run_id", "plan_launch"]


@attrs.frozen
class LaunchPlan:
    """``files`` maps each path that the launch will write (but for the manifest) to its bytes."""

    paths: IterationPaths
    run: RunPaths
    files: Mapping[str, bytes]
    manifest: RunManifest
    job: JobSpec
    token: str


def new_run_id(now: datetime) -> str:
    """``20260201T120000Z_7f3a``: sorts by time, and two in one second differ."""
    return f"{now:%Y%m%dT%H%M%SZ}_{secrets.token_hex(2)}"


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
) -> LaunchPlan:
    """Work out the launch of *design* as *run_id*. Reads and asks, writes nothing.

    Raises UsageError for an entry point that cannot be a command, DocumentError for an unusable environment page.
    """
    repository = context.repository
    run = paths.run(check_id("run id", run_id))
    activation = activation_block(repository.tree().source(ENVIRONMENT), ENVIRONMENT)
    argv = entrypoint_argv(design.entrypoint)
    token = f"autolab-{design.iteration_id}-{run_id}-{secrets.token_hex(2)}"
    script = render(
        LocalScript(
            iteration_id=design.iteration_id,
            iteration_folder=paths.folder,
            run_id=run_id,
            run_folder=run.folder,
            token=token,
            command=argv,
            activation=activation.text,
        )
    )
    manifest = _manifest(
        design,
        run_id=run_id,
        host_mode=host_mode,
        probes=probes,
        command=command_line(argv),
        submission=Submission(token, script=run.script, script_sha256=sha256_of(script)),
        commit=commit_of(context.runner, repository),
        environment=environment_of(context.runner, repository, activation, design),
        review=review,
        now=context.now(),
    )
    job = JobSpec(run.folder, run.script, design.compute.walltime_estimate, grace)
    return LaunchPlan(paths, run, {paths.run_local: script, run.script: script}, manifest, job, token)


def _manifest(
    design: Design,
    *,
    run_id: str,
    host_mode: HostMode,
    probes: Mapping[str, ProbeResult],
    command: str,
    submission: Submission,
    commit: Commit,
    environment: Environment,
    review: Mapping[str, object] | None,
    now: datetime,
) -> RunManifest:
    compute = design.compute
    at = format_utc(now)
    return RunManifest(
        run_id=run_id,
        iteration_id=design.iteration_id,
        launch_mode=host_mode,
        host_mode=host_mode,
        status=RunStatus.PENDING,
        command=command,
        resource_request=ResourceRequest(
            cpus=compute.cpus,
            memory=compute.memory_estimate,
            gpu_count=compute.gpu_count,
            gpu_type=compute.gpu_type,
            walltime=compute.walltime_estimate,
            partition=compute.partition,
            qos=compute.qos,
            num_nodes=compute.num_nodes,
        ),
        timestamps=Timestamps(created_at=at),
        artifact_sync_to_local=ArtifactSync(SyncStatus.PENDING, LOCAL_METHOD),
        commit=commit,
        host=probes,
        submission=submission,
        environment=environment,
        review=review,
        history=(StatusChange(at, RunStatus.PENDING, "the intent is on disk; nothing has been started"),),
    )
