"""The SHA-256 of files of any length, in little memory."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import hashlib
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.io.documents.source import cannot_be_read, open_regular
from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Measured", "measure", "sha256_of", "sha256_of_bytes"]

_BLOCK: Final = 1 << 20


class Measured(NamedTuple):
    """What a file held when it was read: its SHA-256 in hex, and how many bytes that was over."""

    sha256: str
    bytes: int


def measure(path: "Path | str", shown: str | None = None) -> Measured:
    """Read the regular file *path* once, block by block.

    Raises ``DocumentError`` naming *shown* for a file that is missing, unreadable or not a regular file, and for one
    that was written to meanwhile: what was read is then neither the old content nor the new.
    """
    name = str(path) if shown is None else shown
    descriptor, before = open_regular(path, name)
    digest, length = hashlib.sha256(), 0
    try:
        while block := os.read(descriptor, _BLOCK):
            digest.update(block)
            length += len(block)
        after = os.fstat(descriptor)
    except OSError as error:
        raise cannot_be_read(name, error) from error
    finally:
        os.close(descriptor)
    if not length == before.st_size == after.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise DocumentError(name, "changed while it was read", hint="wait until nothing writes to it any more")
    return Measured(digest.hexdigest(), length)


def sha256_of(path: "Path | str", shown: str | None = None) -> str:
    """The SHA-256 (hex) of the regular file *path*. Raises as ``measure``."""
    return measure(path, shown).sha256


def sha256_of_bytes(source: bytes) -> str:
    """The SHA-256 (hex) of *source*."""
    return hashlib.sha256(source).hexdigest()
