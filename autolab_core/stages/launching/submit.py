"""The effect of a launch: intent on disk, one submission, its record. And what was begun, taken up again.

Whether there is a job is decided by the scheduler alone: where its answer is not known, the run stays ``pending``,
and nothing is submitted again before ``find`` is certain.
"""

from __future__ import annotations

import attrs

from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.layout import AUTOLAB, RunPaths
from autolab_core.models.job import JobHandle
from autolab_core.models.manifest import Failure, RunManifest, VerifierSnapshot
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.record import identify_replicates, write_replicates
from autolab_core.stages.launching.active import handle_of, holder_of, job_of, unsubmitted
from autolab_core.stages.launching.guarding import Unguardable
from autolab_core.stages.launching.plan import LaunchPlan
from autolab_core.stages.ledger import record
from autolab_core.stages.result import StageResult
from autolab_core.stages.watching.observe import move
from autolab_core.transfer.base import TransferError
from autolab_core.vocab.errors import (
    DocumentError,
    QueryFailed,
    RunnerError,
    StoreError,
    SubmitRejected,
    SubmitUnknown,
)
from autolab_core.vocab.states import RunStatus, Stage, StageOutcome

__all__ = ["carry_out", "refuse", "take_up"]

_LOOK_AGAIN = (
    "nothing is submitted before that is known: `autolab launch` again, which looks for the job by its name first"
)
_GOES_ON = "`autolab launch` goes on where this ended"


def refuse(
    outcome: StageOutcome, summary: str, *, retry: Stage | None = None, advice: str = "", run_id: str | None = None
) -> StageResult:
    """A launch that did not take place."""
    return StageResult(Stage.LAUNCH, outcome, summary, retry, advice, run_id, refused=True)


def carry_out(context: StageContext, plan: LaunchPlan) -> StageResult:
    """Intent, then effect, then its record. Raises StoreError; the next launch then takes it up."""
    repository, manifest = context.repository, plan.manifest
    repository.update_state(lambda state: attrs.evolve(state, pending_run_id=manifest.run_id))
    for folder in (plan.run.logs, *plan.folders):
        make_dirs(repository.absolute(folder))
    for path, content in plan.files.items():
        make_dirs(repository.absolute(path).parent)
        write_bytes(repository.absolute(path), content, mode=0o644 if path.startswith(AUTOLAB) else 0o755)
    write_replicates(repository, plan.run, plan.replicates)
    repository.save_manifest(plan.run, manifest)
    if plan.there is not None:
        from autolab_core.stages.remote.sending import sync_to_remote  # few launches leave this machine

        try:
            manifest, plan = sync_to_remote(context, plan, plan.there)
        except (TransferError, RunnerError) as error:
            summary = f"run {manifest.run_id} was not submitted, its files are not there: {error}"
            return refuse(StageOutcome.STAY, summary, advice=_GOES_ON, run_id=manifest.run_id)
        except Unguardable as error:
            summary = f"run {manifest.run_id} was not submitted: {error}"
            return refuse(StageOutcome.STAY, summary, advice=error.advice, run_id=manifest.run_id)
    handle = _submit(context, plan)
    if isinstance(handle, StageResult):
        return handle
    manifest = _submitted(context, plan.run, manifest, handle, "started as {}")
    started = f" as {holder_of(manifest)}" if manifest.on_slurm else ""
    return _launched(context, plan.run, manifest, f"run {manifest.run_id} was started{started}{plan.note}")


def _submit(context: StageContext, plan: LaunchPlan) -> JobHandle | StageResult:
    """Submit once. An answer that leaves open whether there is a job is settled by looking for the token."""
    manifest = plan.manifest
    scheduler = context.scheduler_of(manifest)
    try:
        return scheduler.submit(plan.job, plan.token)
    except SubmitRejected as error:
        return _rejected(context, plan, str(error))
    except SubmitUnknown as error:
        try:
            found = scheduler.find(plan.job, plan.token)
        except QueryFailed as failed:
            return _undecided(manifest, f"{error}; {failed}" if str(error) != str(failed) else str(error))
        if found is not None:
            return found
        if not manifest.watched_by_slurm:
            raise
        summary = f"run {manifest.run_id} was not submitted: {error}; there is no job of its name"
        return refuse(StageOutcome.STAY, summary, advice="`autolab launch` submits it again", run_id=manifest.run_id)


