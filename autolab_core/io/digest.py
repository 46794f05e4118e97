"""The SHA-256 of files of any length, in little memory; of short ones without OpenSSL."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.io.documents.source import cannot_be_read, open_regular
from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash
    from pathlib import Path

__all__ = ["Measured", "load_openssl", "measure", "sha256_of", "sha256_of_bytes"]

_BLOCK: Final = 1 << 20
# OpenSSL hashes ten times as fast, and whoever imports hashlib waits for 4 MiB of it: as long as this many bytes take.
_SHORT: Final = 1 << 18


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
    digest, length = _sha256(before.st_size)(), 0
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
    return _sha256(len(source))(source).hexdigest()


def load_openssl() -> None:
    """For who will hash much, in however small pieces: from now on OpenSSL does it."""
    import hashlib  # noqa: F401 - `_sha256` sees that it is there


def _sha256(length: int) -> "Callable[..., _Hash]":
    """What makes a SHA-256 of so many bytes."""
    if _OWN is not None and length <= _SHORT and "hashlib" not in sys.modules:
        return _OWN
    import hashlib

    return hashlib.sha256


def _interpreters_own() -> "Callable[..., _Hash] | None":
    """The interpreter's own code, where it was built with it."""
    for name in ("_sha256", "_sha2"):  # up to Python 3.11, and since
        try:
            own: Callable[..., _Hash] = import_module(name).sha256
        except ImportError:
            continue
        return own
    return None


_OWN: Final = _interpreters_own()
