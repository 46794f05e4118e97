"""Who is active: the manifests say, and where they cannot know of an end, the evidence of the run itself does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from autolab_core.io.layout import EXPERIMENTS, IterationPaths, RunPaths
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobHandle, JobObservation, JobSpec
from autolab_core.models.manifest import RunManifest
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.status import seen_of
from autolab_core.stages.group.tasks import task_folders, task_handles
from autolab_core.stages.launching.allocation import without_its_allocation
from autolab_core.stages.remote.machines import CLOCK_SLACK_SECONDS
from autolab_core.stages.watching.steady import Steady
from autolab_core.vocab.errors import QueryFailed, RunnerError, UsageError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, RunStatus
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = [
    "ActiveRun",
    "active_runs",
    "describe",
    "handle_of",
    "holder_of",
    "job_of",
    "observe_run",
    "runs_of",
    "says_settled",
    "unsubmitted",
]

_SETTLED: Final = frozenset(status.value for status in RunStatus if status.ended or status is RunStatus.SYNCED)


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
        cluster=manifest.cluster,
        submitted_at=_submitted_at(manifest),
        own=bool(submission and submission.own_cluster),
        root=manifest.remote.work_tree if manifest.remote is not None else None,
    )


def job_of(paths: RunPaths, manifest: RunManifest) -> JobSpec:
    """What was started for the run, as far as it is needed to find it."""
    script = paths.batch_script if manifest.watched_by_slurm else paths.script
    folders = task_folders(paths, manifest)
    root = manifest.remote.work_tree if manifest.remote is not None else None
    return JobSpec(paths.folder, script, submitted_at=_submitted_at(manifest), task_folders=folders, root=root)


def _submitted_at(manifest: RunManifest) -> str | None:
    """When the run was submitted, by the clock of the machine that it was submitted on."""
    at, offset = manifest.timestamps.created_at, manifest.remote.clock_offset_seconds if manifest.remote else None
    found = parse_timestamp(at) if at and offset and abs(offset) > CLOCK_SLACK_SECONDS else None
    return format_utc(found - timedelta(seconds=offset or 0)) if found is not None else at


def unsubmitted(manifest: RunManifest) -> bool:
    """True when only the intent is on record. A Slurm job that waits in the queue is pending too, and has its id."""
    return manifest.status is RunStatus.PENDING and not manifest.job_id


def observe_run(context: StageContext, paths: RunPaths, manifest: RunManifest) -> JobObservation:
    """Ask the run's scheduler about it. A question that fails is an answer too: it is not known.

    ``absent`` for a run that was never submitted is certain: its scheduler was asked for the token.
    """
    if manifest.watched_by is None:
        return JobObservation(JobState.UNKNOWN, reason="a run without a host_mode cannot be asked about")
    if manifest.submission is None:
        # Another tool's: what it would leave behind is not known, so that nothing is there says nothing.
        return JobObservation(JobState.UNKNOWN, reason="its manifest has no submission token that would find it")
    handle = handle_of(paths, manifest)
    try:
        scheduler = context.scheduler_of(manifest)
        if unsubmitted(manifest):
            found = scheduler.find(job_of(paths, manifest), handle.token)
            if found is None and manifest.watched_by_slurm:
                return JobObservation(JobState.ABSENT, reason="it was never submitted")
            handle = found or handle
        if manifest.replicates:
            tasks = task_handles(paths, manifest, handle).values()
            return seen_of(manifest, list(scheduler.observe(list(tasks)).values()))
        return without_its_allocation(context, manifest, handle, scheduler.observe([handle])[handle])
    except (QueryFailed, RunnerError) as error:
        return JobObservation(JobState.UNKNOWN, reason=str(error))


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
            if _has_a_group(tree, paths, manifest_path, apart_from):
                continue  # it is a part of the group, which is judged as one run
            active = _judge(context, paths.run(run_id))
            if active is not None:
                found.append(active)
    return found


def runs_of(tree: Tree, unreadable: dict[str, str], steady: Steady) -> Iterator[RunPaths]:
    """Every run of the repository that has a manifest, in the order of their folders; no manifest is read.

    Folders whose name is no run's are put into *unreadable*, with the reason. Whether a run that *steady* knows is
    still there is not looked at: who asks for its manifest will see.
    """
    for iteration in _iteration_folders(tree):
        paths = IterationPaths(iteration)
        runs = paths.runs
        known = {run_id: steady.last(f"{runs}/{run_id}") for run_id in tree.names(runs)}
        if None in known.values():
            tree.look(runs)
        for run_id, last in known.items():
            if last is not None:
                yield last.run
                continue
            folder = f"{runs}/{run_id}"
            if not tree.exists(RunPaths(folder).manifest):
                continue
            try:
                yield paths.run(run_id)
            except UsageError as error:
                unreadable[folder] = str(error)


def says_settled(tree: Tree, run: RunPaths) -> bool:
    """True when the manifest of *run* says that it has ended or is synced. Raises DocumentError."""
    return str(tree.mapping(run.manifest).get("status")) in _SETTLED


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


def _has_a_group(tree: Tree, paths: IterationPaths, path: str, own: RunPaths | None) -> bool:
    """True for a replicate of a group that is there, or is *own*, whose manifest may not be written yet."""
    part = tree.mapping(path).get("replicate")
    group = part.get("group") if isinstance(part, dict) else None
    if not isinstance(group, str) or id_problem(group) is not None:
        return False
    above = paths.run(group)
    return (own is not None and above.folder == own.folder) or tree.exists(above.manifest)


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
    if observation.state is JobState.ABSENT and (manifest.watched_by is HostMode.LOCAL or unsubmitted(manifest)):
        return None
    return ActiveRun(manifest.iteration_id, manifest.run_id, describe(manifest))


def describe(manifest: RunManifest) -> str:
    """The run in words: what it is, and who holds it (job or pid, host, since)."""
    since = manifest.timestamps.started_at or manifest.timestamps.created_at or "an unknown time"
    who = holder_of(manifest)
    return f"run {manifest.run_id} of {manifest.iteration_id} is {manifest.status} ({who}, since {since})"


def holder_of(manifest: RunManifest) -> str:
    """``job 123``, ``job 123 of cluster c1 through PROFILE``, ``pid 77 on box``, or that none is on record yet."""
    submission = manifest.submission
    if manifest.job_id and manifest.allocation is None:
        there = f" through {manifest.remote.profile}" if manifest.remote is not None else ""
        return f"job {manifest.job_id}{f' of cluster {manifest.cluster}' if manifest.cluster else ''}{there}"
    if submission and submission.pid:
        inside = f" inside allocation {manifest.allocation}" if manifest.allocation else ""
        return f"pid {submission.pid} on {submission.host}{inside}"
    return "no job on record yet" if manifest.on_slurm else "no process on record yet"
