"""What lies in a run's folder. No symbolic link is followed, so nothing here leads out of it."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import os
from typing import Final, NamedTuple

from autolab_core.io.atomic import is_temporary
from autolab_core.io.documents.source import cannot_be_read
from autolab_core.io.layout import RunPaths

__all__ = ["RunFiles", "run_files", "settled_files"]

_SPECIAL: Final = "a pipe, a socket or a device"


class RunFiles(NamedTuple):
    """Names are relative to the run's folder. ``files`` are the regular files, with their lengths in bytes.

    ``others`` are symbolic links and what else is neither a regular file nor a folder, with what it is.
    """

    files: dict[str, int]
    others: dict[str, str]


def run_files(folder: str, shown: str) -> RunFiles:
    """Everything below the absolute path *folder*. Raises ``DocumentError`` naming *shown* when it cannot be listed."""
    found = RunFiles({}, {})
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(folder, prefix)) as entries:
                for entry in entries:
                    name = f"{prefix}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{name}/")
                    elif entry.is_file(follow_symlinks=False):
                        found.files[name] = entry.stat(follow_symlinks=False).st_size
                    else:
                        found.others[name] = "a symbolic link" if entry.is_symlink() else _SPECIAL
        except OSError as error:
            raise cannot_be_read(f"{shown}/{prefix}".rstrip("/"), error) from error
    return found


def settled_files(found: RunFiles, paths: RunPaths) -> dict[str, int]:
    """Those of the regular files that nothing of Autolab changes any more once the run has its results."""
    unsettled = paths.unsettled()
    return {
        name: length
        for name, length in found.files.items()
        if name not in unsettled and not is_temporary(name.rpartition("/")[2])
    }
