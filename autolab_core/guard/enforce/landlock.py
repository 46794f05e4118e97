"""Landlock: which rights are handled, and the ruleset of a plan.

Reading and executing are never handled, so that nothing is hidden; every right that writes is. Sources: the kernel's
include/uapi/linux/landlock.h and https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from autolab_core.guard.enforce import syscalls

__all__ = ["ABI_NEEDED", "ABI_NETWORK", "ABI_SCOPES", "missing_because", "restrict", "usable_abi"]

# Before it, truncate(2) and O_TRUNC on a file opened for reading are not mediated: a file can be emptied.
ABI_NEEDED: Final = 3
ABI_NETWORK: Final = 4
ABI_SCOPES: Final = 6

_WRITE_FILE: Final = 1 << 1
_TRUNCATE: Final = 1 << 14
_FILE: Final = _WRITE_FILE | _TRUNCATE
# Removing and making entries of every kind, and linking or renaming them between folders.
_FOLDER: Final = sum(1 << bit for bit in (4, 5, 6, 7, 8, 9, 10, 11, 12, 13))
_CONNECT_TCP: Final = 1 << 1
_ABSTRACT_SOCKETS: Final = 1 << 0
_SIGNALS: Final = 1 << 1


def usable_abi() -> int:
    """Landlock's version where it is good enough to count. Raises OSError where it is not, with ENOSYS when it is too
    old: see ``missing_because``."""
    abi = syscalls.landlock_abi()
    if abi < ABI_NEEDED:
        raise OSError(errno.ENOSYS, f"Landlock ABI {abi} lets a file be emptied by truncate(2)")
    return abi


def missing_because(error: OSError) -> str:
    """Why Landlock is not to be had, and what would have to be installed or allowed."""
    if error.errno == errno.EOPNOTSUPP:
        return "Landlock is switched off; add `landlock` to the kernel parameter lsm= and start the machine again"
    if error.errno == errno.ENOSYS and str(error.strerror).startswith("Landlock ABI"):
        return f"{error.strerror}; ABI {ABI_NEEDED} needs Linux 6.2 or RHEL 9.6"
    if error.errno == errno.ENOSYS:
        return (
            f"the kernel has no Landlock, or a seccomp filter hides it; it needs Linux 6.2 or RHEL 9.6 built with "
            f"CONFIG_SECURITY_LANDLOCK (this is {os.uname().release})"
        )
    return (
        f"Landlock is denied ({error.strerror}), as a seccomp filter does; let the container's profile allow the "
        "system calls landlock_create_ruleset, landlock_add_rule and landlock_restrict_self"
    )


def restrict(trees: Iterable[str], *, abi: int, ports: tuple[int, ...] | None, streams: Iterable[int] = ()) -> None:
    """Hold this thread to writing in *trees* (files, and folders with all below them), for good.

    What has gone since the plan was made gets no rule. The files that the descriptors *streams* write to may be opened
    anew, as `/dev/stdout` is. *ports*: the TCP ports that may be connected to, None for all.
    From ABI 6 on signals and abstract sockets reach no process outside. Raises OSError; then nothing is restricted.
    """
    handled_net = _CONNECT_TCP if ports is not None else 0
    scoped = _ABSTRACT_SOCKETS | _SIGNALS if abi >= ABI_SCOPES else 0
    ruleset = syscalls.landlock_create(_FILE | _FOLDER, handled_net, scoped)
    try:
        for path in trees:
            _allow(ruleset, path)
        for descriptor in streams:
            _allow_file(ruleset, descriptor)
        for port in ports or ():
            syscalls.landlock_add_port(ruleset, _CONNECT_TCP, port)
        syscalls.landlock_restrict(ruleset)
    finally:
        os.close(ruleset)


def _allow_file(ruleset: int, descriptor: int) -> None:
    with suppress(OSError):  # closed by the caller
        writes = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
        if writes and stat.S_ISREG(os.fstat(descriptor).st_mode):
            syscalls.landlock_add_path(ruleset, _FILE, descriptor)


def _allow(ruleset: int, path: str) -> None:
    try:
        # Never through a link at the end: it may lead to what is protected.
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return  # gone, or behind a folder that we may not enter: nothing that we could write
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISLNK(mode):
            syscalls.landlock_add_path(ruleset, _FILE | _FOLDER if stat.S_ISDIR(mode) else _FILE, descriptor)
    finally:
        os.close(descriptor)
