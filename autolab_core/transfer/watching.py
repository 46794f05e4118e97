"""How far a transfer has come, told by what lies in its staging folder: so it is for every way to copy."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autolab_core.transfer.base import Progress, Wanted

__all__ = ["watched"]

_SECONDS = 1.0


@contextmanager
def watched(staging: Path, listing: Wanted, progress: Progress | None, every: float = _SECONDS) -> Iterator[None]:
    """Tell *progress* what is in *staging* every *every* seconds while the block runs, and at its end."""
    if progress is None:
        yield
        return
    done = threading.Event()
    telling = threading.Thread(target=_tell, args=(staging, listing, progress, every, done), daemon=True)
    telling.start()
    try:
        yield
    finally:
        done.set()
        telling.join()
    progress(*_counted(staging, listing), len(listing.files), listing.bytes)


def _tell(staging: Path, listing: Wanted, progress: Progress, every: float, done: threading.Event) -> None:
    while not done.wait(every):
        progress(*_counted(staging, listing), len(listing.files), listing.bytes)


def _counted(staging: Path, listing: Wanted) -> tuple[int, int]:
    """Whole files, and all bytes, those of files that are under way included; never more than is wanted."""
    files = length = 0
    waiting = [str(staging)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        length += entry.stat(follow_symlinks=False).st_size
                        files += not entry.name.startswith(".autolab") and not _is_under_way(entry.name)
        except OSError:  # renamed or removed just now
            continue
    return min(files, len(listing.files)), min(length, listing.bytes)


def _is_under_way(name: str) -> bool:
    """Whether rsync named this file while it writes it: ``.name.`` and six letters or digits."""
    return name.startswith(".") and len(name.rpartition(".")[2]) == 6 and name.count(".") > 1
