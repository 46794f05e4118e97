"""Whether the accounting has heard of an end that slurmctld knows of. Pure.

slurmctld knows of an end at once; slurmdbd hears of starts every 5 s, and until then its rows of a short job have no
name (measured with 22.05.8). But only the accounting knows the job's steps, what memory they had and who cancelled it,
so an end is worth a few seconds of waiting. How many is bounded: an accounting that is down must keep no run open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from autolab_core.schedulers.slurm.evidence import Silence, SlurmEvidence
from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.vocab.jobs import ENDED_JOB_STATES

__all__ = ["CATCH_UP_SECONDS", "accounting_due", "behind", "with_canceller"]

CATCH_UP_SECONDS: Final = 30
# A clock that is further behind the cluster's than this must not make the wait longer.
_CLOCKS_SECONDS: Final = 5


def accounting_due(evidence: SlurmEvidence, queue: JobRow | None, attempts: Sequence[JobRow]) -> bool:
    """True while the accounting is behind *queue*, slurmctld's row of a job that ended a moment ago."""
    if not behind(evidence, queue, attempts) or queue is None or queue.ended is None:
        return False
    if evidence.cancel is not None and queue.state.base == "CANCELLED":
        return False  # who cancelled it is known: we did, and whoever asked for it waits for the answer
    return -_CLOCKS_SECONDS <= (evidence.asked_at - queue.ended).total_seconds() < CATCH_UP_SECONDS


def behind(evidence: SlurmEvidence, queue: JobRow | None, attempts: Sequence[JobRow]) -> bool:
    """True when slurmctld's row *queue* has ended, and the accounting, where there is one, has no whole row of that.

    *attempts* are the accounting's rows of the job in their order; the last is whole when it has ended, and each of its
    steps has too. A job that is COMPLETED has one step at least: its script.
    """
    if queue is None or queue.state.means not in ENDED_JOB_STATES:
        return False
    if evidence.config.accounting is False or evidence.accounting.silence in {Silence.UNAVAILABLE, Silence.NOT_ASKED}:
        return False
    if len(attempts) < 1 + (queue.restarts or 0) or attempts[-1].state.means not in ENDED_JOB_STATES:
        return True
    last = attempts[-1]
    if last.state.base == "COMPLETED" and not last.steps:
        return True
    return any(step.state.means not in ENDED_JOB_STATES for step in last.steps)


def with_canceller(queue: JobRow | None, attempts: Sequence[JobRow]) -> JobRow | None:
    """*queue* with the user who cancelled the job: the accounting alone knows (``CANCELLED by 1000``)."""
    if queue is None or queue.state.base != "CANCELLED" or queue.state.by or not attempts:
        return queue
    told = attempts[-1].state
    return attrs.evolve(queue, state=queue.state._replace(by=told.by)) if told.base == "CANCELLED" else queue
