"""What a person sees while a run is sent, waits and comes home, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Self, TextIO

from autolab_cli.commands.copying import size

if TYPE_CHECKING:
    from autolab_core.cloud.looking import Looked

__all__ = ["Bars", "Phases", "say"]

_WIDTH: Final = 30
_EVERY_SECONDS: Final = 0.2
_LINE_EVERY_SECONDS: Final = 10.0


def say(text: str) -> None:
    """Tell a person what goes on."""
    print(f"cloud-run: {text}", file=sys.stderr, flush=True)


class Bars:
    """A bar on a terminal; elsewhere a line now and then. *clock* gives seconds. As a context it leaves no bar behind,
    whatever ends it."""

    def __init__(self, doing: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._doing = doing
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._last: float | None = None
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __call__(self, what: str, done: int, total: int) -> None:
        """See ``autolab_core.cloud.counting.Progress``."""
        now, over = self._clock(), done >= total
        if self._last is None:
            self._last = now
            if not self._terminal:
                return
        elif not over and now - self._last < (_EVERY_SECONDS if self._terminal else _LINE_EVERY_SECONDS):
            return
        text = f"{self._doing} {what}: {size(done)} of {size(total)}"
        if self._terminal:
            filled = int(_WIDTH * min(1.0, done / total if total else 1.0))
            self._stream.write(f"\r\x1b[K[{'#' * filled}{'.' * (_WIDTH - filled)}] {text}")
        elif now - self._last >= _LINE_EVERY_SECONDS:
            self._stream.write(f"cloud-run: {text}\n")
        else:
            return
        self._last = now
        self._drawn = self._terminal
        if over:
            self.clear()
        self._stream.flush()

    def clear(self) -> None:
        """Take the bar away: what is said next begins a line."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn, self._last = False, None

    def say(self, text: str) -> None:
        """Tell a person something amid the work."""
        self.clear()
        say(text)


class Phases:
    """Says each phase of a run once, and what stands in its way when that changes."""

    def __init__(self) -> None:
        self._told: tuple[str, ...] = ()

    def __call__(self, looked: Looked) -> None:
        """See ``autolab_core.cloud.looking.wait``."""
        standing = looked.standing
        # The line of a run that is well has the time of its last sign of life, and changes with every look.
        hints = () if standing.over else standing.hints  # what may be done then is done by whoever waits, or told last
        now = (standing.phase.value, *hints)
        if now != self._told:
            self._told = now
            say("; ".join((f"{standing.phase}: {standing.line}", *hints)))
