"""What the looks before this one left as it was: whoever sees the very same again has nothing to write.

One process remembers, and nothing of it is on disk. A look goes the whole way unless all of its evidence is what it
was: the manifest by its stamp, what the scheduler said by being the very answers of the look before (see
``schedulers.slurm.steady``), the ledger by its stamp. Then the whole way would end where it ended before: a job that
waits or runs changes nothing by the passing of time alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Final

import attrs

from autolab_core.io.layout import RunPaths
from autolab_core.io.stamps import Stamp, at_rest
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.vocab.jobs import OPEN_JOB_STATES

__all__ = ["Known", "Steady", "again", "goes_on"]

# Looks are counted here, and the count is written at least so often: a process may be killed.
_COUNTED_EVERY: Final = timedelta(hours=1)


@attrs.define(eq=False)
class Known:
    """A run as a look left it, and its manifest at ``path``, None for one that has ended or is synced.

    ``seen`` is the look that left the manifest alone. ``ledger`` is the stamp of a ledger that says what the manifest
    says. ``looks`` were made since the last one that is in the run's file of answers, which was at ``kept``; the last
    of them was at ``until``.
    """

    run: RunPaths
    path: str
    stamp: Stamp
    manifest: RunManifest | None
    handle: JobHandle | None = None
    seen: JobObservation | None = None
    kept: datetime | None = None
    ledger: Stamp | None = None
    looks: int = 0
    until: datetime | None = None

    def holds(self, stamp: Stamp | None, observation: JobObservation) -> bool:
        """True when *observation* was concluded from the very answers of ``seen``, and the manifest is what it was."""
        return (
            self.seen is not None
            and bool(observation.answers)
            and observation.answers is self.seen.answers
            and self.stamp == stamp
        )


@attrs.define(eq=False)
class Steady:
    """The runs by folder. ``clock`` gives ns since 1970, as files have."""

    clock: Callable[[], int] = time.time_ns
    _runs: dict[str, Known] = attrs.field(factory=dict, init=False)
    _begun: int = attrs.field(default=0, init=False)

    def begin(self) -> None:
        """A look begins: every stamp that it takes is younger than this."""
        self._begun = self.clock()

    def is_old(self, stamp: Stamp) -> bool:
        """True when whatever is done to the file since the look began gives it another stamp."""
        return at_rest(stamp, self._begun)

    def last(self, folder: str) -> Known | None:
        """What is known of the run in *folder*, as long as its manifest has the stamp that it had."""
        return self._runs.get(folder)

    def left(self, run: RunPaths, stamp: Stamp | None, manifest: RunManifest | None, *, path: str) -> Known | None:
        """Remember that a look left *manifest*, of the file *path* with *stamp*, as it was; None for a young file."""
        if stamp is None or not self.is_old(stamp):
            self.forget(run.folder)
            return None
        known = self._runs[run.folder] = Known(run, path, stamp, manifest)
        return known

    def forget(self, folder: str) -> None:
        """Drop what is known of the run in *folder*."""
        self._runs.pop(folder, None)

    def uncounted(self, *, apart_from: Container[str] = ()) -> list[Known]:
        """The runs with looks that are counted here alone, but for those in the folders *apart_from*."""
        return [known for folder, known in self._runs.items() if known.looks and folder not in apart_from]


def goes_on(observation: JobObservation) -> bool:
    """True for what may hold at the next look, too: no time that passes makes it something else."""
    return observation.state in OPEN_JOB_STATES and bool(observation.answers)


def again(known: Known, at: datetime) -> bool:
    """Count one more look at *known*; True when the count should be written by now."""
    known.looks += 1
    known.until = at
    return known.kept is not None and at - known.kept >= _COUNTED_EVERY
