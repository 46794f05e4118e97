"""What Landlock is told. It allows trees and knows no exception inside one: a hole is made of the siblings around it.

Landlock's rules only ever add rights (https://docs.kernel.org/userspace-api/landlock.html, "Layers of file path access
rights"). A folder that holds a protected path therefore gets no rule, and no new entry can be made in it.
"""

# No `from __future__ import annotations`: see guard/policy.py.

import os
from typing import Final, NamedTuple

from autolab_core.guard.zones import Zones

__all__ = ["SYSTEM", "Trees", "devices", "top_folders", "trees_of"]

# The kernel's own file systems: what may be written in them is listed, whoever asks (`core_pattern` starts a program
# as root, a block device holds every file).
SYSTEM: Final = ("/dev", "/proc", "/sys")
_DEVICES: Final = frozenset(
    ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "dri", "kfd", "infiniband"]
)
_NVIDIA: Final = "nvidia"


class Trees(NamedTuple):
    """``allowed``: files and folders with all that is below them. ``closed``: folders in which no entry can be made or
    removed, because they hold a protected path. ``unlisted``: those of them whose entries could not be listed."""

    allowed: tuple[str, ...]
    closed: tuple[str, ...]
    unlisted: tuple[str, ...]


def trees_of(zones: Zones) -> Trees:
    """What *zones* let be written, without a protected path in any of the trees. The file system is looked at now:
    what is made beside them later is not allowed."""
    found = Trees((), (), ())
    for top in zones.tops():
        below = _trees_below(top, zones)
        found = Trees(*(have + more for have, more in zip(found, below, strict=True)))
    return found


def _trees_below(top: str, zones: Zones) -> Trees:
    allowed, closed, unlisted = [], [], []
    waiting = [top]
    while waiting:
        path = waiting.pop()
        # `/` itself is never one tree: the kernel's file systems lie in it.
        if path != "/" and not zones.protects_below(path):
            allowed.append(path)
            continue
        if path != "/" or zones.protects_below(path):
            closed.append(path)
        try:
            with os.scandir(path) as entries:
                waiting += [entry.path for entry in entries if _counts(entry) and zones.writable(entry.path)]
        except OSError:
            unlisted.append(path)
            waiting += [each for each in _on_the_way(path, zones) if zones.writable(each)]
    return Trees(tuple(sorted(allowed)), tuple(sorted(closed)), tuple(sorted(unlisted)))


def _counts(entry: "os.DirEntry[str]") -> bool:
    """Whether a rule may be made for *entry*. A link leads to something that has a rule of its own, or none."""
    return entry.path not in SYSTEM and not entry.is_symlink()


def _on_the_way(path: str, zones: Zones) -> set[str]:
    """The entries of the folder *path* that must be there, because a path of the zones leads through them."""
    inside = "/" if path == "/" else f"{path}/"
    names = {each.removeprefix(inside).split("/")[0] for each in zones.entries if each.startswith(inside)}
    return {each for name in names if os.path.isdir(each := inside + name) and not os.path.islink(each)}


def top_folders(zones: Zones) -> tuple[str, ...]:
    """What Landlock allows where mounts make the exceptions: where writing begins, the kernel's file systems apart."""
    found = []
    for top in zones.tops():
        if top == "/":
            with os.scandir("/") as entries:
                found += [e.path for e in entries if e.is_dir(follow_symlinks=False) and e.path not in SYSTEM]
        else:
            found.append(top)
    return tuple(sorted(set(found)))


def devices() -> tuple[str, ...]:
    """What every command may write below ``/dev``, as far as this machine has it: what swallows or gives bytes, its
    terminals, shared memory, and the accelerators."""
    try:
        with os.scandir("/dev") as entries:
            known = [e for e in entries if e.name in _DEVICES or e.name.startswith(_NVIDIA)]
            return tuple(sorted(entry.path for entry in known if not entry.is_symlink()))
    except OSError:
        return ()
