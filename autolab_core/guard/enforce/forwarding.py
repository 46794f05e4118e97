"""Waiting for a guarded command, and handing on every signal that comes meanwhile.

The command has a session of its own (on a shared terminal it could type into the caller's shell), so the terminal's
signals do not reach it by themselves. One from the terminal goes to its whole process group, as the terminal would
send it; one that somebody sent to this process goes to the command alone, as if that had been its pid.
"""

from __future__ import annotations

import os
import select
import signal
from typing import Final

from autolab_core.guard.enforce.standing import Standing

__all__ = ["held_back", "wait"]

_LOOK_SECONDS: Final = 0.5
_HANDED_ON: Final = frozenset(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH", "SIGTSTP")
)


def held_back() -> frozenset[signal.Signals]:
    """Hold every signal back from this thread; what was held back before, as ``pthread_sigmask`` takes it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    return frozenset(number for number in before if isinstance(number, signal.Signals))


def wait(standing: Standing, before: frozenset[signal.Signals]) -> None:
    """Return when the command has ended. Every signal must be held back; those in *before* always were, and stay so."""
    expected = (_HANDED_ON - before) | {signal.SIGCHLD}
    while not select.select([standing.descriptor], [], [], 0)[0]:
        seen = signal.sigtimedwait(expected, _LOOK_SECONDS)
        if seen is None or seen.si_signo == signal.SIGCHLD:
            continue
        from_kernel = seen.si_code > 0
        if seen.si_signo == signal.SIGTSTP:
            # A group without a parent in its session is not stopped by SIGTSTP (POSIX, "orphaned process group").
            standing.signal(signal.SIGSTOP, group=True)
            os.kill(os.getpid(), signal.SIGSTOP)
            standing.signal(signal.SIGCONT, group=True)
        else:
            standing.signal(seen.si_signo, group=from_kernel or seen.si_signo == signal.SIGCONT)
