"""Who is active: the manifests say, and where they cannot know of an end, the evidence of the run itself does."""

from __future__ import annotations

from typing import NamedTuple

from autolab_core.io.layout import EXPERIMENTS, IterationPaths, RunPaths
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobHandle, JobObservation, JobSpec
from autolab_core.models.manifest import RunManifest
from autolab_core.stages.context import StageContext
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, RunStatus

__all__ = ["ActiveRun", "active_runs", "describe", "handle_of", "observe_run"]


class ActiveRun(NamedTuple):
    """A run that has not ended, as far as anybody can tell."""

    iteration_id: str
    run_id: str
    description: str


def handle_of(paths: RunPaths, manifest: RunManifest) -> JobHandle:
    """How the run's job is found again. Without a submission block (another tool's file) the token is empty."""
    submission = manifest.submission
    return JobHandle(
        token=submission.token if submission else "",
        run_folder=paths.folder,
        job_id=manifest.job_id,
        pid=submission.pid if submission else None,
        host=submission.host if submission else None,
    )


def observe_run(context: StageContext, paths: RunPaths, manifest: RunManifest) -> JobObservation:
    """Ask the run's scheduler about it. Only local runs can be asked here."""
    if manifest.host_mode is not HostMode.LOCAL:
        where = f"a {manifest.host_mode} run" if manifest.host_mode else "a run without a host_mode"
        return JobObservation(JobState.UNKNOWN, reason=f"{where} cannot be asked from here")
    if manifest.submission is None:
        # Another tool's: what it would leave behind is not known, so that nothing is there says nothing.
        return JobObservation(JobState.UNKNOWN, reason="its manifest has no submission token that would find it")
    handle = handle_of(paths, manifest)
    if manifest.status is RunStatus.PENDING and (
        found := context.scheduler.find(JobSpec(paths.folder, paths.script), handle.token)
    ):
        handle = found
    return context.scheduler.observe([handle])[handle]


def active_runs(context: StageContext, *, apart_from: RunPaths | None) -> list[ActiveRun]:
    """Every run of the repository that is not terminal and shows no evidence of its end, but for *apart_from*.

    Raises DocumentError for a manifest that cannot be read: whether it is active cannot be said, so nobody may launch.
    """
    tree = context.repository.tree()
    found = []
    for iteration in _iteration_folders(tree):
        paths = IterationPaths(iteration)
        for run_id in tree.names(paths.runs):
            folder, manifest_path = f"{paths.runs}/{run_id}", f"{paths.runs}/{run_id}/run_manifest.json"
            own = apart_from is not None and folder == apart_from.folder
            if own or not tree.exists(manifest_path) or _says_ended(tree, manifest_path):
                continue
            active = _judge(context, paths.run(run_id))
            if active is not None:
                found.append(active)
    return found


def _iteration_folders(tree: Tree) -> list[str]:
    """Folders one or two levels below ``experiments/`` that have ``runs``."""
    folders = []
    for name in tree.names(EXPERIMENTS):
        first = f"{EXPERIMENTS}/{name}"
        if not tree.is_folder(first):
            continue
        if tree.is_folder(f"{first}/runs"):
            folders.append(first)
        folders += [f"{first}/{inner}" for inner in tree.names(first) if tree.is_folder(f"{first}/{inner}/runs")]
    return folders


def _says_ended(tree: Tree, path: str) -> bool:
    try:
        return RunStatus(str(tree.mapping(path).get("status"))).ended
    except ValueError:
        return False


def _judge(context: StageContext, paths: RunPaths) -> ActiveRun | None:
    manifest = context.repository.manifest(paths)
    observation = observe_run(context, paths, manifest)
    if observation.state in ENDED_JOB_STATES and not observation.lingering:
        return None
    if observation.state is JobState.ABSENT and manifest.host_mode is HostMode.LOCAL:
        return None
    return ActiveRun(manifest.iteration_id, manifest.run_id, describe(manifest))


def describe(manifest: RunManifest) -> str:
    """The run in words: what it is, and who holds it (pid, host, since)."""
    submission = manifest.submission
    who = f"pid {submission.pid} on {submission.host}" if submission and submission.pid else "no process on record yet"
    since = manifest.timestamps.started_at or manifest.timestamps.created_at or "an unknown time"
    return f"run {manifest.run_id} of {manifest.iteration_id} is {manifest.status} ({who}, since {since})"
