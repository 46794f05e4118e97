"""The command of the run: started as it was written, watched, and ended with all that it started."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

__all__ = ["Ended", "last_lines", "run_command"]

_TICK: Final = 0.1
_GRACE_SECONDS: Final = 10.0
_LINES: Final = 20
_TAIL_BYTES: Final = 64 << 10


class Ended(NamedTuple):
    """``exit_code`` as a shell gives it. ``stopped``: why it was ended from outside; None where it ended by itself."""

    exit_code: int
    stopped: str | None
    seconds: float
    cpu_seconds: float


def run_command(
    words: Sequence[str],
    *,
    folder: str,
    environment: Mapping[str, str],
    out: str,
    err: str,
    why_stop: Callable[[], str | None],
) -> Ended:
    """Run *words* in *folder*, with its output at the end of the files *out* and *err*.

    *why_stop* is asked ten times a second; once it gives a reason the command is told (SIGTERM), and after a grace
    killed, with its whole process group. Raises OSError when it cannot be started.
    """
    began = time.monotonic()
    before = _cpu_seconds()
    with open(out, "ab") as own, open(err, "ab") as errors:
        child = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=own,
            stderr=errors,
            start_new_session=True,
        )
    stopped, kill_at = None, float("inf")
    while child.poll() is None:
        time.sleep(_TICK)
        if stopped is None:
            stopped = why_stop()
            if stopped is not None:
                _signal(child.pid, signal.SIGTERM)
                kill_at = time.monotonic() + _GRACE_SECONDS
        elif time.monotonic() > kill_at:
            _signal(child.pid, signal.SIGKILL)
    _signal(child.pid, signal.SIGKILL)  # what it left behind must not write to the outputs any more
    code = child.returncode
    return Ended(128 - code if code < 0 else code, stopped, time.monotonic() - began, _cpu_seconds() - before)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def last_lines(logs: str) -> tuple[str, ...]:
    """The last lines of what the command said: of standard error, or where that is empty of standard output."""
    for name in ("err.log", "out.log"):
        with suppress(OSError), open(os.path.join(logs, name), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
            if any(line.strip() for line in lines):
                return tuple(deque(lines, _LINES))
    return ()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
