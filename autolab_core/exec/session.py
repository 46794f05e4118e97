"""Starting processes that outlive whoever started them, each in a session of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence

from autolab_core.vocab.errors import RunnerError

__all__ = ["Session", "spawn_detached"]


def _popen(argv: Sequence[str], cwd: str, log: str, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
    try:
        with open(log, "ab") as output:
            return subprocess.Popen(
                tuple(argv),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
    except OSError as error:
        raise RunnerError(f"{argv[0]}: cannot be started: {error.strerror}") from error


def spawn_detached(argv: Sequence[str], *, cwd: str, log: str, pass_fds: Sequence[int] = ()) -> int:
    """Start *argv* and return its pid at once; it outlives this process.

    Output goes to the end of the file *log*; there is no input. *pass_fds* stay open in it, and with them the locks
    they hold. Raises RunnerError when it cannot be started.
    """
    child = _popen(argv, cwd, log, pass_fds)
    # Not waited for on purpose: whoever started it may end first. This silences the interpreter's reminder.
    child.returncode = 0
    return child.pid


class Session:
    """A child that leads a session, for the supervisor that waits for it."""

    def __init__(self, argv: Sequence[str], *, cwd: str, log: str, pass_fds: Sequence[int] = ()) -> None:
        self._child = _popen(argv, cwd, log, pass_fds)

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait(self, seconds: float) -> int | None:
        """The exit code (negative: the signal that ended it), or None when it still runs after *seconds*."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: signal.Signals) -> bool:
        """Send *number* to every process of the session's group; False when none is left."""
        try:
            os.killpg(self._child.pid, number)
        except ProcessLookupError:
            return False
        return True
