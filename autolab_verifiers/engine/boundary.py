"""The boundary to code that is not ours: the one place where everything is caught.

A verifier may raise anything, ``SystemExit`` too: its fault becomes an ``error`` in the report, never a crash and
never a silent pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

__all__ = ["Fault", "attempt", "first_word", "last_line", "trace"]

_LINES = 20

_T = TypeVar("_T")
_A = TypeVar("_A")


class Fault:
    """What a call raised instead of returning."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def attempt(call: Callable[..., _T], *arguments: object) -> _T | Fault:
    """What *call* returns for *arguments*, or what it raised. Only Ctrl-C passes through."""
    try:
        return call(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Fault(error)


def first_word(
    calls: Sequence[Callable[[_A], Iterable[_T]]], argument: _A, found: list[_T]
) -> tuple[int, Fault | None]:
    """Make *calls* until one of them raises, or yields something, all of which is put into *found*.

    Its index, and what it raised; the number of calls when none had anything to say. Only Ctrl-C passes through.
    """
    index = 0
    try:
        for call in calls:
            for each in call(argument):
                found.append(each)  # noqa: PERF402 - `extend` would ask the generator's length and get room for eight
            if found:
                return index, None
            index += 1  # not `enumerate`, which makes a tuple for each of fifty rules a run
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return index, Fault(error)
    return index, None


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
