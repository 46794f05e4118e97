"""What the control groups of this process allow it: CPU time and memory.

Version 2: ``cpu.max``, ``memory.max``, ``memory.current`` (kernel, admin-guide/cgroup-v2.rst). Version 1:
``cpu.cfs_quota_us``, ``memory.limit_in_bytes``, ``memory.usage_in_bytes`` (admin-guide/cgroup-v1/). A limit on any
group above holds for all below it, so the tightest one on the way up counts.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

__all__ = ["Allowed", "allowed"]

# Version 1 has no word for "no limit": it shows the largest number of pages.
_NO_LIMIT: Final = 1 << 60
_MOST_BYTES: Final = 1 << 20


class Allowed(NamedTuple):
    """``cpus``: how many CPUs' worth of time, ``memory``: bytes at most, ``room``: bytes of it that are not in use.

    None where no group limits it.
    """

    cpus: float | None
    memory: int | None
    room: int | None


class _Mount(NamedTuple):
    folder: str
    root: str
    controllers: frozenset[str]  # empty: version 2


def allowed(base: str = "/") -> Allowed:
    """What applies to this process; *base* is the folder that has ``proc`` and ``sys``. Never raises."""
    cpus: list[float] = []
    limits: list[int] = []
    room: list[int] = []
    mounts = _mounts(base)
    for line in read_lines(os.path.join(base, "proc/self/cgroup")):
        _, _, rest = line.partition(":")
        names, _, group = rest.partition(":")
        controllers = frozenset(names.split(",")) if names else frozenset[str]()
        for mount in mounts:
            if mount.controllers & controllers if controllers else not mount.controllers:
                for folder in _way_up(mount, group):
                    cpus += _cpus(folder)
                    for limit, free in _memory(folder):
                        limits.append(limit)
                        room.append(free)
    return Allowed(min(cpus, default=None), min(limits, default=None), min(room, default=None))


def read_lines(path: str) -> list[str]:
    """The lines of a small file of the kernel's; none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _mounts(base: str) -> list[_Mount]:
    """Where control groups are mounted (proc(5), mountinfo)."""
    found = []
    for line in read_lines(os.path.join(base, "proc/self/mountinfo")):
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        controllers = frozenset(kind[2].split(",")) if kind[0] == "cgroup" else frozenset[str]()
        found.append(_Mount(os.path.join(base, _plain(fields[4]).lstrip("/")), _plain(fields[3]), controllers))
    return found


def _plain(field: str) -> str:
    return field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def _way_up(mount: _Mount, group: str) -> list[str]:
    """The folder of *group* and those above it, as far as *mount* shows them.

    In a container the group may lie outside of what is mounted there; then the mount's own folder is the container's.
    """
    inside = os.path.relpath(group, mount.root) if group.startswith("/") and mount.root.startswith("/") else "."
    if inside.split("/")[0] == "..":
        inside = "."
    steps = [] if inside == "." else inside.split("/")
    return [os.path.join(mount.folder, *steps[:count]) for count in range(len(steps), -1, -1)]


def _cpus(folder: str) -> list[float]:
    words = " ".join(read_lines(os.path.join(folder, "cpu.max"))).split() or [
        *read_lines(os.path.join(folder, "cpu.cfs_quota_us")),
        *read_lines(os.path.join(folder, "cpu.cfs_period_us")),
    ]
    if len(words) != 2:
        return []
    quota, period = _count(words[0]), _count(words[1])
    return [quota / period] if quota and period else []


def _memory(folder: str) -> list[tuple[int, int]]:
    """The limit, and what of it is left: what the kernel would drop from its caches at once is not in use."""
    for limit_name, usage_name, dropped in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit = _count("".join(read_lines(os.path.join(folder, limit_name))))
        if limit is None or limit >= _NO_LIMIT:
            continue
        used = _count("".join(read_lines(os.path.join(folder, usage_name)))) or 0
        for line in read_lines(os.path.join(folder, "memory.stat")):
            name, _, value = line.partition(" ")
            if name == dropped:
                used -= _count(value) or 0
        return [(limit, max(0, limit - max(0, used)))]
    return []


def _count(text: str) -> int | None:
    """A number that is not negative; None for ``max``, -1 and whatever else stands there."""
    word = text.strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None
