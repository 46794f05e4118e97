"""``extract``: from a run that has ended to numbers that were judged. The only stage that says ``completed``."""

from __future__ import annotations

import attrs

from autolab_core.io.atomic import sweep
from autolab_core.io.layout import STATE, IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.extract import extract_group
from autolab_core.stages.monitor import current_run, refresh
from autolab_core.stages.result import StageResult, apply, as_recorded
from autolab_core.stages.results import STAGE, answer, final, read_results, verified, write_failed_metrics
from autolab_core.vocab.errors import LockHeld, UsageError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome

__all__ = ["extract"]


def extract(context: StageContext, run_id: str | None = None) -> StageResult:
    """Read the results of the current run (or of *run_id*), judge them, and record what the run turned out to be.

    The outcome goes into the state when the state is at this stage and about this run.
    Raises UsageError, DocumentError, StoreError; nothing is then concluded.
    """
    repository = context.repository
    repository.require_schemas()
    state = repository.state()
    reason = closed_reason(mapped_experiment(state, repository.backlog()))
    if reason is not None:
        result = answer(None, StageOutcome.STOP, reason, advice="a person re-opens it: `autolab reopen`", refused=True)
    else:
        paths, run = current_run(context, run_id)
        try:
            with repository.stage_lock("extract"):
                result = _extract_locked(context, paths, run)
        except LockHeld as held:
            summary = f"another command is at work: {held.holder}"
            result = answer(None, StageOutcome.STAY, summary, advice="wait for it", refused=True)
    if repository.state().stage is STAGE and result.run_id in {None, state.last_run_id}:
        sync = _sync_word(context, result)
        recorded = repository.update_state(
            lambda current: attrs.evolve(apply(current, result, context.now()), sync_status=sync or current.sync_status)
        )
        result = as_recorded(result, recorded)
    return result


def _sync_word(context: StageContext, result: StageResult) -> str | None:
    """What the state repeats of the manifest's sync status."""
    if result.run_id is None:
        return None
    sync = context.repository.manifest(current_run(context, result.run_id)[1]).artifact_sync_to_local
    return sync.status.value if sync else None


def _extract_locked(context: StageContext, paths: IterationPaths, run: RunPaths) -> StageResult:
    repository = context.repository
    if not repository.tree().exists(run.manifest):
        raise UsageError(f"{run.manifest} does not exist; is last_run_id in {STATE} right? `autolab ls` lists the runs")
    sweep(repository.absolute(run.folder))  # what a killed extraction was writing
    manifest = repository.manifest(run)
    if manifest.watched_by is HostMode.SLURM and not (manifest.status.ended or manifest.status is RunStatus.SYNCED):
        summary = f"run {manifest.run_id} is {manifest.status}: not synced and not terminal"
        return answer(manifest, StageOutcome.STAY, summary, advice="`autolab monitor` first", refused=True)
    manifest, observation = refresh(context, run)
    if manifest.replicates:
        return extract_group(context, paths, run, manifest)
    design = repository.design(paths)
    if manifest.status is RunStatus.COMPLETED:
        return final(context, run, manifest)
    if observation.lingering:
        return answer(
            manifest,
            StageOutcome.STAY,
            f"run {manifest.run_id} has ended, but it may still be writing: {observation.reason}",
            advice="wait for them, or `autolab cancel` ends them; then `autolab run`",
            refused=True,
        )
    if not _ended_well(manifest, observation):
        return _not_well(context, run, design, manifest, observation)
    return final(context, run, read_results(context, paths, run, design, manifest, observation.ended_at))


def _ended_well(manifest: RunManifest, observation: JobObservation) -> bool:
    """The one way to results: the run's own exit marker says 0, or a scheduler's run was proven and synced.

    A run that was stopped is no success, also when its command took the signal for a reason to end with 0.
    """
    well = observation.state is JobState.COMPLETED and observation.exit_code == 0
    return well or manifest.status is RunStatus.SYNCED


def _not_well(
    context: StageContext, run: RunPaths, design: Design, manifest: RunManifest, observation: JobObservation
) -> StageResult:
    if observation.state not in ENDED_JOB_STATES and not manifest.status.ended:
        said = observation.reason or "it has not ended"
        return answer(
            manifest,
            StageOutcome.STAY,
            f"run {manifest.run_id} is {manifest.status}: {said}",
            advice="`autolab run` again later, or `autolab logs -f RUN`; `autolab cancel` stops it",
            refused=True,
        )
    reason = manifest.failure.reason if manifest.failure else observation.reason
    write_failed_metrics(context, run, design, manifest, (reason,))
    verified(context, run, manifest)
    advice = (manifest.failure.advice if manifest.failure else None) or "read the run's logs"
    summary = f"run {manifest.run_id} failed: {reason}"
    if manifest.failure is not None and manifest.failure.outcome is StageOutcome.HUMAN_REVIEW:
        # A job that vanished may still run: that is not for a launch to find out.
        return answer(manifest, StageOutcome.HUMAN_REVIEW, summary, advice=advice)
    return answer(manifest, StageOutcome.NEEDS_RETRY, summary, retry=Stage.LAUNCH, advice=advice)
