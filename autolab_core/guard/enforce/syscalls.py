"""The few system calls that Python has no function for. Numbers and structures are the kernel's own (uapi headers)."""

from __future__ import annotations

import ctypes
import os
from typing import Final

__all__ = [
    "CAPABILITIES",
    "Capabilities",
    "become_subreaper",
    "capabilities",
    "die_with_parent",
    "forbid_new_privileges",
    "landlock_abi",
    "landlock_add_path",
    "landlock_add_port",
    "landlock_create",
    "landlock_restrict",
    "set_capabilities",
    "setns",
]

# The same on every architecture: they came after the numbers were made equal (Linux 5.1).
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_FLAG: Final = 1
_RULE_PATH: Final = 1
_RULE_PORT: Final = 2

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x20080522

# linux/capability.h, by number.
CAPABILITIES: Final = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "FSETID": 4,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SYS_ADMIN": 21,
}


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _PortRule(ctypes.Structure):
    _fields_ = (("allowed_access", ctypes.c_uint64), ("port", ctypes.c_uint64))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class Capabilities(ctypes.Structure):
    """One half (32 capabilities) of a process's three sets."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
# With the types told once a call is ten times cheaper, and there are dozens before a command starts.
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)


def _checked(answer: int, what: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return answer


def _long(number: int) -> ctypes.c_long:
    return ctypes.c_long(number)


def landlock_abi() -> int:
    """The version of Landlock that this kernel offers. Raises OSError: ENOSYS without Landlock, EOPNOTSUPP where it
    was not switched on at boot, anything else where a filter denies the call."""
    answer = _libc.syscall(_long(_CREATE_RULESET), None, _long(0), _long(_VERSION_FLAG))
    return _checked(answer, "landlock_create_ruleset")


def landlock_create(handled_fs: int, handled_net: int, scoped: int) -> int:
    """The descriptor of a new ruleset. Raises OSError."""
    # An older kernel takes the longer structure as long as what it does not know is zero.
    ruleset = _Ruleset(handled_fs, handled_net, scoped)
    answer = _libc.syscall(_long(_CREATE_RULESET), ctypes.byref(ruleset), _long(ctypes.sizeof(ruleset)), _long(0))
    return _checked(answer, "landlock_create_ruleset")


def landlock_add_path(ruleset: int, access: int, path_fd: int) -> None:
    """Allow *access* below the folder, or to the file, that *path_fd* names. Raises OSError."""
    rule = _PathRule(access, path_fd)
    answer = _libc.syscall(_long(_ADD_RULE), _long(ruleset), _long(_RULE_PATH), ctypes.byref(rule), _long(0))
    _checked(answer, "landlock_add_rule")


def landlock_add_port(ruleset: int, access: int, port: int) -> None:
    """Allow *access* to the TCP port *port*. Raises OSError."""
    rule = _PortRule(access, port)
    answer = _libc.syscall(_long(_ADD_RULE), _long(ruleset), _long(_RULE_PORT), ctypes.byref(rule), _long(0))
    _checked(answer, "landlock_add_rule")


def landlock_restrict(ruleset: int) -> None:
    """Hold this thread, and all that it starts, to *ruleset* for good. Raises OSError."""
    _checked(_libc.syscall(_long(_RESTRICT_SELF), _long(ruleset), _long(0)), "landlock_restrict_self")


def _prctl(option: int, value: int, what: str) -> None:
    _checked(_libc.prctl(option, value, 0, 0, 0), what)


def forbid_new_privileges() -> None:
    """From here on no program gains rights by being started: set-user-ID and file capabilities count for nothing."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "prctl(PR_SET_NO_NEW_PRIVS)")


def die_with_parent(number: int) -> None:
    """Let the kernel send signal *number* to this process when the thread that started it ends."""
    _prctl(_PR_SET_PDEATHSIG, number, "prctl(PR_SET_PDEATHSIG)")


def become_subreaper(*, wanted: bool = True) -> None:
    """Become the parent of every descendant that loses its own; with *wanted* false, be it no more."""
    _prctl(_PR_SET_CHILD_SUBREAPER, int(wanted), "prctl(PR_SET_CHILD_SUBREAPER)")


def set_capabilities(mask: int) -> None:
    """Let the permitted and effective capabilities of this thread be those of *mask*, and none be handed on besides.

    Raises OSError when *mask* has one that the thread does not have.
    """
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    halves = (mask & 0xFFFFFFFF, mask >> 32)
    data = (Capabilities * 2)(*(Capabilities(half, half, 0) for half in halves))
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")


def capabilities() -> tuple[int, int]:
    """The effective and the permitted capabilities of this thread, as masks. Raises OSError."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    low, high = data = (Capabilities * 2)()
    _checked(_libc.capget(ctypes.byref(header), ctypes.byref(data)), "capget")
    return low.effective | high.effective << 32, low.permitted | high.permitted << 32


def setns(namespace: int, kind: int = 0) -> None:
    """Join the namespace whose descriptor is *namespace*; 0 is any *kind*. Raises OSError."""
    _checked(_libc.setns(ctypes.c_int(namespace), ctypes.c_int(kind)), "setns")
