"""What a policy means on this machine: real paths, what is laid over what, and what cannot be held.

A plan is made by looking, never by writing. It speaks the language of both mechanisms: ``mounts`` is for a mount
namespace, ``broad`` and ``trees`` are for Landlock. Nothing here says whether the machine has either.
"""

# No `from __future__ import annotations`: see guard/policy.py.

import os
import posixpath
from enum import Enum
from typing import Final, NamedTuple

from autolab_core.guard.places import Kind, kind_of, require_one_name, require_spec, require_writable
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.second_places import Mounted, mounted_again, second_places
from autolab_core.guard.trees import Trees, devices, top_folders, trees_of
from autolab_core.guard.zones import Zones, ancestors
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import Profile

__all__ = ["PRIVATE", "Access", "GuardPlan", "Mount", "Place", "resolve"]

# Sockets of servers that run commands for their user lie here (tmux, ssh-agent, D-Bus, systemd, container engines).
PRIVATE: Final = ("/run", "/tmp")


class Access(Enum):
    """What a mount lets a command do below it. ``EMPTY`` is a new file system in memory that the command may fill."""

    WRITE = "write"
    READ = "read"
    EMPTY = "empty"


class Mount(NamedTuple):
    """One mount, over itself unless it is EMPTY; ``path`` is absolute."""

    path: str
    access: Access


class Place(NamedTuple):
    """A protected path. ``shown`` is the policy's own spelling, ``path`` the absolute one.

    ``carved``: the folder it lies in may be written, so its name has to be held too. ``outside``: it lies outside of
    the repository. ``second_of``: the policy names another path, of which this is a second place (``second_places``);
    empty for what the policy itself names.
    """

    shown: str
    path: str
    kind: Kind
    carved: bool
    outside: bool
    second_of: str = ""


class GuardPlan(NamedTuple):
    """A policy on this machine. Every path is absolute and, when the plan was made, free of symbolic links.

    ``root``: the repository. ``spec``: the file that the probe tries to change, or None. ``protected`` and
    ``writable``: what the policy names, sorted. ``sealed``: what is compared afterwards. ``mounts``: the mounts of a
    namespace of its own, outer ones first, beginning with ``/``; in this order each is laid over what the ones before
    it made. Among them are the pins: folders that are mounted over themselves with no other access than they had,
    because a mount point cannot be renamed, and with it no folder on the way to a protected path. ``broad``: what
    Landlock is to allow where those mounts make the exceptions. ``trees``: what it is to allow where it stands alone.
    ``devices``: what may be written below ``/dev`` at every level; it is part of neither.
    """

    policy: GuardPolicy
    root: str
    spec: str | None
    protected: tuple[Place, ...]
    writable: tuple[str, ...]
    sealed: tuple[str, ...]
    mounts: tuple[Mount, ...]
    broad: tuple[str, ...]
    trees: Trees
    devices: tuple[str, ...]

    @property
    def zones(self) -> Zones:
        """Which path may be written, by the policy."""
        return _zones(self.policy, self.protected, self.writable)


def resolve(policy: GuardPolicy, root: str) -> GuardPlan:
    """What *policy* means for the repository *root*.

    Raises UsageError, with one line that says what to do, when the spec is missing, is no file or may be written; for
    a path through a symbolic link; for a protected file of the repository that has a second name (a hard link); for a
    writable path that is missing or is a file; for a sealed path that may be written; for a protected and a
    writable path that are the same folder; and for a root that is no folder. What is protected is so at its second
    places too.
    """
    policy = policy.checked()
    real = os.path.realpath(root)
    if not os.path.isdir(real):
        raise UsageError(f"{root!r} cannot be guarded: it is no folder")
    writable = tuple(sorted(_writable(shown, real) for shown in policy.writable))
    looked = [_protected(shown, real) for shown in policy.protected]
    mounts = mounted_again()
    looked += _second(looked, _zones(policy, looked, writable), real, mounts)
    zones = _zones(policy, looked, writable)
    protected = tuple(sorted(place._replace(carved=zones.around(place.path)) for place in looked))
    _refuse_the_same(protected, writable)
    spec = None if policy.spec is None else _spec(policy.spec, real, zones, mounts)
    shown_paths = (real, *(place.path for place in protected if place.kind is not Kind.ABSENT), *writable)
    private = tuple(path for path in PRIVATE if path not in zones.entries and os.path.isdir(path))
    return GuardPlan(
        policy=policy,
        root=real,
        spec=spec,
        protected=protected,
        writable=writable,
        sealed=tuple(sorted({_sealed(shown, real, zones) for shown in policy.to_seal})),
        mounts=_mounts(zones, private, shown_paths),
        broad=tuple(sorted({*top_folders(zones), *private})),
        trees=trees_of(zones),
        devices=devices(),
    )


