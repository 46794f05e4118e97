"""What an agent's command writes: kept in its log up to a bound, and handed on to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from autolab_core.stages.agents.options import Echo

__all__ = ["LOG_BYTES_MAX", "Heard"]

# Nobody reads more of it, and a disk that an agent has filled stops everybody's work.
LOG_BYTES_MAX: Final = 64 << 20
_TAIL_BYTES: Final = 64 << 10


class Heard:
    """The output of one command. *log* gets the first ``LOG_BYTES_MAX`` bytes and the last 64 KiB, *echo* all of it.

    What comes before *started* says yes is the guard's own, and only in the log: a refusal is told by who asked for it.
    """

    def __init__(self, log: BinaryIO, echo: Echo, started: Callable[[], bool]) -> None:
        self._log = log
        self._echo = echo
        self._started = started
        self._speaking = False
        self._pieces: list[bytes] = []
        self._unsaid: list[bytes] = []
        self._room = LOG_BYTES_MAX
        self._tail = b""
        self._left_out = 0

    def add(self, text: bytes) -> None:
        """The next piece of the output. It goes nowhere before ``flush``."""
        self._pieces.append(text)

    def flush(self) -> None:
        """Write and hand on what was added, all of it at once: a command may write a million lines in a second.

        Raises OSError where the log cannot be written.
        """
        if not self._pieces:
            return
        text = b"".join(self._pieces)
        self._pieces.clear()
        self._keep(text)
        self._speaking = self._speaking or self._started()
        if not self._speaking:
            self._unsaid.append(text)
            return
        self._echo(b"".join((*self._unsaid, text)))
        self._unsaid.clear()

    def end(self) -> None:
        """Write the rest. Raises OSError where the log cannot be written."""
        self.flush()
        if self._left_out:
            self._log.write(b"\n[autolab: %d bytes are left out here]\n" % self._left_out)
        self._log.write(self._tail)
        self._tail = b""

    def _keep(self, text: bytes) -> None:
        now, later = text[: self._room], text[self._room :]
        self._room -= len(now)
        self._log.write(now)
        rest = self._tail + later
        self._tail = rest[-_TAIL_BYTES:]
        self._left_out += len(rest) - len(self._tail)
