"""Taking archives apart, where the archive is not believed: every file lands below one folder, or nothing does.

Python 3.11.2 has no ``tarfile.data_filter``; what it would refuse is refused here.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from typing import Final

__all__ = ["Refused", "place_problem", "result_problem", "unpack"]

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK: Final = 1 << 20
_NAME_BYTES: Final = 255
_PATH_BYTES: Final = 3500


class Refused(Exception):
    """An archive holds what no archive of ours does."""


def place_problem(name: str) -> str | None:
    """Why a file called *name* may not be put below a folder, as the end of "… is refused: …"; None when it may."""
    if not name or "\0" in name:
        return "it is no name"
    if name.startswith("/") or "\\" in name:
        return "it is not relative"
    parts = name.split("/")
    if ".." in parts:
        return "it leaves the folder with '..'"
    return "it is not a plain path" if "" in parts or "." in parts else None


def result_problem(name: str) -> str | None:
    """Why no result called *name* comes home, as ``place_problem``. The runner leaves such a file out and says so: a
    manifest that names it is refused as a whole."""
    problem = place_problem(name)
    if problem is not None:
        return problem
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is no UTF-8"
    parts = name.split("/")
    if len(encoded) > _PATH_BYTES or any(len(part.encode("utf-8")) > _NAME_BYTES for part in parts):
        return "it is longer than a file system allows"
    if any(part.casefold() == ".git" for part in parts):
        return "it would be a part of a git repository"
    return "it holds a control character" if any(not character.isprintable() for character in name) else None


def unpack(archive: str, folder: str, go_on: Callable[[], None], keep: frozenset[str] = frozenset()) -> int:
    """Unpack the tar *archive* into *folder*; how many files it had. *go_on* is called for each, and may raise.

    Files of *keep* stay as they are where they are there already. Links are made last, and only such as lead to below
    the folder. Raises Refused, OSError and tarfile.TarError.
    """
    links: list[tuple[str, str]] = []
    count = 0
    with tarfile.open(archive, "r:*") as source:
        for member in source:
            go_on()
            problem = place_problem(member.name)
            if problem is not None:
                raise Refused(f"the archive names {member.name!r}, which is refused: {problem}")
            path = os.path.join(folder, member.name)
            if member.isdir():
                os.makedirs(path, exist_ok=True)
            elif member.issym():
                links.append((member.name, member.linkname))
            elif member.isreg():
                count += 1
                if not (member.name in keep and os.path.lexists(path)):
                    _write(source, member, path)
            else:
                raise Refused(f"the archive holds {member.name!r}, which is neither file, folder nor link")
    for name, target in links:
        _link(folder, name, target)
    return count


def _write(source: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content = source.extractfile(member)
    if content is None:
        raise Refused(f"the archive has no content for {member.name!r}")
    descriptor = os.open(path, _NEW, 0o755 if member.mode & 0o100 else 0o644)
    with content, open(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, _BLOCK)


def _link(folder: str, name: str, target: str) -> None:
    inside = os.path.normpath(os.path.join(os.path.dirname(name), target))
    if os.path.isabs(target) or inside == ".." or inside.startswith("../"):
        raise Refused(f"the archive's link {name!r} leads out of its folder")
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)
