"""Whether a file is still the one that was read, told without reading it again."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["REST_NS", "Stamp", "at_rest", "stamp"]

# Device, inode, length, and the times of the last change of content and of status, in ns since 1970.
Stamp = tuple[int, int, int, int, int]

# A file system's clock may tick as slowly as that: two changes within one tick leave the same times.
REST_NS: Final = 2 * 10**9


def stamp(path: str) -> Stamp | None:
    """The stamp of what is at *path*, links followed; None where there is nothing, or it may not be looked at."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def at_rest(found: Stamp, now_ns: int) -> bool:
    """True when whatever was done since *found* was taken, at *now_ns* or later, would have left another stamp."""
    return now_ns - found[4] > REST_NS
