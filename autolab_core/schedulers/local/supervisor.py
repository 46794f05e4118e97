"""The supervisor of one local run: a small process in a session of its own.

``python -m autolab_core.schedulers.local.supervisor ROOT RUN_FOLDER SCRIPT TOKEN WALLTIME GRACE LOCK_FD [WORD…]``

It starts the script, keeps the wall-time limit, acts on a request to cancel, and writes ``logs/supervisor.json``.
It is not needed for the truth: the script writes its own markers. When the supervisor is killed, the script goes on.
It holds the run's lock (an inherited descriptor), and so does everything it starts. WORDs, where there are any, are put
before the command that starts the script: they start it on another machine.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from autolab_core.exec.session import Session
from autolab_core.io.atomic import write_json
from autolab_core.io.layout import RunPaths
from autolab_core.schedulers.local.markers import CancelRequest, parse_cancel
from autolab_core.schedulers.local.states import CANCEL, WALLTIME
from autolab_core.vocab.errors import RunnerError, StoreError
from autolab_core.vocab.times import format_utc

__all__ = ["main", "supervise"]

_POLL_SECONDS: Final = 0.2
_MARKER_SECONDS: Final = 90.0
_NOT_STARTED: Final = 127  # what a shell says of a command that it cannot find
_STEPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


class _Record:
    """``logs/supervisor.json``, replaced whole at each event."""

    def __init__(self, path: Path, token: str, grace: float) -> None:
        self._path = path
        self._data: dict[str, Any] = {
            "token": token,
            "pid": os.getpid(),
            "host": os.uname().nodename,
            "started_at": format_utc(datetime.now(UTC)),
            "grace_seconds": grace,
            "stopping": None,
            "detail": None,
            "signals": [],
            "exit_code": None,
            "ended_at": None,
        }

    def write(self, **changes: object) -> None:
        """Put *changes* on record. A full disk or a vanished folder must not keep the run from being stopped."""
        self._data.update(changes)
        try:
            write_json(self._path, self._data)
        except StoreError as error:
            with suppress(OSError):  # the log may lie on the same full disk
                sys.stderr.write(f"supervisor: {error}\n")

    def signalled(self, number: signal.Signals) -> None:
        self._data["signals"].append({"at": format_utc(datetime.now(UTC)), "signal": number.name})
        self.write()


def supervise(
    root: Path,
    paths: RunPaths,
    script: str,
    token: str,
    walltime: float | None,
    grace: float,
    lock: int,
    within: tuple[str, ...] = (),
) -> int:
    """Run the script to its end. Returns 0 when the record could be completed, whatever the script's own answer."""
    record = _Record(root / paths.supervision, token, grace)
    record.write()
    try:
        # The script sends its own output to its logs; what it says before that lands in the supervisor's.
        session = Session(
            (*within, "bash", str(root / script)), cwd=str(root), log=str(root / paths.supervisor_log), pass_fds=(lock,)
        )
    except RunnerError as error:
        record.write(exit_code=_NOT_STARTED, detail=str(error), ended_at=format_utc(datetime.now(UTC)))
        return 1
    deadline = None if walltime is None else time.monotonic() + walltime
    code = session.wait(_POLL_SECONDS)
    while code is None:
        if (request := _cancel_request(root / paths.cancel_request, token)) is not None:
            code = _stop(session, record, CANCEL, request.detail, grace)
        elif deadline is not None and time.monotonic() >= deadline:
            code = _stop(session, record, WALLTIME, f"stopped at its wall-time limit of {walltime:g} s", grace)
        else:
            code = session.wait(_POLL_SECONDS)
    # What the script left running in its group would outlive the run and go on writing: a job ends whole.
    session.signal(signal.SIGKILL)
    if within and (code == 0 or (0 < code < 128 and os.path.lexists(root / paths.start_marker))):
        _await_marker(root / paths.exit_marker)
    record.write(exit_code=code, ended_at=format_utc(datetime.now(UTC)))
    return 0


def _await_marker(path: Path) -> None:
    """Wait until what the script wrote on another machine is seen on this one.

    A network file system shows a new file after up to a minute (acdirmax, nfs(5)); a record that is closed before would
    say that the script left no marker.
    """
    until = time.monotonic() + _MARKER_SECONDS
    while not os.path.lexists(path) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def _cancel_request(path: Path, token: str) -> CancelRequest | None:
    """The request to cancel this very run, if there is one."""
    try:
        request = parse_cancel(path.read_bytes(), path.name)
    except OSError:
        return None
    return request if request.token in {None, token} else None


def _stop(session: Session, record: _Record, why: str, detail: str, grace: float) -> int:
    """INT, TERM, KILL, with *grace* seconds between them; each is on record before it is sent."""
    record.write(stopping=why, detail=detail)
    code = None
    for number in _STEPS:
        record.signalled(number)
        session.signal(number)
        code = session.wait(grace)
        if code is not None:
            return code
    while code is None:  # a process in an uninterruptible sleep ends when the kernel lets it
        code = session.wait(1.0)
    return code


def main(argv: list[str]) -> int:
    """Entry point; see the module's docstring for the arguments. An empty WALLTIME means no limit."""
    root, folder, script, token, walltime, grace, lock, *within = argv
    # The terminal that the launch came from may go away, and its Ctrl-C is not meant for the run. Caught, not ignored:
    # what is ignored stays ignored in the script and its command, and neither could be interrupted any more.
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whoever launched may have been told to ignore it
    limit = float(walltime) if walltime else None
    return supervise(Path(root), RunPaths(folder), script, token, limit, float(grace), int(lock), tuple(within))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
