"""The adapter: what Autolab asks of a scheduler, answered by the one for local processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from autolab_core.exec.command import Runner
from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation, JobSpec
from autolab_core.schedulers.base import Scheduler
from autolab_core.schedulers.local.adapter import LocalScheduler

__all__ = ["Rehearsal", "make"]

# sbatch would send the script's output to the files that its #SBATCH lines name; here the words before it do.
_WITH_LOGS = 'logs=$1; shift; exec "$@" >>"$logs/stdout.log" 2>>"$logs/stderr.log"'


class Rehearsal:
    """Jobs are processes; the id of a job is that of the process that looks after it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._processes = LocalScheduler(root)

    def submit(self, job: JobSpec, token: str) -> JobHandle:
        """Start the batch script, which never starts twice."""
        logs = str(self._root / job.run_folder / "logs")
        words = ("sh", "-c", _WITH_LOGS, "sh", logs)
        return _with_id(self._processes.submit(attrs.evolve(job, within=words), token))

    def find(self, job: JobSpec, token: str) -> JobHandle | None:
        """The job of a launch that was cut short."""
        found = self._processes.find(job, token)
        return None if found is None else _with_id(found)

    def observe(self, handles: Sequence[JobHandle]) -> Mapping[JobHandle, JobObservation]:
        """What the markers and the processes say. Slurm's words are capital letters; so are these."""
        return {
            handle: attrs.evolve(seen, native_state=seen.state.value)
            for handle, seen in self._processes.observe(handles).items()
        }

    def cancel(self, handle: JobHandle, *, reason: str) -> CancelOutcome:
        """INT, TERM, KILL, with the reason on record."""
        return self._processes.cancel(handle, reason=reason)


def _with_id(handle: JobHandle) -> JobHandle:
    return attrs.evolve(handle, job_id=str(handle.pid))


def make(root: Path, runner: Runner) -> Scheduler:
    """What the entry point names: the scheduler for the repository *root*, whose commands *runner* would run."""
    return Rehearsal(root)
