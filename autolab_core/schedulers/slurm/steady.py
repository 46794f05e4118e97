"""Jobs about which a look was told the very same as the one before: the same evidence gives the same conclusion.

Only for jobs that wait or run by slurmctld's own row: then nothing but how long they have run depends on the time. The
evidence is compared whole: the handle, the rows word for word, and the stamp of the folder of the job's markers. A
marker is made or replaced there, which changes the folder; one that somebody writes over in place is read when the row
changes, and until then it decides nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import attrs

from autolab_core.io.layout import RunPaths
from autolab_core.io.stamps import Stamp, at_rest, stamp
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.vocab.jobs import OPEN_JOB_STATES

__all__ = ["Steady"]


class _Kept(NamedTuple):
    """``folder`` is the absolute path of the markers'. ``at`` is the time of the look, in seconds since 1970."""

    rows: str
    folder: str
    stamp: Stamp
    at: int
    observation: JobObservation


@attrs.define(eq=False)
class Steady:
    """What was concluded of jobs of the repository *root* that go on. ``clock`` gives ns since 1970, as files have."""

    root: Path
    clock: Callable[[], int] = time.time_ns
    _kept: dict[JobHandle, _Kept] = attrs.field(factory=dict, init=False)

    def same(self, handle: JobHandle, rows: str, at: int) -> JobObservation | None:
        """What was concluded before from these *rows* and markers as they are, as it is at the time *at*; else None.

        The ``answers`` of the observation are then the very tuple that they were.
        """
        kept = self._kept.get(handle)
        if kept is None or kept.rows != rows or at < kept.at or stamp(kept.folder) != kept.stamp:
            return None
        return kept.observation.later(at - kept.at)

    def markers(self, handle: JobHandle) -> Stamp | None:
        """The stamp of the folder of the job's markers, to be taken before they are read; None while it is young.

        None, too, for a job whose files lie on another machine: nothing tells, short of reading them.
        """
        if handle.root is not None:
            return None
        found = stamp(self._folder(handle))
        return found if found is not None and at_rest(found, self.clock()) else None

    def keep(self, handle: JobHandle, rows: str, at: int, markers: Stamp | None, observation: JobObservation) -> None:
        """Remember *observation*, concluded from *rows* and *markers* alone, where it can hold at the next look."""
        elapsed = observation.usage.elapsed if observation.usage is not None else None
        readable = all(answer.exit_code == 0 for answer in observation.answers)
        # 0 s may stand for less than nothing: a clock that is behind the cluster's.
        if rows and markers is not None and readable and observation.state in OPEN_JOB_STATES and elapsed != 0:
            self._kept[handle] = _Kept(rows, self._folder(handle), markers, at, observation)
        else:
            self.forget(handle)

    def forget(self, handle: JobHandle) -> None:
        """Drop what was concluded of *handle*: something else is known by now."""
        self._kept.pop(handle, None)

    def _folder(self, handle: JobHandle) -> str:
        return os.path.join(self.root, RunPaths(handle.run_folder).logs)
