"""What a scheduler says about a job. Not what we conclude about a run: see ``states.RunStatus``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["ENDED_JOB_STATES", "OPEN_JOB_STATES", "JobState"]


class JobState(StrEnum):
    """Slurm's words, used for every scheduler, and two of ours.

    ``unknown`` is an answer that we do not understand or may not trust; ``absent`` means that the job is not listed.
    Neither is ever "done".
    """

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMEOUT = "TIMEOUT"
    UNKNOWN = "unknown"
    ABSENT = "absent"


ENDED_JOB_STATES: Final = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.TIMEOUT})
# It waits or runs, as a scheduler has said.
OPEN_JOB_STATES: Final = frozenset({JobState.PENDING, JobState.RUNNING})
