"""The boundary to code that is not ours: the one place where everything is caught.

A verifier may raise anything, ``SystemExit`` too: its fault becomes an ``error`` in the report, never a crash and
never a silent pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["Fault", "attempt", "last_line"]

_T = TypeVar("_T")


class Fault:
    """What a call raised instead of returning."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def attempt(call: Callable[[], _T]) -> _T | Fault:
    """What *call* returns, or what it raised. Only Ctrl-C passes through."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Fault(error)


def last_line(error: BaseException) -> str:
    """The last line of *error*'s traceback (``ValueError: no such thing``), also for errors that cannot be shown."""
    from traceback import format_exception_only

    return format_exception_only(error)[-1].strip()
