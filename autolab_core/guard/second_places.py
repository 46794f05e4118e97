"""The other places at which a path can be reached, because its file system is mounted more than once.

A bind mount gives files a second path, and what is laid over the first is not laid over the second. The kernel lists
for each mount which part of which file system it shows (proc(5), ``/proc/pid/mountinfo``: fields 3 to 5).
"""

# No `from __future__ import annotations`: see guard/policy.py.

import os
from collections.abc import Sequence
from typing import Final, NamedTuple

from autolab_core.guard.zones import ancestors

__all__ = ["Mounted", "mounted", "mounted_again", "second_places"]

_MOUNTS: Final = "/proc/self/mountinfo"
_LOOK: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class Mounted(NamedTuple):
    """A mount: ``point`` shows the folder (or file) ``root`` of the file system on ``device``."""

    number: int
    device: str
    root: str
    point: str


def mounted(source: str) -> tuple[Mounted, ...]:
    """The mounts that *source*, a text in the form of mountinfo, lists; blanks and their like in names are undone."""
    found = []
    for line in filter(None, source.split("\n")):  # other line ends stand in names as they are
        number, _, device, root, point, *_ = line.split(" ")
        found.append(Mounted(int(number), device, _undone(root), _undone(point)))
    return tuple(found)


def mounted_again() -> tuple[Mounted, ...]:
    """The mounts of file systems that have more than one. Nothing is known where ``/proc`` is not mounted."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            found = mounted(file.read())
    except OSError:
        return ()
    seen: set[str] = set()
    again: set[str] = set()
    for each in found:
        (again if each.device in seen else seen).add(each.device)
    return tuple(each for each in found if each.device in again)


def second_places(path: str, mounts: Sequence[Mounted]) -> tuple[str, ...]:
    """The other absolute paths at which the absolute *path* can be reached, or something below it; sorted.

    *mounts*: what ``mounted_again`` found. Of what does not exist it is the paths at which it would appear.
    """
    if not mounts:
        return ()
    there = next(each for each in (path, *ancestors(path)) if os.path.lexists(each))
    try:
        own = _mount_of(there)
    except OSError:
        return ()
    first = next((each for each in mounts if each.number == own), None)
    if first is None:
        return ()
    inside = _joined(first.root, os.path.relpath(there, first.point))
    found = set()
    for other in (each for each in mounts if each.device == first.device and each is not first):
        second = _seen_through(other, inside)
        if second is not None and _is_shown(other, second):
            found.add(os.path.normpath(os.path.join(second, os.path.relpath(path, there))))
            continue
        if other.root.startswith(f"{inside.rstrip('/')}/") and there == path and _is_shown(other, other.point):
            found.add(other.point)
            # Mounted over itself, as a guard does, a part of it is where it was.
            found.discard(_joined(path, os.path.relpath(other.root, inside)))
    return tuple(sorted(found - {path}))


def _seen_through(mount: Mounted, inside: str) -> str | None:
    """Where *mount* shows the path *inside* of its file system; None where it shows another part of it."""
    if inside != mount.root and not inside.startswith(f"{mount.root.rstrip('/')}/"):
        return None
    return _joined(mount.point, os.path.relpath(inside, mount.root))


def _is_shown(mount: Mounted, path: str) -> bool:
    """Whether *path* is really there and in *mount*: another may be mounted over it."""
    try:
        return _mount_of(path) == mount.number
    except OSError:
        return False


def _mount_of(path: str) -> int:
    """The number of the mount that *path* is reached through. Raises OSError."""
    descriptor = os.open(path, _LOOK)
    try:
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("mnt_id:"))
    finally:
        os.close(descriptor)


def _joined(folder: str, relative: str) -> str:
    return os.path.normpath(os.path.join(folder, relative))


def _undone(name: str) -> str:
    """*name* with the kernel's escapes (a backslash and three octal digits) made characters again."""
    if "\\" not in name:
        return name
    head, *rest = name.split("\\")
    return head + "".join(chr(int(each[:3], 8)) + each[3:] for each in rest)
