"""What was found while a spec was read: problems, notes, and the line of everything that was understood."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Final

import attrs

from autolab_core.vocab.errors import DocumentError

__all__ = ["Consequence", "Findings", "Problem", "Unclear", "line_of"]


# How many characters a message may have: names are quoted in it, and what to write instead comes last.
_LONGEST: Final = 400


class Unclear(ValueError):
    """An item that cannot be understood: what is wrong with it and what to write instead, in one line."""


class Consequence(Unclear):
    """An item that cannot be understood because another one could not. That one is the problem; this one is none."""


@attrs.frozen(order=True)
class Problem:
    """One line for the author: where, and what is wrong and what to write instead."""

    line: int
    message: str

    def error(self, path: str) -> DocumentError:
        """The same as an error of the file *path*."""
        return DocumentError(path, self.message, line=self.line)


class Findings:
    """Collects while a spec is read. ``lines`` has keys such as ``metrics/val_loss`` and ``budget/wall clock``."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._notes: dict[Problem, None] = {}
        self.lines: dict[str, int] = {}

    def problem(self, line: int, message: str) -> None:
        """Nothing can be carried out before this is put right."""
        self._problems[Problem(line, _short(message))] = None

    def note(self, line: int, message: str) -> None:
        """Worth a look; it stops nothing."""
        self._notes[Problem(line, _short(message))] = None

    def place(self, key: str, line: int) -> bool:
        """Remember where *key* stands; False, and a problem, when it stands somewhere already."""
        first = self.lines.setdefault(key, line)
        if first != line:
            self.problem(line, f"{key.partition('/')[2]} is already on line {first}; keep one of the two")
        return first == line

    def any_within(self, first: int, last: int) -> bool:
        """True when there is a problem on one of the lines from *first* to *last*."""
        return any(first <= problem.line <= last for problem in self._problems)

    def line(self, key: str) -> int:
        """The line of *key*, or of the nearest part above it that has one."""
        return line_of(self.lines, key)

    def reading(self, line: int) -> _Reading:
        """A context in which what is ``Unclear`` becomes a problem of *line*, and ends the context."""
        return _Reading(self, line)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """In the order of the lines."""
        return tuple(sorted(self._problems, key=_line))

    @property
    def notes(self) -> tuple[Problem, ...]:
        """In the order of the lines."""
        return tuple(sorted(self._notes, key=_line))


class _Reading:
    __slots__ = ("found", "line")

    def __init__(self, found: Findings, line: int) -> None:
        self.found = found
        self.line = line

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if not isinstance(error, Unclear):
            return False
        if not isinstance(error, Consequence):
            self.found.problem(self.line, str(error))
        return True


def _short(message: str) -> str:
    """*message* without its middle where an author's endless name made it too long to read."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 103]}...{message[-100:]}"


def line_of(lines: Mapping[str, int], key: str) -> int:
    """The line that *lines* has for *key* or for the nearest part above it; 1 where it has none."""
    while key and key not in lines:
        key = key.rpartition("/")[0]
    return lines.get(key, 1)


def _line(problem: Problem) -> int:
    return problem.line
