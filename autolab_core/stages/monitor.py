"""``monitor``: one look at the current run, folded into its manifest. Local runs pass through to extraction.

Nothing here waits for a job except ``wait_for_end``, which is this step in a loop.
"""

from __future__ import annotations

import time

import attrs

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.stages.active import observe_run
from autolab_core.stages.artifacts import verify_local_artifacts
from autolab_core.stages.context import StageContext
from autolab_core.stages.launch import snapshot_of
from autolab_core.stages.observe import advance
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome

__all__ = ["LOCK_SECONDS", "current_run", "monitor", "refresh", "wait_for_end"]

_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 2.0
LOCK_SECONDS = 30.0


def current_run(context: StageContext, run_id: str | None = None) -> tuple[IterationPaths, RunPaths]:
    """The run that the state is about, or *run_id* of the same iteration. Raises UsageError when there is none."""
    state = context.repository.state()
    paths = context.repository.iteration(state.iteration_id)
    chosen = run_id or state.last_run_id
    if not chosen:
        raise UsageError(f"iteration {state.iteration_id} has no run yet; `autolab launch` starts one")
    return paths, paths.run(chosen)


def monitor(context: StageContext, run_id: str | None = None) -> StageResult:
    """One step for the current run; the outcome goes into the state when the state is at this stage."""
    repository = context.repository
    repository.require_schemas()
    _paths, run = current_run(context, run_id)
    with repository.stage_lock("monitor", wait=LOCK_SECONDS):
        if not repository.tree().exists(run.manifest):
            result = StageResult(
                Stage.SLURM_MONITOR,
                StageOutcome.NEEDS_RETRY,
                f"{run.manifest} does not exist",
                retry_stage=Stage.LAUNCH,
                advice="launch first: `autolab launch`",
                refused=True,
            )
        else:
            manifest, observation = refresh(context, run)
            result = _judge(manifest, observation)
        if repository.state().stage is Stage.SLURM_MONITOR:
            repository.update_state(lambda state: apply(state, result, context.now()))
    return result


def _judge(manifest: RunManifest, observation: JobObservation) -> StageResult:
    def answer(outcome: StageOutcome, summary: str) -> StageResult:
        return StageResult(Stage.SLURM_MONITOR, outcome, summary, run_id=manifest.run_id)

    if manifest.host_mode is HostMode.LOCAL:
        return answer(StageOutcome.ADVANCE, f"local run, nothing to monitor ({observation.state})")
    if manifest.status.ended or manifest.status is RunStatus.SYNCED:
        return answer(StageOutcome.ADVANCE, f"run {manifest.run_id} is {manifest.status}")
    return answer(StageOutcome.STAY, f"run {manifest.run_id} is {manifest.status}: {observation.reason}")


def refresh(context: StageContext, run: RunPaths) -> tuple[RunManifest, JobObservation]:
    """Look once, and write what is new. The caller holds the stage lock.

    Whoever sees the end of a run proves its files and replaces the verifier snapshot.
    """
    repository = context.repository
    before = repository.manifest(run)
    observation = observe_run(context, run, before)
    after = advance(before, observation, context.now())
    seen_end = observation.state in ENDED_JOB_STATES and after.host_mode is HostMode.LOCAL
    if seen_end and not before.status.ended:
        after = verify_local_artifacts(repository, run, after)
    if after != before:
        repository.save_manifest(run, after)
        if seen_end:
            report = context.verify(
                str(repository.root), stage=Stage.SLURM_MONITOR, iteration_id=after.iteration_id, run_id=after.run_id
            )
            after = attrs.evolve(after, verifier_snapshot=snapshot_of(report))
            repository.save_manifest(run, after)
    return after, observation


def wait_for_end(context: StageContext, run: RunPaths) -> RunManifest:
    """Look again and again, ever less often, until the run has ended; then fold the end in. Returns the manifest."""
    began = time.monotonic()
    pause = _FIRST_WAIT_SECONDS
    manifest = context.repository.manifest(run)
    while True:
        observation = observe_run(context, run, manifest)
        context.progress(observation, time.monotonic() - began)
        if observation.state in ENDED_JOB_STATES or observation.state in {JobState.ABSENT, JobState.UNKNOWN}:
            break
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_WAIT_SECONDS)
    with context.repository.stage_lock("monitor", wait=LOCK_SECONDS):
        return refresh(context, run)[0]
