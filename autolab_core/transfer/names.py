"""Which names of the far side can come home as they are. Pure.

The far side is not believed: a name could lead out of the folder, stand for two things, or be what this machine's file
system takes for another one.
"""

from __future__ import annotations

import os
import posixpath
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["PARTIAL", "colliding", "link_problem", "name_problem"]

# Where rsync keeps what it has of a file that is not complete.
PARTIAL: Final = ".autolab-partial"
# NAME_MAX and PATH_MAX of Linux (limits.h), less what stands before a name here.
_NAME_MAX: Final = 255
_PATH_MAX: Final = 3000
DEPTH_MAX: Final = 64


def name_problem(name: str) -> str | None:
    """Why the file *name* cannot come home, as the end of "… which …"; None when it can."""
    parts = name.split("/")
    if not name or name.startswith("/") or ".." in parts or "." in parts or "" in parts or "\0" in name:
        return "is no plain path below the folder"
    if len(parts) > DEPTH_MAX:
        return f"lies more than {DEPTH_MAX} folders deep"
    if any(len(os.fsencode(part)) > _NAME_MAX for part in parts) or len(os.fsencode(name)) > _PATH_MAX:
        return "is longer than a path may be here"
    return f"lies in {PARTIAL}, which is kept for files that are under way" if PARTIAL in parts else None


def link_problem(name: str, target: str) -> str | None:
    """Why the symbolic link *name* to *target* cannot come home, as ``name_problem``.

    One rule: it comes as the link it is when, read as text, it stays below the folder, and is refused otherwise.
    """
    if target.startswith("/"):
        return f"is a symbolic link to the absolute path {target}"
    place = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    if not target or place == ".." or place.startswith("../"):
        return f"is a symbolic link that leads out of the folder ({target})"
    return None


def colliding(names: Iterable[str], links: Mapping[str, str], *, folds: bool) -> tuple[str, str] | None:
    """Two of *names* and *links* that cannot both be here: one a folder of the other, or one name to a file system that
    *folds* letter case and ways to write an accent; None when there are none."""
    known: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in (*names, *links):
        key = _folded(name) if folds else name
        if key in known:
            return known[key], name
        known[key] = name
        above = name.rpartition("/")[0]
        while above:
            folder = _folded(above) if folds else above
            if folders.setdefault(folder, above) != above:
                return folders[folder], above
            above = above.rpartition("/")[0]
    for key, name in known.items():
        if key in folders:
            return folders[key], name
    return None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
