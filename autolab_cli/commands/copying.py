"""Files that are copied to or from another machine: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

__all__ = ["Copying"]

_WIDTH: Final = 30
_LINE_EVERY_SECONDS: Final = 10.0
_DRAWN_EVERY_SECONDS: Final = 0.2
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


class Copying:
    """What ``api.Copied`` asks for. *clock* gives seconds; a copy that takes less than a line's time writes none."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._last: float | None = None
        self._drawn = False

    def __call__(self, files: int, length: int, all_files: int, all_bytes: int) -> None:
        """See ``api.Copied``."""
        now, over = self._clock(), files >= all_files and length >= all_bytes
        every = _DRAWN_EVERY_SECONDS if self._terminal else _LINE_EVERY_SECONDS
        if self._last is None:
            self._last = now
            if not self._terminal:
                return
        elif now - self._last < every and not (over and self._drawn):
            return
        self._last = now
        text = f"{files}/{all_files} files, {size(length)} of {size(all_bytes)}"
        if self._terminal:
            share = length / all_bytes if all_bytes else 1.0
            done = int(_WIDTH * min(1.0, share))
            self._stream.write(f"\r\x1b[K[{'#' * done}{'.' * (_WIDTH - done)}] {text}")
        else:
            self._stream.write(f"copied: {text}\n")
        self._stream.flush()
        self._drawn = not over
        if over:
            self.clear()
            self._last = None

    @classmethod
    def shown(cls, stream: TextIO, *, as_json: bool) -> Copying | None:
        """One on *stream*; None where a document is printed."""
        return None if as_json else cls(stream)

    def clear(self) -> None:
        """Take the bar away."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def size(length: int) -> str:
    """*length* in bytes as people say it: ``512 B``, ``1.5 GiB``."""
    value = float(length)
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    return f"{length} B" if unit == "B" else f"{value:.1f} {unit}"
