"""Two calls of Linux that Python has no name for: ``renameat2`` and ``syncfs``."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

__all__ = ["exchange", "sync_file_system"]

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
# What a kernel, a C library or a file system says that knows no exchange (renameat2(2), "ERRORS").
_NOT_KNOWN: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})


def exchange(one: str, other: str) -> bool:
    """Let the paths *one* and *other*, of one file system, change their names in one step; False where that is not
    known. Raises OSError."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_KNOWN:
        return False
    raise OSError(number, os.strerror(number), one, None, other)


def sync_file_system(path: str) -> None:
    """Let everything that was written to the file system of the folder *path* be on the disk when this returns.

    One call instead of one for each file: ten thousand small files would take minutes. Raises OSError.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        os.sync()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if call(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
    finally:
        os.close(descriptor)
