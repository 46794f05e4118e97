"""How long to wait until the next look at runs on Slurm. Pure.

A look costs the cluster a question for everybody, so the pace slows down while nothing happens; something that has
just changed often changes again, and near a time limit the end is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from autolab_core.models.job import JobObservation
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.times import parse_timestamp

__all__ = ["LEAST_SECONDS", "MOST_SECONDS", "Pace"]

LEAST_SECONDS: Final = 5.0
MOST_SECONDS: Final = 60.0
_FAILING_MOST_SECONDS: Final = 300.0
_GROWTH: Final = 1.5
# Slurm ends a job up to 30 s after its limit, when it next looks.
_AFTER_LIMIT_SECONDS: Final = 5.0


@attrs.define
class Pace:
    """``least`` is the shortest pause between two looks, in seconds: what the site allows, or 5 s."""

    least: float = LEAST_SECONDS
    _pause: float = 0.0

    def after(self, observations: Sequence[JobObservation], *, new: bool, failed: bool, now: datetime) -> float:
        """Seconds until the next look, after one that saw *observations*.

        *new*: something had changed. *failed*: nothing could be learnt of any run, so the pauses grow further than they
        do otherwise, and go on growing.
        """
        most = _FAILING_MOST_SECONDS if failed else MOST_SECONDS
        if new and not failed:
            self._pause = self.least
        else:
            self._pause = min(max(self._pause * _GROWTH, self.least), max(most, self.least))
        if failed:
            return self._pause
        due = min((left for each in observations if (left := _left(each, now)) is not None), default=self._pause)
        return max(self.least, min(self._pause, due + _AFTER_LIMIT_SECONDS))


def _left(observation: JobObservation, now: datetime) -> float | None:
    """Seconds until the time limit of a running job; None for any other, and after it."""
    usage, started = observation.usage, parse_timestamp(observation.started_at or "")
    if observation.state is not JobState.RUNNING or usage is None or usage.limit is None or started is None:
        return None
    left = usage.limit - (now - started).total_seconds()
    return left if left > 0 else None
