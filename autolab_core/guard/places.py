"""Looking at the paths of a policy: what is there, and why a path cannot be protected or allowed. Nothing is opened."""

from __future__ import annotations

import os
import stat
from enum import Enum

from autolab_core.vocab.errors import UsageError

__all__ = ["Kind", "kind_of", "require_one_name", "require_spec", "require_writable"]


class Kind(Enum):
    """What is at a path. A device is allowed as a writable path only."""

    FOLDER = "a folder"
    FILE = "a file"
    DEVICE = "a device"
    ABSENT = "nothing"


def kind_of(path: str, shown: str, below: str = "/") -> Kind:
    """What is at the absolute *path*, whose parts are looked at one by one from the real folder *below* on.

    Raises UsageError, naming *shown*, when a part is a symbolic link (who may change the link may lead elsewhere), when
    a part is a file, when it cannot be looked at, and for a FIFO or a socket, which is a way out and no content.
    """
    place, status = below, os.lstat(below)
    for part in os.path.relpath(path, below).split("/"):
        if not stat.S_ISDIR(status.st_mode):
            raise UsageError(f"{shown!r} cannot be guarded: {place!r} is no folder")
        place = os.path.normpath(os.path.join(place, part))
        try:
            status = os.lstat(place)
        except FileNotFoundError:
            return Kind.ABSENT
        except OSError as error:
            raise UsageError(f"{place!r} cannot be looked at: {error.strerror}") from error
        if stat.S_ISLNK(status.st_mode):
            raise UsageError(
                f"{shown!r} cannot be guarded: {place!r} is a symbolic link, which can be led "
                f"elsewhere; name the real path, {os.path.realpath(path)!r}"
            )
    return _kind(status.st_mode, shown)


def _kind(mode: int, shown: str) -> Kind:
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return Kind.DEVICE
    what = "a FIFO" if stat.S_ISFIFO(mode) else "a socket"
    raise UsageError(f"{shown!r} cannot be guarded: it is {what}, neither a file nor a folder")


def require_spec(path: str, shown: str, kind: Kind) -> None:
    """Raise UsageError unless *path* is a regular file with no second name."""
    if kind is Kind.ABSENT:
        raise UsageError(f"the spec {shown!r} does not exist; write it, or name the one that is meant")
    if kind is not Kind.FILE:
        raise UsageError(f"the spec {shown!r} is {kind.value}, not a file")
    require_one_name(path, shown)


def require_one_name(path: str, shown: str) -> None:
    """Raise UsageError when the file *path* has hard links: whoever has another name of it can change its content."""
    links = os.lstat(path).st_nlink
    if links != 1:
        raise UsageError(
            f"{shown!r} has {links} names (hard links), and through another one it can be changed; "
            "replace it by a copy of its own (cp it to a new file, then mv that over it)"
        )


def require_writable(shown: str, kind: Kind) -> None:
    """Raise UsageError unless a path that may be written is a folder or a device that is there."""
    if kind is Kind.ABSENT:
        raise UsageError(f"the writable path {shown!r} does not exist; make the folder first")
    if kind is Kind.FILE:
        raise UsageError(
            f"the writable path {shown!r} is a file, and a program that replaces it needs its folder; name the folder"
        )
