"""Ways around the ordinary system calls, and what only root can do."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import stat
import struct
import time

from tests.battery.attempt import CHANGED, Place, attempt, best_effort, not_here, read, run, shell, until, write
from tests.battery.kernel import libc, ok, syscall

GROUP = "other system calls"
ROOT = "root"


@attempt(GROUP)
def openat2(place: Place) -> None:
    """openat2(2)."""

    class How(ctypes.Structure):
        _fields_ = tuple((name, ctypes.c_uint64) for name in ("flags", "mode", "resolve"))

    how = How(os.O_WRONLY, 0, 0)
    os.write(syscall("openat2", -100, place.spec.encode(), ctypes.byref(how), ctypes.sizeof(how)), CHANGED)


@attempt(GROUP)
def asynchronous_writing(place: Place) -> None:
    """io_submit(2)."""
    descriptor = os.open(place.spec, os.O_WRONLY)
    context = ctypes.c_ulong(0)
    syscall("io_setup", 1, ctypes.byref(context))
    held = ctypes.create_string_buffer(CHANGED)
    block = struct.pack("<QIIHhIQQqQII", 0, 0, 0, 1, 0, descriptor, ctypes.addressof(held), len(CHANGED), 0, 0, 0, 0)
    control = ctypes.create_string_buffer(block)
    pointers = (ctypes.c_void_p * 1)(ctypes.addressof(control))
    syscall("io_submit", context.value, 1, ctypes.byref(pointers))
    events = ctypes.create_string_buffer(32)
    syscall("io_getevents", context.value, 1, 1, ctypes.byref(events), None)


@attempt(GROUP)
def io_uring(place: Place) -> None:
    """io_uring opens and writes without open(2) and write(2), which filters of system calls overlook."""
    ring = _Ring()
    path = ctypes.create_string_buffer(place.spec.encode())
    # OPENAT: fd, address of the path, mode in `len`, flags in `rw_flags`.
    descriptor = ring.ask(18, -100, ctypes.addressof(path), 0, 0, os.O_WRONLY)
    held = ctypes.create_string_buffer(CHANGED)
    ring.ask(23, descriptor, ctypes.addressof(held), len(CHANGED), 0, 0)


@attempt(GROUP, long=True)
def io_uring_rename(place: Place) -> None:
    """io_uring renames another file over it."""
    write(place.run + "/new")
    ring = _Ring()
    old = ctypes.create_string_buffer((place.run + "/new").encode())
    new = ctypes.create_string_buffer(place.spec.encode())
    # RENAMEAT: fd, address of the old path, the other fd in `len`, address of the new path in `off`.
    ring.ask(35, -100, ctypes.addressof(old), -100 & 0xFFFFFFFF, ctypes.addressof(new), 0)


class _Ring:
    """An io_uring of one entry."""

    def __init__(self) -> None:
        self._parameters = ctypes.create_string_buffer(120)
        try:
            self._fd = syscall("io_uring_setup", 1, ctypes.byref(self._parameters))
        except OSError as error:
            if os.environ.get("UNGUARDED"):
                not_here(f"no io_uring: {error}")
            raise
        offsets = struct.unpack_from("<10I", self._parameters, 40)
        answers = struct.unpack_from("<10I", self._parameters, 80)
        self._tail, self._array = offsets[1], offsets[6]
        self._answers = answers[5]
        self._queue = mmap.mmap(self._fd, 4096, offset=0)
        self._entries = mmap.mmap(self._fd, 4096, offset=0x10000000)
        self._count = 0

    def ask(self, opcode: int, fd: int, address: int, length: int, offset: int, flags: int) -> int:
        entry = struct.pack("<BBHiQQII", opcode, 0, 0, fd, offset, address, length, flags)
        self._entries[: len(entry)] = entry
        self._queue[self._array : self._array + 4] = b"\0\0\0\0"
        self._count += 1
        self._queue[self._tail : self._tail + 4] = struct.pack("<I", self._count)
        ok(syscall("io_uring_enter", self._fd, 1, 1, 1, None, 0))
        # The ring of answers has twice as many entries as the one of questions.
        where = self._answers + 16 * ((self._count - 1) % 2)
        (answer,) = struct.unpack_from("<i", self._queue, where + 8)
        if answer < 0:
            raise OSError(-answer, os.strerror(-answer))
        return int(answer)


def open_by_handle(path: str) -> int:
    """A descriptor for writing from a file handle."""
    handle = ctypes.create_string_buffer(struct.pack("<Ii", 128, 0) + b"\0" * 128)
    mount = ctypes.c_int()
    ok(libc.name_to_handle_at(-100, path.encode(), ctypes.byref(handle), ctypes.byref(mount), 0))
    root = os.open(os.path.dirname(path), os.O_RDONLY)
    return ok(libc.open_by_handle_at(root, ctypes.byref(handle), os.O_WRONLY))


@attempt(ROOT, root=True)
def a_file_by_its_handle(place: Place) -> None:
    """name_to_handle_at(2) and open_by_handle_at(2)."""
    os.write(open_by_handle(place.spec), CHANGED)


@attempt(ROOT, root=True, long=True)
def a_file_by_a_handle_of_the_root(place: Place) -> None:
    """open_by_handle_at(2) with a number that was guessed: the inode of the folder."""
    handle = ctypes.create_string_buffer(struct.pack("<IiII", 8, 1, os.stat(place.folder).st_ino, 0) + b"\0" * 128)
    folder = libc.open_by_handle_at(os.open("/var/tmp", os.O_RDONLY), ctypes.byref(handle), os.O_RDONLY)
    write("spec.yaml", directory=folder) if folder >= 0 else write(place.spec)


@attempt(ROOT, root=True)
def unmount_and_write(place: Place) -> None:
    """umount2(2) of every mount above the spec without new namespaces, then write."""
    for path in (place.spec, place.folder, place.experiments, place.repo):
        libc.umount2(path.encode(), 2)
    write(place.spec)


@attempt(ROOT, root=True)
def remount_and_write(place: Place) -> None:
    """mount(MS_REMOUNT|MS_BIND) for writing without new namespaces, then write."""
    for path in (place.folder, place.experiments, place.repo):
        libc.mount(b"none", path.encode(), b"none", ctypes.c_ulong(32 | 4096), None)
    write(place.spec)


@attempt(ROOT, root=True)
def become_another_user(place: Place) -> None:
    """setuid(2) to the owner of the repository's neighbours and back, then write with the file's own owner."""
    if os.fork() == 0:
        os.setgid(os.stat(place.spec).st_gid)
        os.setuid(os.stat(place.spec).st_uid)
        write(place.spec)
        os._exit(0)
    os.wait()


@attempt(ROOT, root=True)
def immutable_away(place: Place) -> None:
    """ioctl(FS_IOC_SETFLAGS) takes the immutable flag from file and folder, then write."""
    for path in (place.folder, place.spec):
        descriptor = os.open(path, os.O_RDONLY)
        best_effort(fcntl.ioctl, descriptor, 0x40086602, struct.pack("<l", 0))
    write(place.spec)


@attempt(ROOT, root=True, long=True)
def every_capability_back(place: Place) -> None:
    """capset(2) asks for every capability, execs a program with file capabilities, then writes."""
    header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0))
    libc.capset(ctypes.byref(header), ctypes.byref(ctypes.create_string_buffer(b"\xff" * 24)))
    write(place.spec)


def _usermode(place: Place, setting: str, value: str, trigger: object) -> None:
    """Write a path that the kernel runs as root, outside every namespace; the setting is put back."""
    program = os.path.join(place.outside, "program")
    write(program, f"#!/bin/sh\necho changed > '{place.spec}'\n".encode())
    os.chmod(program, 0o755)
    if not os.path.exists(setting):
        not_here(f"there is no {setting}")
    # Two attempts at once would put back each other's value.
    with open(setting) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(setting) as held:
            before = held.read()
        try:
            write(setting, value.format(program).encode())
            trigger()  # type: ignore[operator]
            until(lambda: read(place.spec).startswith(b"changed"))
        finally:
            write(setting, before.encode() or b"\n")


def _crash() -> None:
    import resource

    if os.fork() == 0:
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
        os.kill(os.getpid(), 11)
        time.sleep(1)
        os._exit(0)
    os.wait()


@attempt(ROOT, root=True, lasting=0.5)
def the_core_pattern(place: Place) -> None:
    """/proc/sys/kernel/core_pattern names a program that the kernel runs when a process crashes."""
    _usermode(place, "/proc/sys/kernel/core_pattern", "|{}", _crash)


def _unknown_program() -> None:
    import subprocess

    unknown = os.path.join(os.environ["O"], "unknown")
    write(unknown, b"\xff\xfe\xfd\xfc" * 4)
    os.chmod(unknown, 0o755)
    best_effort(subprocess.call, [unknown])


@attempt(ROOT, root=True, lasting=0.5)
def the_module_loader(place: Place) -> None:
    """/proc/sys/kernel/modprobe names a program that the kernel runs to load a module."""
    _usermode(place, "/proc/sys/kernel/modprobe", "{}", _unknown_program)


@attempt(ROOT, root=True, lasting=0.5)
def the_hotplug_program(place: Place) -> None:
    """/sys/kernel/uevent_helper names a program that the kernel runs for each device."""

    def trigger() -> None:
        best_effort(write, "/sys/devices/virtual/mem/null/uevent", b"change")

    _usermode(place, "/sys/kernel/uevent_helper", "{}", trigger)


@attempt(ROOT, root=True, lasting=0.5)
def the_release_agent(place: Place) -> None:
    """A control group's release_agent is run when the group is empty."""
    group = os.path.join(place.outside, "cgroup")
    os.mkdir(group)
    if libc.mount(b"none", group.encode(), b"cgroup", 0, b"none,name=autolab-battery"):
        if os.environ.get("UNGUARDED"):
            not_here("no control groups of version 1")
        raise OSError("mount cgroup")
    child = group + "/child"
    os.mkdir(child)
    try:
        write(child + "/notify_on_release", b"1")

        def trigger() -> None:
            if os.fork() == 0:
                write(child + "/cgroup.procs", str(os.getpid()).encode())
                os._exit(0)
            os.wait()

        _usermode(place, group + "/release_agent", "{}", trigger)
    finally:
        until(lambda: not libc.rmdir(child.encode()))
        libc.umount2(group.encode(), 2)


