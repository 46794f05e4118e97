"""What extraction does for one run, be it alone or a replicate of a group: read, judge, put on record, verify."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from autolab_core.io.atomic import remove
from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.manifest import Failure, RunManifest, VerifierSnapshot
from autolab_core.models.metrics import PrimaryResult, RunMetrics
from autolab_core.models.report import Report
from autolab_core.stages.context import StageContext
from autolab_core.stages.ledger import record
from autolab_core.stages.missing import missing_evidence
from autolab_core.stages.parser import run_parser
from autolab_core.stages.result import StageResult
from autolab_core.stages.watching.artifacts import SHARED_METHOD, record_checksums, verify_local_artifacts
from autolab_core.stages.watching.observe import completed_times, move
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import HostMode, MetricsStatus, RunStatus, Stage, StageOutcome, SyncStatus, Verdict
from autolab_core.vocab.times import format_utc

__all__ = ["STAGE", "answer", "final", "read_results", "verified", "with_checksums", "write_failed_metrics"]

STAGE: Final = Stage.EXTRACT_RESULTS


def answer(
    manifest: RunManifest | None,
    outcome: StageOutcome,
    summary: str,
    *,
    retry: Stage | None = None,
    advice: str = "",
    refused: bool = False,
) -> StageResult:
    """What the stage says of the run of *manifest*."""
    run_id = manifest.run_id if manifest else None
    return StageResult(STAGE, outcome, summary, retry, advice, run_id, refused)


def write_failed_metrics(
    context: StageContext, run: RunPaths, design: Design, manifest: RunManifest, missing: tuple[str, ...]
) -> None:
    """Let the run's metrics say that it failed, and what is *missing* for that."""
    metrics = RunMetrics(
        iteration_id=manifest.iteration_id,
        run_id=manifest.run_id,
        status=MetricsStatus.FAILED,
        primary_metric=PrimaryResult(design.metrics.primary.name, None),
        missing=missing,
    )
    context.repository.save_metrics(run, metrics)


def read_results(
    context: StageContext,
    paths: IterationPaths,
    run: RunPaths,
    design: Design,
    manifest: RunManifest,
    ended_at: str | None,
) -> RunManifest:
    """Run the parser, judge what it left, and put the run's final word on record.

    Raises UsageError when no command can be made of the parser, StoreError.
    """
    if manifest.status is RunStatus.PARTIAL or manifest.status is RunStatus.FAILED:
        remove(context.repository.absolute(run.metrics))  # written by an attempt that did not count
        if _is_here(manifest):
            remove(context.repository.absolute(run.checksums))
    problem = run_parser(context, paths, run, design, manifest.run_id, manifest.replicate)
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
            manifest, unlisted = with_checksums(context, run, manifest)
            missing = (*missing, *unlisted)
        status = RunStatus.PARTIAL if missing else RunStatus.COMPLETED
    manifest = _concluded(manifest, status, missing, ended_at, context.now())
    context.repository.save_manifest(run, manifest)
    return manifest


def with_checksums(context: StageContext, run: RunPaths, manifest: RunManifest) -> tuple[RunManifest, tuple[str, ...]]:
    """*manifest* with its files on a list, and why they are not. What is known to be wrong is not put on one."""
    sync = manifest.artifact_sync_to_local
    if sync is None or sync.status is not SyncStatus.OK:
        return manifest, ()
    try:
        return record_checksums(context.repository, run, manifest), ()
    except DocumentError as error:
        failed = attrs.evolve(sync, status=SyncStatus.FAILED, diagnosis=str(error))
        return attrs.evolve(manifest, artifact_sync_to_local=failed), (f"its files cannot be listed: {error}",)


def _is_local(manifest: RunManifest) -> bool:
    return manifest.watched_by is HostMode.LOCAL


def _is_here(manifest: RunManifest) -> bool:
    """True when the run's files are here: its list is then made again, with its results on it."""
    sync = manifest.artifact_sync_to_local
    shared = sync is not None and sync.method == SHARED_METHOD
    return _is_local(manifest) or shared or manifest.remote is not None


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
            stage=STAGE,
            advice="mend the parser or the design, then `autolab run` extracts again",
            outcome=StageOutcome.NEEDS_RETRY,
            missing=missing,
        )
    manifest = move(manifest, status, why, now)
    times = completed_times(manifest, ended_at or format_utc(now))
    return attrs.evolve(manifest, failure=failure, timestamps=times)


def verified(context: StageContext, run: RunPaths, manifest: RunManifest) -> Report:
    """Judge the run, once the ledger says what its manifest says, and put the answer there."""
    record(context.repository, [manifest], context.now())
    report = context.verify(
        str(context.repository.root), stage=STAGE, iteration_id=manifest.iteration_id, run_id=manifest.run_id
    )
    context.repository.save_manifest(run, attrs.evolve(manifest, verifier_snapshot=VerifierSnapshot.of(report)))
    return report


def final(context: StageContext, run: RunPaths, manifest: RunManifest) -> StageResult:
    """The outcome of a run whose status is final: it advances when it is completed and everything about it holds."""
    report = verified(context, run, manifest)
    if manifest.status is not RunStatus.COMPLETED:
        reason = manifest.failure.reason if manifest.failure else ""
        return answer(
            manifest,
            StageOutcome.NEEDS_RETRY,
            f"run {manifest.run_id} is {manifest.status}: {reason}",
            retry=STAGE,
            advice=(manifest.failure.advice if manifest.failure else None) or "",
        )
    if not report.passed:
        failing = [check.rule for check in report.checks if check.status in {Verdict.FAIL, Verdict.ERROR}]
        return answer(
            manifest,
            StageOutcome.NEEDS_RETRY,
            f"run {manifest.run_id} is complete but does not verify: {', '.join(failing)}",
            retry=STAGE,
            advice="`autolab-verify` shows the findings",
        )
    summary = f"run {manifest.run_id} is complete and verified ({report.message})"
    return answer(manifest, StageOutcome.ADVANCE, summary, advice=f"the results are in {run.metrics}")
