"""What this machine remembers of the row that it appended last: no later row vouches for that one yet.

The seal is local and no part of the ledger: it is not committed, may be lost, and is then not missed. It says that a
row was edited or removed before another followed it.
"""

# No `from __future__ import annotations`: see autolab_core/models/ledger.py.

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from autolab_core.io.ledger.rows import digest

__all__ = ["Seal", "broken_at", "read_seal", "write_seal"]

_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MOST_BYTES: Final = 4096


class Seal(NamedTuple):
    """The SHA-256 (hex) of a line, and the byte that it began at when it was appended."""

    sha256: str
    offset: int


def write_seal(path: Path, seal: Seal) -> None:
    """Remember *seal*, as well as can be: the row is on the disk, and an error here would deny it."""
    with suppress(OSError):
        descriptor = os.open(path, _WRITE, 0o666)
        try:
            # Always as long as before, and written over it: some file systems sync a file that was cut to nothing.
            text = f'{{"sha256": "{seal.sha256}", "offset": {seal.offset:>20}, "check": "{_check(seal)}"}}\n'
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def read_seal(path: Path) -> Seal | None:
    """The seal, None where there is none that can be read."""
    try:
        descriptor = os.open(path, _READ)
        try:
            found = json.loads(os.read(descriptor, _MOST_BYTES))
        finally:
            os.close(descriptor)
        seal = Seal(str(found["sha256"]), int(found["offset"]))
        return seal if seal.offset >= 0 and found["check"] == _check(seal) else None
    except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return None


def _check(seal: Seal) -> str:
    """What tells a seal from one that was half overwritten when its writer died."""
    return digest(f"{seal.sha256} {seal.offset}".encode("ascii", "replace"))


def broken_at(seal: Seal, source: bytes) -> int | None:
    """The line (from 1) of the ledger *source* where the sealed row stood, None when the row is there."""
    if any(digest(line) == seal.sha256 for line in reversed(source.split(b"\n"))):
        return None
    return source.count(b"\n", 0, seal.offset) + 1
