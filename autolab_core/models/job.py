"""A job as the stages hand it to a scheduler, and as a scheduler answers."""

from __future__ import annotations

from enum import StrEnum

import attrs

from autolab_core.models.resources import Duration
from autolab_core.vocab.jobs import JobState

__all__ = ["CancelOutcome", "JobHandle", "JobObservation", "JobSpec"]


@attrs.frozen
class JobSpec:
    """What to start. ``script`` and ``run_folder`` are relative to the repository; it runs exactly the script's bytes.

    ``grace`` is the time between INT, TERM and KILL when the job has to be stopped.
    """

    run_folder: str
    script: str
    walltime: Duration | None = None
    grace: Duration = Duration(10)


@attrs.frozen
class JobHandle:
    """How a job is found again: by the token that it carries. ``job_id`` is a scheduler's id, never a number."""

    token: str
    run_folder: str
    job_id: str | None = None
    pid: int | None = None
    host: str | None = None


@attrs.frozen
class JobObservation:
    """One answer about one job. Times are RFC 3339; ``exit_code`` is set only when the job itself reported it.

    ``lingering``: it has ended, and processes that it started are still there.
    """

    state: JobState
    exit_code: int | None = None
    reason: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    lingering: bool = False


class CancelOutcome(StrEnum):
    """What a cancellation did."""

    CANCELLED = "cancelled"
    KILLED = "killed"
    ALREADY_ENDED = "already ended"
    NOT_FOUND = "not found"
    STILL_RUNNING = "still running"
