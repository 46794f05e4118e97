"""The text of a template as lines of pieces: text, ``{{token}}``, ``{{shared:file.md}}``. Pure.

A literal ``{{`` is written ``\\{{``. Of backslashes right before ``{{`` every two stand for one, and one that is left
over makes the braces text. Nothing else is special: a ``}}`` that closes nothing is text, and so is a single brace.
A token stands on one line.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.vocab.errors import DocumentError

__all__ = ["Include", "Line", "Piece", "Template", "Use", "parse"]

_OPEN: Final = "{{"
_CLOSE: Final = "}}"
_SHARED: Final = "shared:"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN_MAX: Final = 60


class Use(NamedTuple):
    """A token in a template."""

    name: str


class Include(NamedTuple):
    """A shared part in a template, by its path below the folder of shared parts."""

    file: str


Piece = str | Use | Include


class Line(NamedTuple):
    """One line without its end; ``number`` counts from 1."""

    number: int
    pieces: tuple[Piece, ...]


class Template(NamedTuple):
    """A template that was read; ``path`` is what messages call it."""

    path: str
    lines: tuple[Line, ...]


def parse(text: str, path: str) -> Template:
    """*text* in pieces. Raises DocumentError, with the line, for a token that is not closed or cannot be one."""
    return Template(
        path,
        tuple(
            Line(number, tuple(_pieces(line, path, number)) if _OPEN in line else ((line,) if line else ()))
            for number, line in enumerate(text.split("\n"), 1)
        ),
    )


def _pieces(line: str, path: str, number: int) -> Iterator[Piece]:
    said, position = "", 0
    while (start := line.find(_OPEN, position)) >= 0:
        before = line[position:start]
        slashes = len(before) - len(before.rstrip("\\"))
        said += before[: len(before) - (slashes + 1) // 2]
        if slashes % 2:
            said += _OPEN
            position = start + len(_OPEN)
            continue
        end = line.find(_CLOSE, start + len(_OPEN))
        if end < 0:
            raise _refused(path, number, f"{_cut(line[start:])!r} is never closed on its line")
        if said:
            yield said
        said, position = "", end + len(_CLOSE)
        yield _piece(line[start + len(_OPEN) : end].strip(), path, number)
    said += line[position:]
    if said:
        yield said


def _piece(inner: str, path: str, number: int) -> Piece:
    if inner.startswith(_SHARED):
        return Include(inner.removeprefix(_SHARED).strip())
    if not _NAME.fullmatch(inner):
        raise _refused(path, number, f"{_cut(inner)!r} between {{{{ and }}}} is no name of a token")
    return Use(inner)


def _refused(path: str, number: int, message: str) -> DocumentError:
    return DocumentError(path, message, line=number, hint=r"write \{{ for two braces that are text")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
