"""``cancel``: stop the current run, and record that it was stopped."""

from __future__ import annotations

from autolab_core.models.job import CancelOutcome
from autolab_core.stages.active import handle_of
from autolab_core.stages.context import StageContext
from autolab_core.stages.monitor import LOCK_SECONDS, current_run, refresh
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import HostMode

__all__ = ["cancel"]


def cancel(context: StageContext, run_id: str | None = None, *, reason: str) -> tuple[str, CancelOutcome]:
    """Stop the run, wait for its end, fold that into the manifest. Returns the run's id and what happened."""
    _paths, run = current_run(context, run_id)
    manifest = context.repository.manifest(run)
    if manifest.host_mode is not HostMode.LOCAL:
        raise UsageError(f"run {manifest.run_id} is a {manifest.host_mode} run; this version cancels local runs")
    outcome = context.scheduler.cancel(handle_of(run, manifest), reason=reason)
    with context.repository.stage_lock("cancel", wait=LOCK_SECONDS):
        refresh(context, run)
    return manifest.run_id, outcome
