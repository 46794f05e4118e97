"""``python seccomp.py landlock|namespaces ERRNO COMMAND…``: run a command for which the kernel's answer is ERRNO.

What a container's profile does to those system calls, done here with the same means.
"""

import ctypes
import os
import struct
import sys

_LOAD, _EQUAL, _AT_LEAST, _ABOVE, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _FIRST_ARGUMENT = 0, 16
_CLONE, _UNSHARE = {"x86_64": (56, 272), "aarch64": (220, 97)}[os.uname().machine]
_NEW_USER_OR_MOUNT = 0x10020000
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def instruction(code, if_true, if_false, value):
    return struct.pack("HBBI", code, if_true, if_false, value)


def landlock(number):
    return [
        instruction(_LOAD, 0, 0, _NUMBER),
        instruction(_AT_LEAST, 0, 2, 444),
        instruction(_ABOVE, 1, 0, 446),
        instruction(_RETURN, 0, 0, _ERRNO | number),
        instruction(_RETURN, 0, 0, _ALLOW),
    ]


def namespaces(number):
    return [
        instruction(_LOAD, 0, 0, _NUMBER),
        instruction(_EQUAL, 4, 0, _UNSHARE),
        instruction(_EQUAL, 0, 2, _CLONE),
        instruction(_LOAD, 0, 0, _FIRST_ARGUMENT),
        instruction(_ANY_BIT, 1, 0, _NEW_USER_OR_MOUNT),
        instruction(_RETURN, 0, 0, _ALLOW),
        instruction(_RETURN, 0, 0, _ERRNO | number),
    ]


def main(kind, number, *command):
    code = b"".join({"landlock": landlock, "namespaces": namespaces}[kind](int(number)))
    buffer = ctypes.create_string_buffer(code)
    program = Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "the filter cannot be installed")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
