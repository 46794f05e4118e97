"""How far a transfer has come, told while it is under way: what comes home by what lies in its staging folder already,
so it is for every way to copy."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autolab_core.transfer.base import Progress, Wanted

__all__ = ["told", "watched"]

_SECONDS = 1.0


@contextmanager
def watched(staging: Path, listing: Wanted, progress: Progress | None, every: float = _SECONDS) -> Iterator[None]:
    """Tell *progress* what is in *staging* every *every* seconds while the block runs, and at its end."""
    if progress is None:
        yield
        return
    with told(lambda: _counted(staging), (len(listing.files), listing.bytes), progress, every):
        yield


@contextmanager
def told(
    count: Callable[[], tuple[int, int]], wanted: tuple[int, int], progress: Progress, every: float = _SECONDS
) -> Iterator[None]:
    """Tell *progress* what *count* says, files and bytes, and what of both is *wanted*: every *every* seconds while the
    block runs, and once when it has ended well. It is never more than is wanted."""

    def tell() -> None:
        files, length = count()
        progress(min(files, wanted[0]), min(length, wanted[1]), *wanted)

    def keep_telling() -> None:
        while not done.wait(every):
            tell()

    done = threading.Event()
    telling = threading.Thread(target=keep_telling, daemon=True)
    telling.start()
    try:
        yield
    finally:
        done.set()
        telling.join()
    tell()


def _counted(staging: Path) -> tuple[int, int]:
    """Whole files, and all bytes, those of files that are under way included."""
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
    return files, length


def _is_under_way(name: str) -> bool:
    """Whether rsync named this file while it writes it: ``.name.`` and six letters or digits."""
    return name.startswith(".") and len(name.rpartition(".")[2]) == 6 and name.count(".") > 1
