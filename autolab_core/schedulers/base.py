"""The promise of every scheduler adapter. One behavioural suite (``tests/contract``) is passed by all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation, JobSpec

__all__ = ["Scheduler"]


class Scheduler(Protocol):
    """Submits a job at most once for a token, and tells what became of it."""

    def submit(self, job: JobSpec, token: str) -> JobHandle:
        """Start *job* under *token*. After a return the job exists.

        Raises SubmitRejected when it does not and never will, SubmitUnknown when that is not known: then only
        ``find`` may decide whether to submit again.
        """

    def find(self, job: JobSpec, token: str) -> JobHandle | None:
        """The job that carries *token*, or None when it is certain that there is none. Raises QueryFailed."""

    def observe(self, handles: Sequence[JobHandle]) -> Mapping[JobHandle, JobObservation]:
        """One observation for every handle, ``unknown`` where nothing could be learnt. Raises QueryFailed."""

    def cancel(self, handle: JobHandle, *, reason: str) -> CancelOutcome:
        """Stop the job and say what happened. Returns after the job has ended, or after a bounded wait."""
