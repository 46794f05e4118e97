"""``extract``: from a run that has ended to numbers that were judged. The only stage that says ``completed``."""

from __future__ import annotations

from datetime import datetime

import attrs

from autolab_core.io.atomic import store_error, sweep
from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import Failure, RunManifest, VerifierSnapshot
from autolab_core.models.metrics import PrimaryResult, RunMetrics
from autolab_core.models.report import Report
from autolab_core.stages.artifacts import SHARED_METHOD, record_checksums, verify_local_artifacts
from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.ledger import record
from autolab_core.stages.missing import missing_evidence
from autolab_core.stages.monitor import current_run, refresh
from autolab_core.stages.observe import completed_times, move
from autolab_core.stages.parser import run_parser
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.errors import DocumentError, LockHeld, UsageError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, MetricsStatus, RunStatus, Stage, StageOutcome, SyncStatus, Verdict
from autolab_core.vocab.times import format_utc

__all__ = ["extract"]

_STAGE = Stage.EXTRACT_RESULTS


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
        result = _answer(None, StageOutcome.STOP, reason, advice="a person re-opens it: `autolab reopen`", refused=True)
    else:
        paths, run = current_run(context, run_id)
        try:
            with repository.stage_lock("extract"):
                result = _extract_locked(context, paths, run)
        except LockHeld as held:
            summary = f"another command is at work: {held.holder}"
            result = _answer(None, StageOutcome.STAY, summary, advice="wait for it", refused=True)
    if repository.state().stage is _STAGE and result.run_id in {None, state.last_run_id}:
        sync = _sync_word(context, result)
        repository.update_state(
            lambda current: attrs.evolve(apply(current, result, context.now()), sync_status=sync or current.sync_status)
        )
    return result


def _sync_word(context: StageContext, result: StageResult) -> str | None:
    """What the state repeats of the manifest's sync status."""
    if result.run_id is None:
        return None
    sync = context.repository.manifest(current_run(context, result.run_id)[1]).artifact_sync_to_local
    return sync.status.value if sync else None


def _answer(
    manifest: RunManifest | None,
    outcome: StageOutcome,
    summary: str,
    *,
    retry: Stage | None = None,
    advice: str = "",
    refused: bool = False,
) -> StageResult:
    run_id = manifest.run_id if manifest else None
    return StageResult(_STAGE, outcome, summary, retry, advice, run_id, refused)


def _extract_locked(context: StageContext, paths: IterationPaths, run: RunPaths) -> StageResult:
    repository = context.repository
    if not repository.tree().exists(run.manifest):
        raise UsageError(f"{run.manifest} does not exist; `autolab launch` makes a run")
    sweep(repository.absolute(run.folder))  # what a killed extraction was writing
    manifest = repository.manifest(run)
    if manifest.host_mode is HostMode.SLURM and not (manifest.status.ended or manifest.status is RunStatus.SYNCED):
        summary = f"run {manifest.run_id} is {manifest.status}: not synced and not terminal"
        return _answer(manifest, StageOutcome.STAY, summary, advice="`autolab monitor` first", refused=True)
    manifest, observation = refresh(context, run)
    design = repository.design(paths)
    if manifest.status is RunStatus.COMPLETED:
        return _final(context, paths, run, manifest)
    if observation.lingering:
        return _answer(
            manifest,
            StageOutcome.STAY,
            f"run {manifest.run_id} has ended, but it may still be writing: {observation.reason}",
            advice="wait for them, or `autolab cancel` ends them; then `autolab run`",
            refused=True,
        )
    if not _ended_well(manifest, observation):
        return _not_well(context, paths, run, design, manifest, observation)
    return _read_results(context, paths, run, design, manifest, observation)


def _ended_well(manifest: RunManifest, observation: JobObservation) -> bool:
    """The one way to results: the run's own exit marker says 0, or a scheduler's run was proven and synced.

    A run that was stopped is no success, also when its command took the signal for a reason to end with 0.
    """
    well = observation.state is JobState.COMPLETED and observation.exit_code == 0
    return well or manifest.status is RunStatus.SYNCED


def _not_well(
    context: StageContext,
    paths: IterationPaths,
    run: RunPaths,
    design: Design,
    manifest: RunManifest,
    observation: JobObservation,
) -> StageResult:
    if observation.state not in ENDED_JOB_STATES and not manifest.status.ended:
        said = observation.reason or "it has not ended"
        return _answer(
            manifest,
            StageOutcome.STAY,
            f"run {manifest.run_id} is {manifest.status}: {said}",
            advice="`autolab run` again later, or `autolab logs -f RUN`; `autolab cancel` stops it",
            refused=True,
        )
    reason = manifest.failure.reason if manifest.failure else observation.reason
    _write_failed_metrics(context, run, design, manifest, (reason,))
    _verified(context, run, manifest)
    advice = (manifest.failure.advice if manifest.failure else None) or "read the run's logs"
    summary = f"run {manifest.run_id} failed: {reason}"
    if manifest.failure is not None and manifest.failure.outcome is StageOutcome.HUMAN_REVIEW:
        # A job that vanished may still run: that is not for a launch to find out.
        return _answer(manifest, StageOutcome.HUMAN_REVIEW, summary, advice=advice)
    return _answer(manifest, StageOutcome.NEEDS_RETRY, summary, retry=Stage.LAUNCH, advice=advice)


