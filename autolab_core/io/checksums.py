"""A run's checksum list: the text that ``sha256sum`` of the GNU coreutils writes and ``sha256sum -c`` reads. Pure.

A line is 64 hex digits, a blank, a blank or ``*`` (the mark of binary mode, which means nothing on POSIX) and a name.
Where the name holds a backslash, a newline or a carriage return, these are written ``\\\\``, ``\\n`` and ``\\r``, and
the line begins with a backslash ("cksum output modes" in the manual of coreutils 9). Names are the file system's own
bytes; as text, bytes that are no UTF-8 are surrogates (``os.fsdecode``).
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import os
from collections.abc import Iterable
from typing import Final, NamedTuple

from autolab_core.io.documents.document import in_quotes
from autolab_core.vocab.errors import DocumentError

__all__ = ["Entry", "parse", "render"]

_DIGITS: Final = 64
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_SEPARATORS: Final = (b"  ", b" *")
_ESCAPES: Final = {b"\\": b"\\", b"n": b"\n", b"r": b"\r"}
_HINT: Final = "write it with `sha256sum`"


class Entry(NamedTuple):
    """A file and its SHA-256 in lower-case hex. ``name`` is relative to the folder that the list is about."""

    name: str
    sha256: str


def render(entries: Iterable[Entry]) -> bytes:
    """The list of *entries*, sorted by the bytes of their names.

    Raises ValueError for a name that ``parse`` would refuse, and for one that is there twice.
    """
    lines: dict[bytes, bytes] = {}
    for name, sha256 in entries:
        problem = _problem(name)
        if problem is not None:
            raise ValueError(f"{name!r} {problem}")
        raw = os.fsencode(name)
        if raw in lines:
            raise ValueError(f"{name!r} is there twice")
        lines[raw] = _line(raw, sha256)
    return b"".join(lines[raw] for raw in sorted(lines))


def parse(source: bytes, shown: str) -> tuple[Entry, ...]:
    """The entries of the list *source*, in its order, each name once; a leading ``./`` is dropped.

    Raises ``DocumentError`` naming *shown* and the line for anything that is no such list, for a name that could lead
    out of the folder, and for one that is there twice with different hashes. An empty list is refused: it proves
    nothing.
    """
    if not source:
        raise DocumentError(shown, "is empty: it names no file", hint=_HINT)
    known: dict[str, str] = {}
    lines = source.split(b"\n")
    if lines.pop():
        raise DocumentError(shown, "ends in the middle of a line", line=len(lines) + 1, hint="it was cut short")
    for number, line in enumerate(lines, 1):
        try:
            name, sha256 = _entry(line)
        except ValueError as error:
            raise DocumentError(shown, str(error), line=number, hint=_HINT) from None
        if known.setdefault(name, sha256) != sha256:
            raise DocumentError(shown, f"names {in_quotes(name)} twice, with different hashes", line=number, hint=_HINT)
    return tuple(Entry(name, sha256) for name, sha256 in known.items())


def _line(name: bytes, sha256: str) -> bytes:
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return b"%s%s  %s\n" % (b"" if escaped == name else b"\\", sha256.encode("ascii"), escaped)


def _entry(line: bytes) -> Entry:
    escaped = line.startswith(b"\\")
    rest = line[1:] if escaped else line
    digits, separator, raw = rest[:_DIGITS], rest[_DIGITS : _DIGITS + 2], rest[_DIGITS + 2 :]
    if len(digits) < _DIGITS or set(digits) - _HEX or separator not in _SEPARATORS:
        raise ValueError(f"is not {_DIGITS} hex digits, two blanks and a name")
    if b"\r" in raw:
        raise ValueError("holds a carriage return that is not written as \\r: its line ends may have been changed")
    name = os.fsdecode(_unescaped(raw) if escaped else raw).removeprefix("./")
    problem = _problem(name)
    if problem is not None:
        raise ValueError(f"names {in_quotes(name)}, which {problem}")
    return Entry(name, digits.decode("ascii").lower())


def _unescaped(raw: bytes) -> bytes:
    import re

    try:
        return re.sub(rb"\\(.?)", lambda found: _ESCAPES[found[1]], raw, flags=re.DOTALL)
    except KeyError:
        raise ValueError("holds a backslash that is followed by none of \\, n and r") from None


def _problem(name: str) -> str | None:
    """Why *name* is no plain path below a folder, as the end of "… which …"; None when it is one."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "holds a NUL, which no file name can"
    if name.startswith("/"):
        return "is absolute"
    parts = name.split("/")
    if ".." in parts:
        return "may lead out of the folder"
    return "is not a plain path" if "" in parts or "." in parts else None
