"""Counting what a process does to the world, and dying (a real SIGKILL) at the n-th of those effects.

An effect is a file opened for writing or created, a write, an fsync, a rename, a removal, a new folder, a truncation,
a change of mode, or a process that is started. The process dies *before* the effect; a write has a second point
halfway through its bytes. Standard library only: this also runs inside processes that are started by others.
"""

from __future__ import annotations

import os
import signal
import subprocess  # noqa: F401 - loaded here, so that its own start-up is no effect
import sys

_EVENTS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.link", "os.symlink"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_write, _pwrite, _fsync = os.write, os.pwrite, os.fsync


def count(labels: int, kill_at: int | None) -> None:
    """From now on write each effect's label as a line to the descriptor *labels*; die at number *kill_at* (from 1)."""
    seen, own = 0, os.getpid()

    def effect(label: str) -> None:
        nonlocal seen
        if os.getpid() != own:  # a fork, which may have closed the descriptor
            return
        seen += 1
        _write(labels, f"{label}\n".encode("utf-8", "replace"))
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _EVENTS or event == "subprocess.Popen":
            what = arguments[1] if event == "subprocess.Popen" else arguments[0]
            effect(f"{event} {str(what)[:200]!r}")
        elif event == "open":
            path, _mode, flags = arguments
            if isinstance(flags, int) and flags & _WRITING and path != os.devnull:
                effect(f"open {path!r}")

    def torn_write(descriptor: int, data: bytes) -> int:
        effect(f"write {len(data)}")
        half = len(data) // 2
        done = _write(descriptor, bytes(data)[:half]) if half else 0
        effect(f"write-half {len(data)}")
        return done + _write(descriptor, bytes(data)[done:])

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        effect(f"pwrite {len(data)}")
        return _pwrite(descriptor, data, offset)

    def fsync(descriptor: int) -> None:
        effect("fsync")
        _fsync(descriptor)

    os.write, os.pwrite, os.fsync = torn_write, pwrite, fsync  # type: ignore[assignment]
    sys.addaudithook(hook)
