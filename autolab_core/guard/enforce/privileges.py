"""What a guarded command is not given: capabilities, new privileges, and descriptors that lead out."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from typing import Final

from autolab_core.guard.enforce import syscalls
from autolab_core.guard.enforce.syscalls import CAPABILITIES

__all__ = ["close_descriptors", "drop", "has_sys_admin", "see_standard_files_from_inside"]

# Without these root cannot do what root's ordinary programs do (chown, cp -p, su to a user); none of them reaches
# around a read-only mount or Landlock. SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH (open_by_handle_at), MKNOD, SYS_RAWIO
# and LINUX_IMMUTABLE do, or would.
_KEPT: Final = sum(
    1 << CAPABILITIES[name] for name in ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID")
)


def drop() -> None:
    """Keep of this process's capabilities those that ordinary work needs, and let no program gain any.

    A user keeps none. Raises OSError when the kernel refuses.
    """
    # Without new privileges a program is given no capability that is not permitted here (capabilities(7), "execve"),
    # so that the bounding set, which takes a call for each of forty, need not be emptied as well.
    syscalls.forbid_new_privileges()
    syscalls.set_capabilities(syscalls.capabilities()[1] & _KEPT if os.geteuid() == 0 else 0)


def has_sys_admin() -> bool:
    """Whether this process may make namespaces and mounts without a user namespace."""
    return bool(syscalls.capabilities()[0] >> CAPABILITIES["SYS_ADMIN"] & 1)


def close_descriptors(keep: frozenset[int]) -> None:
    """Close every descriptor but the three standard ones and *keep*. A standard one that is a folder becomes empty:
    through it everything below could be opened as it was before the guard."""
    for descriptor in range(3):
        with suppress(OSError):
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                nothing = os.open(os.devnull, os.O_RDWR)
                os.dup2(nothing, descriptor)
                os.close(nothing)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in keep:
            with suppress(OSError):  # the one that listed them is closed already
                os.close(int(name))


def see_standard_files_from_inside() -> None:
    """Open the standard descriptors that read a file anew where that file is read-only in this mount namespace.

    The old one came through a mount of the caller's, and whoever opens `/proc/self/fd/0` opens what it leads to: after
    `command < spec` the spec could be written that way. The place in the file is kept.
    """
    for descriptor in range(3):
        with suppress(OSError):
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or os.fstatvfs(descriptor).f_flag & os.ST_RDONLY:
                continue
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            if flags & os.O_ACCMODE != os.O_RDONLY:
                continue
            path = os.readlink(f"/proc/self/fd/{descriptor}")
            anew = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags & os.O_APPEND)
            try:
                if os.path.samestat(os.fstat(anew), status) and os.fstatvfs(anew).f_flag & os.ST_RDONLY:
                    fcntl.fcntl(anew, fcntl.F_SETFL, flags)
                    os.lseek(anew, os.lseek(descriptor, 0, os.SEEK_CUR), os.SEEK_SET)
                    os.dup2(anew, descriptor)
            finally:
                os.close(anew)
