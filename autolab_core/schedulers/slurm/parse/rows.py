"""What a command said about a job, typed. What was not given, or Slurm does not know yet, is None or empty."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.job_ids import JobId
from autolab_core.schedulers.slurm.states import SlurmState
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

__all__ = ["ExitStatus", "JobRow", "StepRow", "exit_of", "happened"]

_GOING_ON: Final = frozenset({"PENDING", "RUNNING", "SUSPENDED"})


@attrs.frozen
class ExitStatus:
    """How a script or a step ended: its exit code (0 to 255) and the number of the signal that ended it, or 0.

    125 is no signal of the system: Slurm writes it for a step that ran out of memory.
    """

    code: int
    signal: int = 0

    @property
    def clean(self) -> bool:
        """True for ``0:0``."""
        return self.code == 0 and self.signal == 0

    def __str__(self) -> str:
        return f"{self.code}:{self.signal}"


@attrs.frozen
class StepRow:
    """One step of a job: the batch script, or something that it started with ``srun``. ``max_rss`` is in bytes."""

    id: JobId
    state: SlurmState
    name: str = ""
    exit: ExitStatus | None = None
    started: datetime | None = None
    ended: datetime | None = None
    elapsed: Duration | None = None
    max_rss: int | None = None
    nodes: str = ""


@attrs.frozen
class JobRow:
    """One answer about one job, or about the tasks of an array that one row stands for.

    ``id`` is the id as it is shown (``36_1``), ``raw_id`` the one that Slurm keeps the task under (``45``). Times are
    UTC. ``started`` and ``ended`` are what has happened, never an estimate. ``requested_memory`` is Slurm's own text:
    what it counts differs between versions. ``restarts`` is how often it was put back into the queue.
    """

    id: JobId
    state: SlurmState
    raw_id: str = ""
    name: str = ""
    reason: str = ""
    exit: ExitStatus | None = None
    derived_exit: ExitStatus | None = None
    submitted: datetime | None = None
    eligible: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    elapsed: Duration | None = None
    limit: Duration | None = None
    requested_memory: str = ""
    nodes: str = ""
    partition: str = ""
    user: str = ""
    restarts: int | None = None
    steps: tuple[StepRow, ...] = ()

    @property
    def max_rss(self) -> int | None:
        """The most memory that a task of any of its steps had, in bytes."""
        return max((step.max_rss for step in self.steps if step.max_rss is not None), default=None)

    @property
    def failed_steps(self) -> tuple[StepRow, ...]:
        """The steps that ended badly, also those of a job that is COMPLETED."""
        return tuple(each for each in self.steps if each.state.means in ENDED_JOB_STATES - {JobState.COMPLETED})


def happened(row: JobRow) -> JobRow:
    """*row* of a command that shows expectations too, without them: a waiting job has no start yet, others no end."""
    started = None if row.state.means is JobState.PENDING else row.started
    ended = row.ended if row.state.means in ENDED_JOB_STATES else None
    return attrs.evolve(row, started=started, ended=ended)


def exit_of(state: SlurmState, status: ExitStatus | None) -> ExitStatus | None:
    """*status*, unless *state* says that nothing has ended: Slurm then writes ``0:0``, which means nothing."""
    return None if state.base in _GOING_ON else status
