"""The reminder at level ``none``: write permission taken from what is sealed, and given back by whoever is left.

Each guard writes down what it takes before it takes anything, in a file whose lock it holds until it has given all of
it back. Two guards may take from one path: it gets its mode back when the last of them is gone. What a guard that
was killed together with its keeper has taken is given back by the next one, or by ``autolab guard check``: its lock is
free.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from autolab_core.guard.plan import GuardPlan
from autolab_core.io.atomic import make_dirs, store_error, sync_folder
from autolab_core.io.layout import AUTOLAB, GUARD_MODES
from autolab_core.io.lock import Lock, acquire

__all__ = ["Taken", "give_back_leftovers", "take"]

_WRITE: Final = 0o222
_WAIT_SECONDS: Final = 30.0
_NOTE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@attrs.define
class Taken:
    """What one guard took. ``descriptor`` holds the lock of its file; the keeper holds it too."""

    root: str
    note: str
    descriptor: int

    def give_back(self) -> None:
        """Let every path have its mode again, but for those that another guard holds. Doing it twice is fine."""
        with _lock(self.root):
            _give_back(self.root, self.note)
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def take(plan: GuardPlan) -> Taken:
    """Take write permission from everyone on what *plan* seals of the repository, Autolab's own folder apart.

    What belongs to others is left as it is. Raises StoreError when it cannot be written down first.
    """
    with _lock(plan.root):
        _give_back_dead(plan.root)
        held = _held(plan.root)
        modes = {}
        for path in _paths(plan):
            status = os.lstat(path)
            mode = stat.S_IMODE(status.st_mode)
            if path in held or mode & _WRITE:
                modes[path] = held.get(path, mode)
        note = os.path.join(plan.root, GUARD_MODES, f"{os.getpid()}-{os.urandom(4).hex()}.json")
        try:
            descriptor = os.open(note, _NOTE, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(descriptor, json.dumps(modes).encode())
            os.fsync(descriptor)
            sync_folder(Path(note).parent)
        except OSError as error:
            raise store_error(note, "cannot be written", error) from error
        for path, mode in modes.items():
            # What another guard has taken is left alone: chmod moves the ctime, and that guard's seals would tell.
            if path not in held:
                with suppress(OSError):
                    os.chmod(path, mode & ~_WRITE)
        return Taken(plan.root, note, descriptor)


def give_back_leftovers(root: str) -> tuple[str, ...]:
    """Give back what guards of the repository *root* took that are no more; the paths, sorted."""
    folder = os.path.join(root, GUARD_MODES)
    if not any(name.endswith(".json") for name in _names(folder)):
        return ()
    with _lock(root):
        return tuple(sorted(_give_back_dead(root)))


def _give_back_dead(root: str) -> set[str]:
    """Undo every note whose guard is no more; the caller has the lock."""
    folder = os.path.join(root, GUARD_MODES)
    notes = [os.path.join(folder, name) for name in _names(folder) if name.endswith(".json")]
    return {path for note in notes if not _is_held(note) for path in _give_back(root, note)}


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _lock(root: str) -> Lock:
    folder = Path(root, GUARD_MODES)
    make_dirs(folder)
    return acquire(folder / "lock", what="modes", wait=_WAIT_SECONDS)


def _paths(plan: GuardPlan) -> Iterator[str]:
    zones = plan.zones
    own = os.path.join(plan.root, AUTOLAB)
    # Where nothing is sealed others go on working.
    waiting = [path for path in plan.sealed if path.startswith(f"{plan.root}/") and os.path.lexists(path)]
    while waiting:
        path = waiting.pop()
        if f"{path}/".startswith(f"{own}/") or zones.writable(path) or os.path.islink(path):
            continue
        yield path
        if os.path.isdir(path):
            with suppress(OSError), os.scandir(path) as entries:
                waiting += [entry.path for entry in entries]


def _held(root: str) -> dict[str, int]:
    """path -> the mode it had, of every note whose guard is still there."""
    folder = os.path.join(root, GUARD_MODES)
    found: dict[str, int] = {}
    for name in _names(folder):
        path = os.path.join(folder, name)
        if name.endswith(".json") and _is_held(path):
            found = _read(path) | found
    return found


def _is_held(note: str) -> bool:
    try:
        descriptor = os.open(note, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _give_back(root: str, note: str) -> set[str]:
    """Undo *note* and remove it; the caller has the lock."""
    modes = _read(note)
    with suppress(FileNotFoundError):
        os.unlink(note)
    held = _held(root)
    given = set()
    for path, mode in modes.items():
        if path not in held:
            with suppress(OSError):
                if not os.path.islink(path) and stat.S_IMODE(os.lstat(path).st_mode) == mode & ~_WRITE:
                    os.chmod(path, mode)
                    given.add(path)
    return given


def _read(note: str) -> dict[str, int]:
    """What a note says; nothing when its guard died before it was complete, for then nothing was taken."""
    try:
        with open(note, "rb") as file:
            data = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return {str(path): int(mode) for path, mode in data.items()} if isinstance(data, dict) else {}
