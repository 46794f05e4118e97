"""Strict JSON (RFC 8259) as plain data, as fast as the standard library's C scanner allows.

Stricter than ``json.loads``: UTF-8 only, no key twice, no NaN or Infinity nor a number that overflows to one, no
lone surrogate, no integer of more than ``MAX_DIGITS`` characters, no nesting beyond ``MAX_DEPTH``. What is accepted
equals what ``json.loads`` gives. Words and places of a fault are found afterwards, by ``json_faults``.
"""

from __future__ import annotations

from json import JSONDecoder
from typing import TYPE_CHECKING, Any, Final

from autolab_core.io.documents.document import MAX_BYTES, MAX_DEPTH, Document, Place
from autolab_core.io.documents.json_numbers import finite_float, short_integer
from autolab_core.io.documents.source import decode_utf8, read_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["index_places", "nests_at_most", "parse_json", "read_json"]

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
# No file that we know of nests deeper, and it is settled in a tenth of the time that looking at each bracket takes.
_SHALLOW: Final = 24


def read_json(path: Path | str, shown: str | None = None, *, max_bytes: int = MAX_BYTES) -> Document:
    """The JSON file *path*; ``DocumentError`` naming *shown* (the path itself by default) for any fault."""
    name = str(path) if shown is None else shown
    return parse_json(read_source(path, name, max_bytes=max_bytes), name)


def parse_json(source: bytes, shown: str) -> Document:
    """The JSON text *source*; ``DocumentError`` naming *shown*, and a line where there is one, for any fault."""
    text = decode_utf8(source, shown)
    # Counting brackets costs a microsecond and settles nearly every file. It must come before the scanner, whose
    # recursion is bounded only by a limit that a host program may have raised beyond its stack.
    if source.count(b"[") + source.count(b"{") > MAX_DEPTH and not nests_at_most(_SHALLOW, source):
        from autolab_core.io.documents.json_faults import check_depth

        check_depth(text, shown)
    try:
        data = _DECODER.decode(text)
    except ValueError as error:
        from autolab_core.io.documents.json_faults import explain

        raise explain(text, shown, error) from error
    if b"\\ud" in source or b"\\uD" in source:
        from autolab_core.io.documents.json_faults import check_surrogates

        check_surrogates(text, data, shown)
    return Document(shown, data, source, index_places)


def nests_at_most(levels: int, source: bytes) -> bool:
    """True when *source*, JSON up to its first fault, is certain to nest no deeper than *levels*; False says nothing.

    For files with long lists, which have many brackets and nest little.
    """
    unescaped = source.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(unescaped.split(b'"')[::2]).translate(None, _NO_BRACKETS)
    for _ in range(levels // 2):
        if not brackets:
            break
        # This takes the innermost pairs away, and what then holds nothing: two levels at most.
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice")
    return members


def _no_constant(word: str) -> float:
    raise ValueError(word)


def index_places(source: bytes) -> Callable[[str], Place]:
    """Where each value of the JSON text *source* stands; see ``Document.place``."""
    from autolab_core.io.documents.json_places import index

    return index(source)


_DECODER = JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_float=finite_float,
    parse_int=short_integer,
    parse_constant=_no_constant,
)