def _write_failed_metrics(
    context: StageContext, run: RunPaths, design: Design, manifest: RunManifest, missing: tuple[str, ...]
) -> None:
    metrics = RunMetrics(
        iteration_id=manifest.iteration_id,
        run_id=manifest.run_id,
        status=MetricsStatus.FAILED,
        primary_metric=PrimaryResult(design.metrics.primary.name, None),
        missing=missing,
    )
    context.repository.save_metrics(run, metrics)


def _read_results(
    context: StageContext,
    paths: IterationPaths,
    run: RunPaths,
    design: Design,
    manifest: RunManifest,
    observation: JobObservation,
) -> StageResult:
    """Run the parser, then judge what it left."""
    if manifest.status is RunStatus.PARTIAL or manifest.status is RunStatus.FAILED:
        _discard(context, run.metrics)  # written by an attempt that did not count
        if _is_here(manifest):
            _discard(context, run.checksums)
    problem = run_parser(context, paths, run, design, manifest.run_id)
    missing: tuple[str, ...] = (problem,) if problem else ()
    metrics = None
    if problem is None:
        try:
            metrics = context.repository.metrics(run)
            missing = missing_evidence(metrics, design, manifest.run_id)
        except DocumentError as error:
            missing = (str(error),)
    manifest = verify_local_artifacts(context.repository, run, manifest) if _is_local(manifest) else manifest
    if metrics is None or metrics.status is MetricsStatus.FAILED:
        status = RunStatus.FAILED
    else:
        if _is_here(manifest):
            manifest, unlisted = _with_checksums(context, run, manifest)
            missing = (*missing, *unlisted)
        status = RunStatus.PARTIAL if missing else RunStatus.COMPLETED
    manifest = _concluded(manifest, status, missing, observation.ended_at, context.now())
    context.repository.save_manifest(run, manifest)
    return _final(context, paths, run, manifest)


def _with_checksums(context: StageContext, run: RunPaths, manifest: RunManifest) -> tuple[RunManifest, tuple[str, ...]]:
    """*manifest* with its files on a list, and why they are not. What is known to be wrong is not put on one."""
    sync = manifest.artifact_sync_to_local
    if sync is None or sync.status is not SyncStatus.OK:
        return manifest, ()
    try:
        return record_checksums(context.repository, run, manifest), ()
    except DocumentError as error:
        failed = attrs.evolve(sync, status=SyncStatus.FAILED, diagnosis=str(error))
        return attrs.evolve(manifest, artifact_sync_to_local=failed), (f"its files cannot be listed: {error}",)


def _discard(context: StageContext, path: str) -> None:
    absolute = context.repository.absolute(path)
    try:
        absolute.unlink(missing_ok=True)
    except OSError as error:
        raise store_error(absolute, "cannot be removed", error) from error


def _is_local(manifest: RunManifest) -> bool:
    return manifest.host_mode is HostMode.LOCAL


def _is_here(manifest: RunManifest) -> bool:
    """True when the run wrote where we read: its list is then made again, with its results on it."""
    sync = manifest.artifact_sync_to_local
    return _is_local(manifest) or (sync is not None and sync.method == SHARED_METHOD)


def _concluded(
    manifest: RunManifest, status: RunStatus, missing: tuple[str, ...], ended_at: str | None, now: datetime
) -> RunManifest:
    """*manifest* with the run's final word, and why where it is not ``completed``."""
    if status is RunStatus.COMPLETED:
        failure, why = None, "its metrics were read and judged"
    else:
        why = "; ".join(missing)
        failure = Failure(
            reason=why,
            stage=_STAGE,
            advice="mend the parser or the design, then `autolab run` extracts again",
            outcome=StageOutcome.NEEDS_RETRY,
            missing=missing,
        )
    manifest = move(manifest, status, why, now)
    times = completed_times(manifest, ended_at or format_utc(now))
    return attrs.evolve(manifest, failure=failure, timestamps=times)


def _verified(context: StageContext, run: RunPaths, manifest: RunManifest) -> Report:
    """Judge the run, once the ledger says what its manifest says, and put the answer there."""
    record(context.repository, [manifest], context.now())
    report = context.verify(
        str(context.repository.root), stage=_STAGE, iteration_id=manifest.iteration_id, run_id=manifest.run_id
    )
    context.repository.save_manifest(run, attrs.evolve(manifest, verifier_snapshot=VerifierSnapshot.of(report)))
    return report


def _final(context: StageContext, paths: IterationPaths, run: RunPaths, manifest: RunManifest) -> StageResult:
    """The outcome of a run whose status is final: it advances when it is completed and everything about it holds."""
    report = _verified(context, run, manifest)
    if manifest.status is not RunStatus.COMPLETED:
        reason = manifest.failure.reason if manifest.failure else ""
        return _answer(
            manifest,
            StageOutcome.NEEDS_RETRY,
            f"run {manifest.run_id} is {manifest.status}: {reason}",
            retry=_STAGE,
            advice=(manifest.failure.advice if manifest.failure else None) or "",
        )
    if not report.passed:
        failing = [check.rule for check in report.checks if check.status in {Verdict.FAIL, Verdict.ERROR}]
        return _answer(
            manifest,
            StageOutcome.NEEDS_RETRY,
            f"run {manifest.run_id} is complete but does not verify: {', '.join(failing)}",
            retry=_STAGE,
            advice="`autolab-verify` shows the findings",
        )
    summary = f"run {manifest.run_id} is complete and verified ({report.message})"
    return _answer(manifest, StageOutcome.ADVANCE, summary, advice=f"the results are in {run.metrics}")
