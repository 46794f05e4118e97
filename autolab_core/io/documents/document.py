"""A document: the data of one file, the bytes it came from, and where in them each value stands."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "Place", "in_quotes", "join_pointer", "nearest", "place_at"]

_T = TypeVar("_T")

MAX_BYTES: Final = 32 * 1024 * 1024
# Deeper than any file we know of, and far below where a recursive reader of the data would fail.
MAX_DEPTH: Final = 100


class Place(NamedTuple):
    """A line and a column, both counted from 1. Only ``\\n`` ends a line; columns are characters, not bytes."""

    line: int
    column: int


class Document:
    """What a file holds. Made by ``read_json``, ``read_yaml`` and their ``parse_`` forms; not to be changed.

    ``shown`` is the path as the user knows it, ``data`` plain dict, list, str, int, float, bool or None,
    ``source`` the bytes that were judged (hash these, not the file: it may change under us).
    """

    __slots__ = ("_index", "_lookup", "data", "shown", "source")

    def __init__(self, shown: str, data: Any, source: bytes, index: Callable[[bytes], Callable[[str], Place]]) -> None:
        self.shown = shown
        self.data = data
        self.source = source
        self._index = index
        self._lookup: Callable[[str], Place] | None = None

    def __repr__(self) -> str:
        return f"Document({self.shown!r}, {len(self.source)} bytes)"

    def place(self, pointer: str) -> Place:
        """Where the value at the RFC 6901 *pointer* stands: for a member of a mapping the place of its key.

        A pointer to something that does not exist gives its nearest ancestor that does; "" and what is not a
        pointer at all give the place of the whole document. Below a YAML alias that is the place of the alias.
        Nothing is scanned before the first call.
        """
        if self._lookup is None:
            self._lookup = self._index(self.source)
        return self._lookup(pointer)


def place_at(text: str, offset: int) -> Place:
    """The place of the character *offset* of *text*."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def join_pointer(parent: str, key: str) -> str:
    """The pointer to the member *key* of the mapping at *parent* (RFC 6901 section 3: ``~`` first, then ``/``)."""
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return f"{parent}/{key}"


def in_quotes(text: str) -> str:
    """*text* for a message: in double quotes, on one line, and never long."""
    import json

    return json.dumps(text if len(text) <= 60 else text[:57] + "...", ensure_ascii=False)


def nearest(places: Mapping[str, _T], pointer: str) -> _T:
    """What *places* holds for *pointer* or for its nearest ancestor; it always holds the whole document, ""."""
    while pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places[pointer]
