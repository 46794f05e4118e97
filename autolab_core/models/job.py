"""A job as the stages hand it to a scheduler, and as a scheduler answers."""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

import attrs

from autolab_core.models.resources import Duration
from autolab_core.vocab.jobs import JobState

__all__ = ["Answer", "CancelOutcome", "JobHandle", "JobObservation", "JobSpec", "JobUsage"]


@attrs.frozen
class JobSpec:
    """What to start. ``script`` and ``run_folder`` are relative to the repository; it runs exactly the script's bytes.

    ``grace`` is the time between INT, TERM and KILL when the job has to be stopped, where that is ours to do. With
    ``requeue`` a scheduler that takes a node away may start the job again, as another attempt. ``submitted_at``
    (RFC 3339) is when an earlier submission was begun whose outcome is not known. ``within`` are words that are put
    before the command which starts the script (``srun …``), where the script is started here at all.
    ``task_folders``: it is a job array, and each of its tasks is a run that has one of these folders.
    ``root`` is where its files lie on the machine that runs it, absolute; None is the repository itself. ``options``
    are words that the site wants to be submitted with.
    """

    run_folder: str
    script: str
    walltime: Duration | None = None
    grace: Duration = Duration(10)
    requeue: bool = False
    submitted_at: str | None = None
    within: tuple[str, ...] = ()
    task_folders: tuple[str, ...] = ()
    root: str | None = None
    options: tuple[str, ...] = ()


@attrs.frozen(cache_hash=True)
class JobHandle:
    """How a job is found again: by the token that it carries. ``job_id`` is a scheduler's id, never a number.

    ``submitted_at`` (RFC 3339) is when it was submitted, or was about to be: what has only just begun is not lost.
    ``own``: ``cluster`` is that of the machine which submitted it, and commands are said there without naming it.
    ``tasks`` are those of a job array that is to be cancelled as one. ``root`` as in ``JobSpec``.
    """

    token: str
    run_folder: str
    job_id: str | None = None
    pid: int | None = None
    host: str | None = None
    cluster: str | None = None
    submitted_at: str | None = None
    own: bool = False
    tasks: tuple[JobHandle, ...] = ()
    root: str | None = None


@attrs.frozen
class JobUsage:
    """What a job was given and what it took: seconds, and bytes. ``memory`` is per node; None is not known."""

    elapsed: int | None = None
    limit: int | None = None
    max_rss: int | None = None
    memory: int | None = None


@attrs.frozen
class Answer:
    """What one command said about one job, as it was said. ``exit_code`` None: it could not be run, or not in time."""

    argv: tuple[str, ...]
    exit_code: int | None
    stdout: str
    stderr: str
    at: str


@attrs.frozen
class JobObservation:
    """One conclusion about one job, from everything that was asked.

    Times are RFC 3339. ``exit_code`` is set only when the job itself reported it, or a source that keeps all eight
    bits. ``native_state`` is the scheduler's own word. ``stuck`` says why a job that waits will wait for ever, and what
    to do. ``notes`` are what a reader should know and no verdict follows from: sources that disagree, a step that ran
    out of memory, a command that failed. ``answers`` are what it was concluded from. ``attempt`` counts from 1.
    ``lingering``: it has ended, and processes that it started are still there. ``accounting_due``: it has ended, and
    the cluster's accounting will say more of that (steps, memory, who cancelled it) within seconds.
    """

    state: JobState
    exit_code: int | None = None
    reason: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    lingering: bool = False
    native_state: str | None = None
    signal: int | None = None
    stuck: str | None = None
    notes: tuple[str, ...] = ()
    usage: JobUsage | None = None
    attempt: int | None = None
    job_id: str | None = None
    accounting_due: bool = False
    # Two looks that conclude the same are equal, whatever was said word for word, and when.
    answers: tuple[Answer, ...] = attrs.field(default=(), eq=False)

    def later(self, seconds: int) -> JobObservation:
        """The same, *seconds* later: of a job that goes on, how long it has run is all that changes by itself."""
        usage = self.usage
        if not seconds or usage is None or usage.elapsed is None:
            return self
        # Not attrs.evolve, which takes twice as long: this is called for each job of each look.
        values: list[Any] = [*_VALUES(self)]
        values[_USAGE] = JobUsage(usage.elapsed + seconds, usage.limit, usage.max_rss, usage.memory)
        return JobObservation(*values)


_FIELDS: Final = tuple(field.name for field in attrs.fields(JobObservation))
_VALUES: Final = attrgetter(*_FIELDS)
_USAGE: Final = _FIELDS.index("usage")


class CancelOutcome(StrEnum):
    """What a cancellation did."""

    CANCELLED = "cancelled"
    KILLED = "killed"
    ALREADY_ENDED = "already ended"
    NOT_FOUND = "not found"
    STILL_RUNNING = "still running"
