"""The system calls that Python has no function for. x86_64 and arm64."""

from __future__ import annotations

import ctypes
import os
import platform

__all__ = ["CLONE_NEWNS", "CLONE_NEWPID", "CLONE_NEWUSER", "exchange", "libc", "number", "ok", "syscall"]

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
_AT_FDCWD = -100
_EXCHANGE = 2

# name: (x86_64, arm64). From 424 on the numbers are the same everywhere.
_NUMBERS = {
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    "io_getevents": (208, 4),
    "pivot_root": (155, 41),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "openat2": (437, 437),
    "pidfd_getfd": (438, 438),
    "mount_setattr": (442, 442),
    "fchmodat2": (452, 452),
}


def number(name: str) -> int:
    """A system call's number on this processor."""
    return _NUMBERS[name][platform.machine() != "x86_64"]


def ok(answer: int) -> int:
    """The answer of a call, or OSError when it is negative."""
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer


def syscall(name: str, *arguments: object) -> int:
    """Make a system call; OSError when it fails. Numbers are passed as 64 bits."""
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return ok(libc.syscall(ctypes.c_long(number(name)), *wide))


def exchange(one: str, other: str) -> None:
    """Give each of two paths what the other one names (renameat2(2))."""
    ok(libc.renameat2(_AT_FDCWD, one.encode(), _AT_FDCWD, other.encode(), _EXCHANGE))