def _rejected(context: StageContext, plan: LaunchPlan, reason: str) -> StageResult:
    manifest = plan.manifest
    failure = Failure(reason, stage=Stage.LAUNCH, outcome=StageOutcome.NEEDS_RETRY)
    for each in (*plan.replicates, manifest):
        rejected = move(each, RunStatus.FAILED, reason, context.now())
        times = attrs.evolve(rejected.timestamps, completed_at=rejected.history[-1].at)
        rejected = attrs.evolve(rejected, failure=failure, timestamps=times)
        context.repository.save_manifest(plan.run.sibling(each.run_id), rejected)
    return refuse(StageOutcome.NEEDS_RETRY, reason, retry=Stage.LAUNCH, run_id=manifest.run_id)


def _undecided(manifest: RunManifest, why: str) -> StageResult:
    summary = f"it is not known whether run {manifest.run_id} has a job: {why}"
    return refuse(StageOutcome.STAY, summary, advice=_LOOK_AGAIN, run_id=manifest.run_id)


def take_up(context: StageContext, run: RunPaths) -> StageResult | None:
    """Go on with a launch whose manifest is on disk. None when it is certain that nothing of it was started.

    The host mode is that of the manifest: a launch that began on Slurm is looked for there.
    """
    manifest = context.repository.manifest(run)
    if unsubmitted(manifest):
        scheduler = context.scheduler_of(manifest)
        try:
            found = scheduler.find(job_of(run, manifest), handle_of(run, manifest).token)
        except QueryFailed as error:
            return _undecided(manifest, str(error))
        if found is None:
            return None
        manifest = _submitted(context, run, manifest, found, "found again after an interrupted launch, {}")
    return _launched(context, run, manifest, "an interrupted launch was taken up again")


def _submitted(context: StageContext, run: RunPaths, manifest: RunManifest, handle: JobHandle, why: str) -> RunManifest:
    """*manifest* with the handle, on disk. ``{}`` in *why* stands for whom the run has become."""
    submission = manifest.submission
    if submission is not None:
        submission = attrs.evolve(
            submission, pid=handle.pid, host=handle.host, own_cluster=handle.own or submission.own_cluster
        )
    cluster = handle.cluster or manifest.cluster
    job_id = handle.job_id or manifest.allocation
    manifest = attrs.evolve(manifest, submission=submission, job_id=job_id, cluster=cluster)
    manifest = move(manifest, RunStatus.SUBMITTED, why.format(holder_of(manifest)), context.now())
    context.repository.save_manifest(run, manifest)
    return manifest


def _launched(context: StageContext, run: RunPaths, manifest: RunManifest, summary: str) -> StageResult:
    """What follows the record of the handle: the ledger, then the verification. Each may be done again.

    There is a job by then, so a ledger that cannot be written is said and no more: whoever looks at the run next
    appends the row.
    """
    replicates = identify_replicates(context.repository, run, manifest, context.now())
    try:
        record(context.repository, [manifest, *replicates], context.now())
    except (DocumentError, StoreError) as error:
        summary = f"{summary}; the ledger has no row of it: {error}"
    if not manifest.status.ended:
        report = context.verify(
            str(context.repository.root), stage=Stage.LAUNCH, iteration_id=manifest.iteration_id, run_id=manifest.run_id
        )
        manifest = attrs.evolve(manifest, verifier_snapshot=VerifierSnapshot.of(report))
        context.repository.save_manifest(run, manifest)
    return StageResult(
        Stage.LAUNCH, StageOutcome.ADVANCE, summary, advice="`autolab run` goes on", run_id=manifest.run_id
    )
