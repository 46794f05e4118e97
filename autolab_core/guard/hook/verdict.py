"""How a judgment ends early: with the one reason that denies the call."""

from __future__ import annotations

__all__ = ["Denied", "quoted"]

_SHOWN = 160


class Denied(Exception):
    """The call is denied; the message says why, in one line, for the agent to read."""

    def __init__(self, message: str) -> None:
        super().__init__(_printable(message))


def quoted(text: str) -> str:
    """*text* for one line of a reason: what is unprintable escaped, what is long cut short."""
    shown = _printable(text)
    return f"`{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}`"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
