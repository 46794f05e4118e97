"""``cancel``: stop the current run, and record that it was stopped."""

from __future__ import annotations

from autolab_core.models.job import CancelOutcome
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.tasks import array_handle
from autolab_core.stages.launching.active import handle_of, job_of, unsubmitted
from autolab_core.stages.monitor import LOCK_SECONDS, current_run, refresh
from autolab_core.vocab.errors import UsageError

__all__ = ["cancel"]


def cancel(context: StageContext, run_id: str | None = None, *, reason: str) -> tuple[str, CancelOutcome]:
    """Stop the run, wait for its end, fold that into the manifest. Returns the run's id and what happened.

    A run whose launch was cut short is looked for by its token; its manifest is left to the next launch. Raises
    QueryFailed when the run's scheduler cannot be asked: nothing is then known of the job.
    """
    _paths, run = current_run(context, run_id or _begun(context))
    manifest = context.repository.manifest(run)
    if manifest.watched_by is None or (manifest.on_slurm and manifest.submission is None):
        raise UsageError(f"run {manifest.run_id} was launched by another tool: no token would find its job")
    scheduler, handle = context.scheduler_of(manifest), handle_of(run, manifest)
    if manifest.watched_by_slurm and unsubmitted(manifest):
        found = scheduler.find(job_of(run, manifest), handle.token)
        if found is None:
            return manifest.run_id, CancelOutcome.NOT_FOUND
        return manifest.run_id, scheduler.cancel(array_handle(run, manifest, found), reason=reason)
    outcome = scheduler.cancel(array_handle(run, manifest, handle), reason=reason)
    with context.repository.stage_lock("cancel", wait=LOCK_SECONDS):
        refresh(context, run)
    return manifest.run_id, outcome


def _begun(context: StageContext) -> str | None:
    """The run of a launch that was cut short, once its intent is on disk: its job may be there."""
    repository = context.repository
    state = repository.state()
    if not state.pending_run_id:
        return None
    run = repository.iteration(state.iteration_id).run(state.pending_run_id)
    return state.pending_run_id if repository.tree().exists(run.manifest) else None
