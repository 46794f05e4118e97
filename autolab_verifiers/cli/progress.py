"""A bar that shows how far a long verification is: on a terminal only, and gone when it ends."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final, Self, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from autolab_verifiers.engine.many import Progress

__all__ = ["Bar"]

_EVERY: Final = 0.1  # seconds between two pictures
_AFTER: Final = 0.5  # what ends sooner needs none
_CELLS: Final = 30


class Bar:
    """Used as a context manager around the work; ``show`` is called as often as one likes."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream = stream
        self._on = shown and stream.isatty()
        self._next = monotonic() + _AFTER
        self._drawn = False

    def show(self, progress: Progress) -> None:
        """Draw *progress*, unless the last picture is too young."""
        if not self._on or (now := monotonic()) < self._next:
            return
        self._next = now + _EVERY
        done = _CELLS * progress.judged // max(progress.runs, 1)
        bad = f", {progress.failed} failed" if progress.failed else ""
        self._draw(f"[{'#' * done}{'.' * (_CELLS - done)}] {progress.judged}/{progress.runs} runs{bad}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._draw("")

    def _draw(self, text: str) -> None:
        try:
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()
            self._drawn = True
        except OSError:
            self._on = False  # the terminal is gone; the answer does not depend on it
