"""What is sent: paths, modes and hashes, and one hash over all of them. Pure."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.transfer.base import TransferError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["EXECUTABLE", "FILE", "LINK", "OutgoingFile", "Parcel", "check_links", "first_difference", "tree_sha256"]

# The modes are git's.
FILE: Final = "100644"
EXECUTABLE: Final = "100755"
LINK: Final = "120000"
_MODES: Final = {FILE: "a plain file", EXECUTABLE: "an executable file", LINK: "a symbolic link"}
# ELOOP of Linux: so many links are followed, and no more (path_resolution(7)).
_LINKS_MAX: Final = 40


@attrs.frozen
class OutgoingFile:
    """``sha256`` (hex) is of the content, of a symbolic link that of its ``target``. ``blob``: git's name for it, None
    outside of a repository. ``on_disk``: the content lies in the working tree; otherwise it is the commit's."""

    mode: str
    bytes: int
    sha256: str
    target: str = ""
    blob: str | None = None
    on_disk: bool = True


@attrs.frozen
class Parcel:
    """Everything that is sent, by path. ``commit`` is what is checked out, None outside of a repository.

    ``changed``: tracked paths that are not as the commit has them. ``added``: paths that git does not track, named by
    the profile. ``left_out``: what of the commit is not sent, by the profile or as a submodule that is empty here.
    ``own``: what the caller adds for the run itself; it is in no patch.
    """

    root: str
    files: Mapping[str, OutgoingFile]
    commit: str | None = None
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.files.values())

    @property
    def tree_sha256(self) -> str:
        """See ``tree_sha256``."""
        return tree_sha256(self.files)


def tree_sha256(files: Mapping[str, OutgoingFile]) -> str:
    """One hash over all *files*: ``path NUL mode NUL sha256 LF`` each, in the order of the paths' bytes."""
    digest = hashlib.sha256()
    for path in sorted(files, key=os.fsencode):
        each = files[path]
        digest.update(b"%s\0%s\0%s\n" % (os.fsencode(path), each.mode.encode(), each.sha256.encode()))
    return digest.hexdigest()


def first_difference(sent: Mapping[str, OutgoingFile], there: Mapping[str, OutgoingFile]) -> str | None:
    """What the first path of both that differs is on the far side; None when none does.

    Of *there* ``sha256`` may be empty for a path that was not sent.
    """
    for path in sorted(sent.keys() | there.keys(), key=os.fsencode):
        mine, theirs = sent.get(path), there.get(path)
        if mine is None:
            return f"{path} is there, and was not sent"
        if theirs is None:
            return f"{path} is not there"
        if mine.mode != theirs.mode:
            return f"{path} is {_MODES.get(theirs.mode, 'a special file')} there, and {_MODES[mine.mode]} here"
        if mine.sha256 != theirs.sha256:
            return f"{path} has another content there"
    return None


def check_links(links: Mapping[str, str]) -> None:
    """Raise TransferError naming the first symbolic link (path to target) that leads out of the tree."""
    for path in sorted(links, key=os.fsencode):
        problem = _link_problem(path, links)
        if problem is not None:
            message = f"{path} is a symbolic link that {problem} ({links[path]}); name it in `exclude`, or replace it"
            raise TransferError(TransferFault.NAMES, message)


def _link_problem(path: str, links: Mapping[str, str]) -> str | None:
    """Why the link *path* is refused. Other links on its way are followed as the kernel does."""
    place: list[str] = posixpath.dirname(path).split("/") if "/" in path else []
    waiting = links[path].split("/")
    if links[path].startswith("/"):
        return "leads to an absolute path"
    followed = 0
    while waiting:
        part = waiting.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            if not place:
                return "leads out of the tree"
            place.pop()
            continue
        place.append(part)
        target = links.get("/".join(place))
        if target is not None:
            followed += 1
            if followed > _LINKS_MAX or target.startswith("/"):
                return "leads round in a circle" if followed > _LINKS_MAX else "leads to an absolute path"
            place.pop()
            waiting = [*target.split("/"), *waiting]
    return None