shell(
    ROOT,
    "su to the owner",
    "`setpriv` to the file's owner, then write.",
    'setpriv --reuid "$(stat -c %u "$S")" --clear-groups sh -c "echo changed > \'$S\'"',
    root=True,
    programs=("setpriv",),
)
shell(
    ROOT,
    "chattr -i",
    "`chattr -i`, then write.",
    'chattr -i "$D" "$S"; echo changed > "$S"',
    root=True,
    programs=("chattr",),
)
shell(
    ROOT,
    "bind mount in place",
    "`mount --bind` of the folder onto itself for writing, then write.",
    'mount --bind "$E" "$E" 2>/dev/null && { echo changed > "$S"; umount "$E"; } || echo changed > "$S"',
    root=True,
)
shell(
    ROOT,
    "unshare without a user namespace",
    "`unshare -m`, unmount, write.",
    "unshare -m sh -c \"umount -l '$D'; echo changed > '$S'\"",
    root=True,
)


def _overwrite_block(device: str) -> None:
    descriptor = os.open(device, os.O_RDWR)
    os.pwrite(descriptor, b"task: evil!\n", int(os.environ["BLOCK"]))
    os.fsync(descriptor)


@attempt(ROOT, root=True, loop=True)
def the_disk_beneath(place: Place) -> None:
    """Write the file's block through the block device that holds the file system."""
    _overwrite_block(os.environ["DISK"])


@attempt(ROOT, root=True, loop=True)
def the_image_beneath(place: Place) -> None:
    """mknod(2) of the block device in a writable folder, then write the file's block through it."""
    node = os.path.join(place.outside, "disk")
    os.mknod(node, stat.S_IFBLK | 0o600, os.stat(place.spec).st_dev)
    _overwrite_block(node)


@attempt(ROOT, root=True, loop=True)
def the_disk_mounted_again(place: Place) -> None:
    """Mount the same block device once more, elsewhere, and write there."""
    other = os.path.join(os.path.dirname(os.environ["O"]), "again")
    os.mkdir(other)
    run("mount", os.environ["DISK"], other)
    try:
        write(other + place.spec[len(os.environ["MOUNTED"]) :])
    finally:
        run("umount", "-l", other)


@attempt(ROOT, root=True, loop=True)
def debugfs(place: Place) -> None:
    """`debugfs -w` overwrites the file's first block on the disk."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    inner = place.spec[len(os.environ["MOUNTED"]) :]
    run("debugfs", "-w", "-R", f"zap_block -f {inner} -p 0x41 0", os.environ["DISK"], stdin=-3, stderr=-3)
