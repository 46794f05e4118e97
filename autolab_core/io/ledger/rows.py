"""Rows of the ledger as bytes and back: a Markdown table whose cells can hold any text."""

# No `from __future__ import annotations`: see autolab_core/models/ledger.py.

import re
from typing import Final

from autolab_core.io.digest import sha256_of_bytes
from autolab_core.models.ledger import LedgerRow

__all__ = ["HEAD", "HEADER", "cell_of", "cells_of", "digest", "format_row", "parse_row", "previous_of", "text_of"]

_COLUMNS: Final = (*(name.replace("native_state", "native state") for name in LedgerRow._fields[:-1]), "previous hash")
HEADER: Final = f"| {' | '.join(_COLUMNS)} |".encode()
# What the file begins with: a title, and the head of the table.
HEAD: Final = b"# Slurm jobs\n\n" + HEADER + b"\n|" + b"---|" * len(_COLUMNS) + b"\n"

_JOINT: Final = " + "
_HASH: Final = re.compile(r"[0-9a-f]{64}")
# What means something in a cell of a Markdown table, or ends one. `_` is left alone: ids are full of it.
_MARKUP: Final = frozenset("&|`<>*[]\\~")
_ESCAPED: Final = r"&#([0-9]{1,7});"
_LAST_CHARACTER: Final = 0x10FFFF


def digest(line: bytes) -> str:
    """The SHA-256 (hex) of a line as it stands in the file, without its newline."""
    return sha256_of_bytes(line)


def format_row(row: LedgerRow) -> bytes:
    """The line of *row*, without a newline. ``parse_row`` gives *row* back, whatever its texts hold."""
    return f"| {' | '.join([*map(_escape, row[:-1]), _JOINT.join(row.previous)])} |".encode()


def cell_of(text: str) -> bytes:
    """*text* as it is written into a cell; ``text_of`` gives it back."""
    return _escape(text).encode()


def cells_of(line: bytes) -> list[bytes] | None:
    """The cells of *line* as they are written, None when it is no row: not so many cells, or not ended.

    A cell never holds a bare ``|``, so that a row that was cut short never passes for a whole one.
    """
    if not (line.startswith(b"| ") and line.endswith(b" |")):
        return None
    cells = line[2:-2].split(b" | ")
    return cells if len(cells) == len(_COLUMNS) else None


def previous_of(cell: bytes) -> tuple[str, ...]:
    """The hashes in the last cell of a row; empty when anything else stands there."""
    hashes = cell.decode("ascii", "replace").split(_JOINT)
    return tuple(hashes) if all(_HASH.fullmatch(each) for each in hashes) else ()


def text_of(cell: bytes) -> str:
    """The text of a cell. What we would not have written is taken as it stands."""
    text = cell.decode("utf-8", "replace")
    return re.sub(_ESCAPED, _character, text) if "&" in text else text


def parse_row(line: bytes) -> LedgerRow | None:
    """The row that stands in *line*, or None when none does."""
    cells = cells_of(line)
    previous = previous_of(cells[-1]) if cells else ()
    return LedgerRow._make([*map(text_of, cells[:-1]), previous]) if cells and previous else None


def _escape(text: str) -> str:
    """*text* with every character that is markup or cannot be seen as a numeric character reference."""
    if text.isprintable() and _MARKUP.isdisjoint(text) and text == text.strip(" "):
        return text
    last = len(text) - 1
    return "".join(
        f"&#{ord(c)};" if c in _MARKUP or not c.isprintable() or (c == " " and index in (0, last)) else c
        for index, c in enumerate(text)
    )


def _character(found: re.Match[str]) -> str:
    number = int(found[1])
    return chr(number) if number <= _LAST_CHARACTER else found[0]
