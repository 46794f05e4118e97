"""Being heard while something waits: a storage that says nothing more must not outlast a deadline."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["interrupted_by"]

_SECONDS: Final = 0.5


@contextmanager
def interrupted_by(look: Callable[[], None]) -> Iterator[None]:
    """Call *look* twice a second; what it raises ends the body, even in the midst of a request or of waiting for a
    lock. For the main thread alone, as signals are."""
    signal.signal(signal.SIGALRM, lambda number, frame: look())
    signal.setitimer(signal.ITIMER_REAL, _SECONDS, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
