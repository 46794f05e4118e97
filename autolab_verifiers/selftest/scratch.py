"""A folder for a sample that is broken on purpose: gone afterwards, whenever somebody presses Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

__all__ = ["scratch"]


@contextmanager
def scratch() -> Iterator[str]:
    """The path of a new folder. An interruption waits until somebody is there to remove the folder."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        made = TemporaryDirectory(prefix="autolab-self-test-")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with made as folder:
        yield folder
