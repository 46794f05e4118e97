"""The boundary to code that is not ours: the one place where everything is caught.

A verifier may raise anything, ``SystemExit`` too: its fault becomes an ``error`` in the report, never a crash and
never a silent pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

__all__ = ["Fault", "attempt", "last_line", "trace"]

_LINES = 20

_T = TypeVar("_T")
_A = TypeVar("_A")


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


def gather(call: Callable[[_A], Iterable[_T]], argument: _A, found: list[_T]) -> Fault | None:
    """Put what *call* yields into *found*, one by one, and return what it raised. Only Ctrl-C passes through."""
    try:
        for each in call(argument):
            found.append(each)  # noqa: PERF402 - what was yielded before a fault is kept
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Fault(error)
    return None


def last_line(error: BaseException) -> str:
    """The last line of *error*'s traceback (``ValueError: no such thing``), also for errors that cannot be shown."""
    from traceback import format_exception_only

    return format_exception_only(error)[-1].strip()


def trace(error: BaseException) -> str:
    """The end of *error*'s traceback, at most 20 lines: where it happened, for whoever wrote the code."""
    from traceback import format_exception

    lines = "".join(format_exception(error)).rstrip().split("\n")
    cut = ["…", *lines[1 - _LINES :]] if len(lines) > _LINES else lines
    return "\n".join(cut)
