"""What is worth knowing of a job beside the verdict: how its steps ended, where two sources disagree. Pure."""

from __future__ import annotations

from typing import Final

from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

__all__ = ["remarks"]

_STEPS: Final = 10


def remarks(queue: JobRow | None, account: JobRow | None) -> list[str]:
    """Remarks on what slurmctld (*queue*) and the accounting say of one job; a step that failed counts for little."""
    notes = []
    if account is not None:
        for step in account.failed_steps[:_STEPS]:
            batch = step.id.step in {"batch", "extern"}
            memory = step.state.base == "OUT_OF_MEMORY"
            if memory or (not batch and account.state.means is JobState.COMPLETED):
                how = "ran out of memory" if memory else f"ended as {step.state.native} ({step.exit})"
                notes.append(f"its step {step.id} ({step.name}) {how}")
    if queue is not None and account is not None:
        ended = {row.state.base for row in (queue, account) if row.state.means in ENDED_JOB_STATES}
        if len(ended) == 2:
            notes.append(f"squeue says {queue.state.native}, sacct says {account.state.native}")
    return notes
