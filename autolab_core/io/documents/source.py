"""The bytes of a file: regular files only, never more than asked for, and UTF-8 where they are text."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from autolab_core.io.documents.document import MAX_BYTES
from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cannot_be_read", "decode_utf8", "open_regular", "read_source"]

# O_NONBLOCK: opening a FIFO that nobody writes to returns at once instead of hanging; it means nothing for a file.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_source(path: Path | str, shown: str | None = None, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The whole content of the regular file *path*, at most *max_bytes* long.

    Raises ``DocumentError`` naming *shown* for a file that is missing, unreadable, too long (before it is read)
    or not a regular file. It never waits for a writer and never reads more than *max_bytes* and one byte, even
    when the file grows meanwhile.
    """
    name = str(path) if shown is None else shown
    descriptor, status = open_regular(path, name)
    try:
        return _read_bounded(descriptor, name, status.st_size, max_bytes)
    except OSError as error:
        raise cannot_be_read(name, error) from error
    finally:
        os.close(descriptor)


def open_regular(path: Path | str, name: str) -> tuple[int, os.stat_result]:
    """A descriptor of the regular file *path*, for the caller to read and close, and its status.

    Raises ``DocumentError`` naming *name* for what is missing, may not be read or is no regular file. Never waits.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise DocumentError(name, _why_not_opened(path, error)) from error
    except ValueError as error:  # a NUL or a lone surrogate in the path
        raise DocumentError(name, "is not a path that a file can have") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError(name, f"is {_KINDS.get(stat.S_IFMT(status.st_mode), 'something else')}, not a file")
    except OSError as error:
        os.close(descriptor)
        raise cannot_be_read(name, error) from error
    except DocumentError:
        os.close(descriptor)
        raise
    return descriptor, status


def cannot_be_read(name: str, error: OSError) -> DocumentError:
    """The ``DocumentError`` for *error*, which came up while *name* was read."""
    return DocumentError(name, f"cannot be read: {_words(error)}")


def _read_bounded(descriptor: int, name: str, size: int, max_bytes: int) -> bytes:
    if size > max_bytes:
        raise _too_long(name, f"is {size} bytes long", max_bytes)
    source = os.read(descriptor, size + 1)
    if not source:
        return source
    chunks = [source]
    length = len(source)
    # A file may be longer than its status says: it grew, or it stands in /proc. One byte beyond the bound is proof.
    while length <= max_bytes:
        chunk = os.read(descriptor, min(1 << 20, max_bytes + 1 - length))
        if not chunk:
            return source if len(chunks) == 1 else b"".join(chunks)
        chunks.append(chunk)
        length += len(chunk)
    raise _too_long(name, "grew while it was read", max_bytes)


def _too_long(name: str, fact: str, max_bytes: int) -> DocumentError:
    return DocumentError(name, f"{fact}; the limit is {max_bytes} bytes")


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _why_not_opened(path: Path | str, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        if os.path.islink(path):
            return "is a symbolic link to something that does not exist"
        return "does not exist"
    if error.errno == errno.ENOTDIR:
        return "does not exist: a part of its path is a file"
    if error.errno == errno.ELOOP:
        return "is a symbolic link that leads back to itself"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "may not be read: permission denied"
    if error.errno == errno.ENXIO:  # what open(2) says of a socket
        return "is a socket or a device without a driver, not a file"
    if error.errno == errno.ENAMETOOLONG:
        return "does not exist: its name is longer than the file system allows"
    return f"cannot be opened: {_words(error)}"


def decode_utf8(source: bytes, shown: str) -> str:
    """*source* as text; ``DocumentError`` with the line of the first bad byte when it is not plain UTF-8."""
    if source[:3] == b"\xef\xbb\xbf":
        hint = "save it as UTF-8 without a byte order mark"
        raise DocumentError(shown, "starts with a byte order mark", line=1, column=1, hint=hint)
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DocumentError(shown, "is UTF-16 text, not UTF-8", line=1, column=1, hint="save it as UTF-8")
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        before = source[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        message = f"is not UTF-8 text: byte 0x{source[error.start]:02x}"
        raise DocumentError(shown, message, line=line, column=column, hint="save it as UTF-8") from error