def _absolute(shown: str, root: str) -> str:
    return posixpath.normpath(posixpath.join(root, shown))


def _looked_at(shown: str, root: str) -> tuple[str, Kind]:
    path = _absolute(shown, root)
    inside = path == root or path.startswith(f"{root}/")
    return path, kind_of(path, shown, root if inside and not shown.startswith("/") else "/")


def _writable(shown: str, root: str) -> str:
    path, kind = _looked_at(shown, root)
    require_writable(shown, kind)
    return path


def _protected(shown: str, root: str) -> Place:
    path, kind = _looked_at(shown, root)
    if kind is Kind.DEVICE:
        raise UsageError(f"{shown!r} cannot be protected: it is a device")
    outside = not (path == root or path.startswith(f"{root}/"))
    if kind is Kind.FILE and not outside:
        # Installers of packages link the files of an installation to those of a cache; there it is only remarked on.
        require_one_name(path, shown)
    return Place(shown, path, kind, carved=False, outside=outside)


def _spec(shown: str, root: str, zones: Zones, mounts: tuple[Mounted, ...]) -> str:
    path, kind = _looked_at(shown, root)
    require_spec(path, shown, kind)
    if zones.writable(path):
        raise UsageError(f"the spec {shown!r} may be written by this policy; protect it, or the folder that it lies in")
    for second in second_places(path, mounts):
        if zones.writable(second):
            raise UsageError(
                f"the spec {shown!r} may be written by this policy as {second!r}: its file system is mounted there, too"
            )
    return path


def _second(looked: list[Place], zones: Zones, root: str, mounts: tuple[Mounted, ...]) -> list[Place]:
    """What is protected, once more wherever it lies under another mount point and could be written there."""
    found = {}
    for place in looked:
        for path in second_places(place.path, mounts):
            if path not in found and zones.writable(path):
                kind = kind_of(path, path)
                found[path] = Place(path, path, kind, False, not path.startswith(f"{root}/"), place.shown)
    return list(found.values())


def _sealed(shown: str, root: str, zones: Zones) -> str:
    path, _ = _looked_at(shown, root)
    if zones.writable(path):
        raise UsageError(f"{shown!r} is to be sealed and may be written by this policy; protect it, too")
    return path


def _zones(policy: GuardPolicy, protected: "tuple[Place, ...] | list[Place]", writable: tuple[str, ...]) -> Zones:
    entries = dict.fromkeys((place.path for place in protected), False) | dict.fromkeys(writable, True)
    return Zones(policy.profile is Profile.AGENT, entries)


def _refuse_the_same(protected: tuple[Place, ...], writable: tuple[str, ...]) -> None:
    """Raise UsageError when a folder is protected by one name and may be written by another (a bind mount)."""
    known = {_identity(place.path): place.shown for place in protected if place.kind is not Kind.ABSENT}
    for path in writable:
        same = known.get(_identity(path))
        if same is not None:
            raise UsageError(f"{same!r} is protected and {path!r} is writable, but they are one and the same folder")


def _identity(path: str) -> tuple[int, int]:
    status = os.lstat(path)
    return status.st_dev, status.st_ino


def _mounts(zones: Zones, private: tuple[str, ...], shown: tuple[str, ...]) -> tuple[Mount, ...]:
    """The mounts of a namespace. *shown*: what has to be seen in it as it is, wherever it lies."""
    found = dict.fromkeys(private, Access.EMPTY)
    found["/"] = Access.WRITE if zones.default else Access.READ
    for path in shown:
        # What is as the folder around it needs no mount, unless an empty file system hides it.
        hidden = _below(path, private) and not _below(path, shown)
        if hidden or zones.writable(path) is not zones.around(path):
            found[path] = Access.WRITE if zones.writable(path) else Access.READ
    for path in list(found):
        for folder in ancestors(path):
            if _below(folder, private) and not (folder in shown or _below(folder, shown)):
                found.setdefault(folder, Access.EMPTY)
            elif folder != "/" and zones.writable(folder):
                found.setdefault(folder, Access.WRITE)
    return tuple(Mount(path, found[path]) for path in sorted(found))


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(folder in folders for folder in ancestors(path))
