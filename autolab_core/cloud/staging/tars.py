"""The files of this machine as tars, each read and looked at on its way."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from autolab_core.cloud.runner.shards import tar_of
from autolab_core.io.documents.source import cannot_be_read, open_regular
from autolab_core.vocab.errors import UsageError

__all__ = ["Packed", "pack", "pack_gzip", "read_whole"]

_EXECUTABLE: Final = 0o755
_PLAIN: Final = 0o644


class Packed(NamedTuple):
    """A member: its ``name`` in the tar, the ``path`` where it lies, and, of a link, its target."""

    name: str
    path: str
    link: str | None = None


def pack(members: Iterable[Packed], look: Callable[[str, bytes], None]) -> bytes:
    """The tar of *members*, in their order. *look* is shown each file's path and content, and may raise.

    Raises DocumentError for a file that cannot be read, and UsageError for a name that is no UTF-8.
    """
    return tar_of(_read(members, look))


def pack_gzip(members: Iterable[Packed], look: Callable[[str, bytes], None]) -> bytes:
    """``pack``, compressed."""
    return gzip.compress(pack(members, look), compresslevel=6, mtime=0)


def _read(members: Iterable[Packed], look: Callable[[str, bytes], None]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for each in members:
        _require_utf8(each.name)
        member = tarfile.TarInfo(each.name)
        if each.link is not None:
            member.type, member.linkname = tarfile.SYMTYPE, each.link
            yield member, b""
            continue
        data, executable = read_whole(each.path, each.name)
        look(each.name, data)
        member.mode = _EXECUTABLE if executable else _PLAIN
        yield member, data


def read_whole(path: str, shown: str) -> tuple[bytes, bool]:
    """What the regular file *path* holds, and whether it may be executed. Raises DocumentError."""
    descriptor, status = open_regular(path, shown)
    try:
        with open(descriptor, "rb") as file:
            return file.read(), bool(status.st_mode & 0o100)
    except OSError as error:
        raise cannot_be_read(shown, error) from error


def _require_utf8(name: str) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{os.fsencode(name)!r} cannot be sent: its name is no UTF-8; rename it") from None
