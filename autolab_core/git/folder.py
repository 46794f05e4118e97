"""Where git keeps its configuration and hooks, found by reading alone: no program runs for it."""

from __future__ import annotations

import os

__all__ = ["git_folder", "git_folder_seen_from"]

_LINK = "gitdir:"


def git_folder(root: str) -> str | None:
    """The real path of git's own folder for what lies at *root*; None where that is in no repository.

    Of several working trees it is the main one's: configuration and hooks are there (gitrepository-layout(5),
    `commondir`).
    """
    folder = os.path.realpath(root)
    while not os.path.lexists(own := os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    if not os.path.isdir(own):
        said = _first_line(own)
        if said is None or not said.startswith(_LINK):
            return None
        own = os.path.join(folder, said.removeprefix(_LINK).strip())
        shared = _first_line(os.path.join(own, "commondir"))
        own = own if shared is None else os.path.join(own, shared)
    return os.path.realpath(own) if os.path.isdir(own) else None


def git_folder_seen_from(root: str) -> str | None:
    """``git_folder`` of the real path *root*, relative to it where it lies in it."""
    folder = git_folder(root)
    return os.path.relpath(folder, root) if folder is not None and folder.startswith(f"{root}/") else folder


def _first_line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().rstrip("\n")
    except OSError:
        return None
