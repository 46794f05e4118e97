"""The local scheduler: start the supervisor, read the markers, ask it to stop."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from autolab_core.exec.session import spawn_detached
from autolab_core.io.atomic import make_dirs, write_json
from autolab_core.io.documents import read_source
from autolab_core.io.layout import RunPaths
from autolab_core.io.lock import acquire, holder, openers
from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation, JobSpec
from autolab_core.schedulers.local.markers import Evidence, parse_cancel, parse_exit, parse_start, parse_supervision
from autolab_core.schedulers.local.states import conclude
from autolab_core.vocab.errors import DocumentError, LockHeld, RunnerError, SubmitRejected, SubmitUnknown
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

__all__ = ["LocalScheduler"]

_CANCEL_WAIT_SECONDS: Final = 60.0
_UNSUPERVISED_GRACE_SECONDS: Final = 10.0
_CLOSING_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05


@attrs.frozen
class LocalScheduler:
    """Jobs as processes of this machine, below the repository *root*."""

    root: Path

    def submit(self, job: JobSpec, token: str) -> JobHandle:
        """See ``Scheduler.submit``. The run's lock passes from here to the supervisor without ever being free."""
        paths = RunPaths(job.run_folder)
        make_dirs(self.root / paths.logs)
        try:
            lock = acquire(self.root / paths.run_lock, what=f"run {token}")
        except LockHeld as error:
            raise SubmitUnknown(f"processes of {token} are already there: {error}") from error
        seconds = None if job.walltime is None else job.walltime.seconds
        argv = (
            sys.executable,
            "-m",
            "autolab_core.schedulers.local.supervisor",
            str(self.root),
            job.run_folder,
            job.script,
            token,
            "" if seconds is None else str(seconds),
            str(job.grace.seconds or 0),
            str(lock.fileno()),
            *job.within,
        )
        with lock:
            if os.path.lexists(self.root / paths.start_marker):
                raise SubmitUnknown(f"{job.run_folder} was started before: a run starts once")
            try:
                pid = spawn_detached(
                    argv,
                    cwd=_package_parent(),
                    log=str(self.root / paths.supervisor_log),
                    pass_fds=(lock.fileno(),),
                )
            except RunnerError as error:
                raise SubmitRejected(str(error)) from error
        return JobHandle(token, job.run_folder, pid=pid, host=os.uname().nodename)

    def find(self, job: JobSpec, token: str) -> JobHandle | None:
        """See ``Scheduler.find``: something of the run is alive, or its script has begun."""
        evidence = self.evidence(job.run_folder)
        if not evidence.alive and evidence.start is None and evidence.exit is None:
            return None
        supervision = evidence.supervision
        return JobHandle(
            token,
            job.run_folder,
            pid=supervision.pid if supervision else None,
            host=supervision.host if supervision else os.uname().nodename,
        )

    def observe(self, handles: Sequence[JobHandle]) -> Mapping[JobHandle, JobObservation]:
        """See ``Scheduler.observe``."""
        return {handle: self._observe(handle) for handle in handles}

    def _observe(self, handle: JobHandle) -> JobObservation:
        here = os.uname().nodename
        evidence = self._settled(handle)
        if evidence.exit is None and handle.host not in {None, here}:
            return JobObservation(
                JobState.UNKNOWN, reason=f"it was started on {handle.host}; this is {here}: look there"
            )
        if evidence.damaged and evidence.exit is None and not evidence.alive:
            said = "; ".join(evidence.damaged)
            advice = "nothing of it runs any more; once that file is removed the run counts as failed"
            return JobObservation(JobState.UNKNOWN, reason=f"{said} ({advice})")
        return conclude(evidence, handle.token)

    def _settled(self, handle: JobHandle) -> Evidence:
        """The evidence once the supervisor has closed its record, which follows the script's end at once.

        Whatever lives on after that is named: it is nobody's any more.
        """
        until = time.monotonic() + _CLOSING_SECONDS
        evidence = self.evidence(handle.run_folder)
        while evidence.alive and evidence.exit is not None:
            if not self._supervised(handle) or time.monotonic() > until:
                evidence = self.evidence(handle.run_folder)
                return attrs.evolve(evidence, holders=self._holders(handle)) if evidence.alive else evidence
            time.sleep(_POLL_SECONDS)
            evidence = self.evidence(handle.run_folder)
        return evidence

    def _holders(self, handle: JobHandle) -> tuple[str, ...]:
        pids = openers(self.root / RunPaths(handle.run_folder).run_lock)
        return tuple(f"pid {pid} ({' '.join(_command_line(pid))[:80].strip()})" for pid in pids)

    def evidence(self, run_folder: str) -> Evidence:
        """What the run left behind. The lock is looked at first: once it is free, the markers are final."""
        paths = RunPaths(run_folder)
        alive = holder(self.root / paths.run_lock) is not None
        damaged: list[str] = []
        start = self._read(paths.start_marker)
        exit_source = self._read(paths.exit_marker)
        record = self._read(paths.supervision)
        cancel = self._read(paths.cancel_request)
        exit_marker = supervision = None
        try:
            exit_marker = None if exit_source is None else parse_exit(exit_source, paths.exit_marker)
        except DocumentError as error:
            damaged.append(str(error))
        try:
            supervision = None if record is None else parse_supervision(record, paths.supervision)
        except DocumentError as error:
            damaged.append(str(error))
        return Evidence(
            alive=alive,
            start=None if start is None else parse_start(start, paths.start_marker),
            exit=exit_marker,
            supervision=supervision,
            cancel=None if cancel is None else parse_cancel(cancel, paths.cancel_request),
            damaged=tuple(damaged),
        )

    def _read(self, path: str) -> bytes | None:
        return read_source(self.root / path, path) if os.path.lexists(self.root / path) else None

    def cancel(self, handle: JobHandle, *, reason: str) -> CancelOutcome:
        """See ``Scheduler.cancel``. The request is on disk before anything is signalled."""
        before = self._observe(handle)
        if before.state in ENDED_JOB_STATES:
            if before.lingering:
                self._end_holders(handle)
            return CancelOutcome.ALREADY_ENDED
        if before.state is JobState.ABSENT:
            return CancelOutcome.NOT_FOUND
        if before.state is JobState.UNKNOWN:
            return CancelOutcome.STILL_RUNNING
        paths = RunPaths(handle.run_folder)
        write_json(self.root / paths.cancel_request, {"token": handle.token, "reason": reason})
        if self._supervised(handle):
            return self._await_end(handle, self._stopping_seconds(handle))
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._signal_script(handle, number)
            outcome = self._await_end(handle, _UNSUPERVISED_GRACE_SECONDS)
            if outcome is not CancelOutcome.STILL_RUNNING:
                return outcome
        self._end_holders(handle)
        return self._await_end(handle, _POLL_SECONDS)

    def _stopping_seconds(self, handle: JobHandle) -> float:
        """How long the supervisor may take: INT, TERM and KILL come a grace apart, and it has put that on record."""
        supervision = self.evidence(handle.run_folder).supervision
        grace = supervision.grace_seconds if supervision else None
        return _CANCEL_WAIT_SECONDS if grace is None else 3 * grace + _CLOSING_SECONDS

    def _end_holders(self, handle: JobHandle) -> None:
        """Kill what still holds the run's lock: only processes of the run ever had it."""
        lock = self.root / RunPaths(handle.run_folder).run_lock
        for pid in openers(lock):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + _CLOSING_SECONDS
        while holder(lock) is not None and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)

    def _await_end(self, handle: JobHandle, seconds: float) -> CancelOutcome:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            evidence = self.evidence(handle.run_folder)
            if not evidence.alive:
                return CancelOutcome.CANCELLED if evidence.exit is not None else CancelOutcome.KILLED
            if evidence.exit is not None and not self._supervised(handle):
                self._end_holders(handle)  # the script is gone, and nobody else ends what it started
            time.sleep(_POLL_SECONDS)
        return CancelOutcome.STILL_RUNNING

    def _supervised(self, handle: JobHandle) -> bool:
        """True while the supervisor on record lives. A pid that now belongs to another program does not count."""
        supervision = self.evidence(handle.run_folder).supervision
        pid = supervision.pid if supervision is not None else handle.pid
        return pid is not None and handle.token in _command_line(pid)

    def _signal_script(self, handle: JobHandle, number: signal.Signals) -> None:
        """Signal the script's group, once it is certain that the recorded pid still is that script."""
        start = self.evidence(handle.run_folder).start
        if start is None or start.pid is None or start.host not in {None, os.uname().nodename}:
            return
        if not any(w.endswith("run_local.sh") for w in _command_line(start.pid)):
            return
        try:
            os.killpg(start.pid, number)
        except ProcessLookupError:
            return


def _command_line(pid: int) -> tuple[str, ...]:
    try:
        return tuple(Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0"))
    except OSError:
        return ()


def _package_parent() -> str:
    """The folder from which ``python -m autolab_core…`` finds this very package."""
    return str(Path(__file__).resolve().parents[3])
