"""Where the tables and keys of a TOML text stand. ``tomllib`` has accepted the text, so that little can be met here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from autolab_core.io.documents.document import Place, join_pointer, nearest

__all__ = ["index"]

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY: Final = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_STATEMENT: Final = re.compile(
    rf"[ \t]*(?:(?P<array>\[\[)[ \t]*(?P<element>{_KEY})[ \t]*\]\]|\[[ \t]*(?P<table>{_KEY})[ \t]*\]"
    rf"|(?P<key>{_KEY})[ \t]*=)?"
)
_STRING: Final = r"""\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
_VALUE: Final = re.compile(rf"(?P<string>{_STRING})|#[^\n]*|(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<end>\n)", re.DOTALL)


def index(source: bytes) -> Callable[[str], Place]:
    """What gives the place of a pointer into the TOML text *source*. Values inside a value stand where its key does."""
    places = {"": Place(1, 1)}
    for pointer, place in _statements(source.decode()):
        places.setdefault(pointer, place)
    return partial(nearest, places)


def _statements(text: str) -> Iterator[tuple[str, Place]]:
    """Each table and key with its place, and what is above it by a dotted key; in the order of the text."""
    base, at, line, start = "", 0, 1, 0
    elements: Counter[str] = Counter()
    while at < len(text):
        found = _STATEMENT.match(text, at)
        name = found and (found["element"] or found["table"] or found["key"])
        if found and name:
            opening = found.start() + len(found[0]) - len(found[0].lstrip())
            place = Place(line, opening - start + 1)
            pointer = base if found["key"] else ""
            for part in re.findall(_PART, name):
                pointer = join_pointer(pointer, _bare(part))
                yield pointer, place
            if found["array"]:
                pointer = f"{pointer}/{elements[pointer]}"
                elements[pointer.rpartition("/")[0]] += 1
                yield pointer, place
            if not found["key"]:
                base = pointer
        end = _end(text, found.end() if found else at)
        line += text.count("\n", at, end)
        at = start = end


def _end(text: str, at: int) -> int:
    """Where the next statement begins: after the line's end that is outside of strings and brackets."""
    depth = 0
    for token in _VALUE.finditer(text, at):
        depth += bool(token["open"]) - bool(token["close"])
        if token["end"] and depth <= 0:
            return token.end()
    return len(text)


def _bare(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    if part[0] == '"':
        import tomllib

        value: str = tomllib.loads(f"x = {part}")["x"]
        return value
    return part
