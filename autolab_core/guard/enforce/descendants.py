"""Ending everything that a process has started, where no namespace does it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import Final

__all__ = ["children", "count", "end_all", "reap"]

_POLL_SECONDS: Final = 0.01


def _parents() -> dict[int, int]:
    """pid -> its parent's, of every process that can be seen."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
                # The name in parentheses may hold anything, parentheses too.
                found[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    return found


def _below(ancestor: int, spared: frozenset[int]) -> list[int]:
    parents = _parents()
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found, waiting = [], [pid for pid in children.get(ancestor, []) if pid not in spared]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def children() -> list[int]:
    """The children of this process."""
    with suppress(OSError):  # a kernel need not have it (CONFIG_PROC_CHILDREN)
        found: list[int] = []
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                found += [int(pid) for pid in file.read().split()]
        return found
    own = os.getpid()
    return [pid for pid, parent in _parents().items() if parent == own]


def count(spared: frozenset[int] = frozenset()) -> int:
    """How many processes this one has below it, those below the children *spared* apart."""
    return len(_below(os.getpid(), spared))


def reap() -> dict[int, int]:
    """The children that have ended since the last time: pid -> wait status."""
    ended = {}
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            ended[pid] = status
    return ended


def end_all(seconds: float, spared: frozenset[int] = frozenset()) -> int:
    """Kill every process below this one, again and again as they lose their parents to us (it must be a subreaper),
    for at most *seconds*; how many are left. Those below the children *spared* stay."""
    until = time.monotonic() + seconds
    while left := _below(os.getpid(), spared):
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if spared:
            for pid in left:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        else:
            reap()
        if time.monotonic() > until:
            break
        time.sleep(_POLL_SECONDS)
    return len(left)
