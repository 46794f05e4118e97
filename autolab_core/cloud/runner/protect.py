"""Keeping the command from the spec: by the mount that the engine made, by Landlock where the kernel has it, and by a
look afterwards in any case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from autolab_core.cloud.runner.stores import sha256_of
from autolab_core.guard.enforce import landlock, syscalls

__all__ = ["LANDLOCK", "MOUNT", "NOTHING", "enter", "level_of", "writable_beside"]

# The words of the guard's levels; ``vocab.guard`` is not packed with the runner, and a test holds them equal.
MOUNT: Final = "mount"
LANDLOCK: Final = "landlock"
NOTHING: Final = "none"


def level_of(path: str, sha256: str) -> tuple[str, str]:
    """What keeps the file *path*, and why it is nothing stronger ("" where that needs no words)."""
    if os.path.exists(path) and sha256_of(path)[0] == sha256 and os.statvfs(path).f_flag & os.ST_RDONLY:
        return MOUNT, ""
    try:
        landlock.usable_abi()
    except OSError as error:
        return NOTHING, landlock.missing_because(error)
    return LANDLOCK, ""


def writable_beside(path: str) -> Iterator[str]:
    """Files and folders that may be written while the file *path* may not: whatever lies beside it, or beside a folder
    above it. In those folders themselves nothing new can be made."""
    path = os.path.realpath(path)
    folder = "/"
    for part in path.split("/")[1:]:
        with suppress(OSError):
            yield from (os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name != part)
        folder = os.path.join(folder, part)


def enter(path: str, words: list[str]) -> None:
    """Give up, for good, the right to write *path*, and become the command *words*. Raises OSError."""
    abi = landlock.usable_abi()
    syscalls.forbid_new_privileges()
    landlock.restrict(writable_beside(path), abi=abi, ports=None, streams=(1, 2))
    os.execvp(words[0], words)
