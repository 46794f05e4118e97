"""Where each value of a JSON text stands. Run only when somebody asks; the text is known to be JSON up to there."""

# No `from __future__ import annotations`: see document.py.

import json
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from autolab_core.io.documents.document import Place, join_pointer, nearest, place_at

__all__ = ["Value", "index", "strings", "values"]

# Possessive quantifiers: no backtracking, so the time is linear whatever the text holds.
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN: Final = re.compile(rf"[ \t\n\r]*+(?:({_STRING})|([\[{{])|([\]}}])|([:,])|([-+.\w]++))", re.DOTALL)
_OPEN, _CLOSE, _MARK = 2, 3, 4
# An index of a text longer than this would cost more memory than the text deserves; each question scans it again.
_INDEXED: Final = 1 << 20


class Value(NamedTuple):
    """A value: its pointer, the offset of its key (or of itself where it has none), its own offset."""

    pointer: str
    place: int
    start: int


def values(text: str) -> Iterator[Value]:
    """Every value of *text* in its order, a container before what it holds. Ends early where *text* is not JSON."""
    parents: list[str] = []  # the pointers of the open containers
    counts: list[int] = []  # beside them: how many items an array had so far, -1 for an object
    key: tuple[str, int] | None = None
    end = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastindex or 0
        start = token.start(kind)
        if token.start() != end:
            return
        end = token.end()
        if kind == _MARK:
            continue
        if kind == _CLOSE:
            if not parents:
                return
            del parents[-1], counts[-1]
        elif counts and counts[-1] < 0 and key is None:
            if text[start] != '"':
                return
            key = (_unquoted(token[1]), start)
        else:
            pointer, place = "", start
            if key is not None:
                pointer, place = join_pointer(parents[-1], key[0]), key[1]
                key = None
            elif counts:
                pointer = f"{parents[-1]}/{counts[-1]}"
                counts[-1] += 1
            yield Value(pointer, place, start)
            if kind == _OPEN:
                parents.append(pointer)
                counts.append(-1 if text[start] == "{" else 0)
        if not parents:
            return


def strings(text: str) -> Iterator[tuple[int, str]]:
    """Every string of the JSON *text*, keys too: its offset and what it stands for."""
    for token in _TOKEN.finditer(text):
        if token.lastindex == 1:
            yield token.start(1), _unquoted(token[1])


def index(source: bytes) -> Callable[[str], Place]:
    """A function from a pointer to its place in *source*, which is valid JSON."""
    text = source.decode()
    if len(text) > _INDEXED:
        return lambda pointer: place_at(text, _scan_for(text, pointer))
    places = {value.pointer: value.place for value in values(text)}
    return lambda pointer: place_at(text, nearest(places, pointer))


def _unquoted(string: str) -> str:
    return str(json.loads(string)) if "\\" in string else string[1:-1]


def _scan_for(text: str, pointer: str) -> int:
    found = 0
    for value in values(text):
        # Containers come before what they hold, so the last ancestor seen is the nearest one.
        if pointer == value.pointer or pointer.startswith(value.pointer + "/") or not value.pointer:
            found = value.place
            if pointer == value.pointer:
                break
    return found
