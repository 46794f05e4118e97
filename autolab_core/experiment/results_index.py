"""The hash index of results: what every file below ``results/`` held, but for the experiment's own folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from autolab_core.io.digest import sha256_of, sha256_of_bytes
from autolab_core.io.layout import RESULTS
from autolab_core.vocab.errors import DocumentError

__all__ = ["index_results"]


def index_results(root: str, own: str) -> dict[str, str]:
    """Path (relative to *root*) to SHA-256 of every file below ``results/``, sorted; *own* is left out.

    A symbolic link is not followed: the hash is that of what it says, so that a link that is put in a file's place
    shows. What is no file (a FIFO, a socket) has the hash of nothing. Of a file that is written to meanwhile, another
    experiment's perhaps, and of one that may not be read, the hash is empty: nothing can be said of it.
    """
    return {path: _hash(os.path.join(root, path), path) for path in sorted(_files(root, RESULTS, own))}


def _files(root: str, folder: str, own: str) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(os.path.join(root, here)) as entries:
                every = [(f"{here}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError:
            continue
        for path, is_folder in every:
            if path != own:
                if is_folder:
                    waiting.append(path)
                elif path.isprintable():
                    yield path


def _hash(path: str, shown: str) -> str:
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return sha256_of_bytes(os.fsencode(os.readlink(path)))
        return sha256_of(path, shown) if stat.S_ISREG(mode) else sha256_of_bytes(b"")
    except (OSError, DocumentError):
        return ""
