"""What became of the spec, read by the parent: nothing that an attempt says about itself counts, but for ``seen``."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from tests.battery.attempt import Place

__all__ = ["PROOFS", "State", "differences", "look", "metadata"]

PROOFS = ("change", "metadata", "seen", "view")
"""What shows that an attempt worked. ``change``: content or name differ. ``metadata``: mode, owner, times, links or
attributes differ. ``seen``: the attempt saw its change and undid it. ``view``: it saw a changed spec that is no other
file's."""


class State(NamedTuple):
    """The spec and its folder at one moment."""

    content: bytes | None
    """None when the spec cannot be read."""
    real: str
    """The spec's path without symbolic links."""
    inode: tuple[int, int]
    folder: tuple[int, int]
    names: tuple[str, ...]
    """Every name below the protected folder."""
    others: tuple[bytes | None, ...]
    """The content of what else lies there."""
    about: tuple[object, ...]
    """Modes, owners, links, times and attributes of spec and folder."""


def look(place: Place) -> State:
    """The state now; whoever calls it can read everything."""
    names = tuple(
        sorted(
            os.path.relpath(os.path.join(folder, name), place.folder)
            for folder, folders, files in os.walk(place.folder)
            for name in (*folders, *files)
        )
    )
    others = tuple(_read(os.path.join(place.folder, name)) for name in names)
    about = (_about(place.spec), _about(place.folder))
    return State(
        _read(place.spec),
        os.path.realpath(place.spec),
        _identity(place.spec),
        _identity(place.folder),
        names,
        others,
        about,
    )


def differences(before: State, after: State) -> list[str]:
    """How content or name differ; empty when they do not."""
    found = []
    if after.content is None:
        found.append("gone")
    elif after.content != before.content:
        found.append("content")
    elif after.real != before.real or after.inode != before.inode or after.folder != before.folder:
        found.append("replaced")
    if after.names != before.names:
        found.append("names")
    elif after.others != before.others and not found:
        found.append("content")
    return found


def metadata(before: State, after: State) -> bool:
    """Whether anything else that is known of spec and folder differs."""
    return before.about != after.about


def _read(path: str) -> bytes | None:
    try:
        # Never open what is no file: a FIFO would wait for a writer.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b"(no file)"
        with open(path, "rb") as held:
            os.posix_fadvise(held.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return held.read()
    except OSError:
        return None


def _identity(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return status.st_dev, status.st_ino


def _about(path: str) -> tuple[object, ...]:
    try:
        status = os.lstat(path)
        attributes = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    except OSError:
        return ()
    return (
        status.st_mode,
        status.st_uid,
        status.st_gid,
        status.st_nlink,
        status.st_mtime_ns,
        status.st_ctime_ns,
        attributes,
    )
