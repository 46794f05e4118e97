"""One holder at a time, by ``flock``: the kernel frees the lock when its last holder dies, so nobody ever steals it.

The lock belongs to an open file description. A child that inherits ``fileno()`` (``pass_fds``, or a fork) holds it
too, and it is free only when every holder has closed it or died. The file itself is never removed: two processes
could then hold two files of the same name. What it holds is for people to read, and is believed only while the
lock is held.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from autolab_core.io.atomic import store_error
from autolab_core.vocab.errors import LockHeld, StoreError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["Lock", "acquire", "holder", "openers"]

_OPEN: Final = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FIRST_SLEEP: Final = 0.001
_LONGEST_SLEEP: Final = 0.2
# How long to try for when nobody holds the lock, but others keep looking whether somebody does.
_GRACE: Final = 1.0
_NOTE_BYTES: Final = 4096
_UNKNOWN: Final = "another process, which has not written its name"


class Lock:
    """A lock that is held. Leaving the ``with`` block, or ``release()``, closes our hold on it.

    A Lock that is dropped without either stays held until the process ends.
    """

    __slots__ = ("_descriptor", "path")

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor to pass to a child that shall hold the lock too; ``ValueError`` once released."""
        if self._descriptor < 0:
            raise ValueError("the lock is released")
        return self._descriptor

    def release(self) -> None:
        """Give up our hold; releasing twice is fine. A child that inherited the descriptor still holds the lock."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)  # not LOCK_UN, which would take the lock from our children as well

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(path: Path, *, what: str, wait: float = 0.0) -> Lock:
    """Hold the lock file *path*, made where it is missing, and write into it who holds it and *what* for.

    Waits up to *wait* seconds of the monotonic clock. Raises ``LockHeld`` naming the holder when it is still held
    then, ``StoreError`` when the file cannot be opened or written or its file system cannot lock.
    """
    deadline = time.monotonic() + max(0.0, wait)
    while True:
        descriptor = _open(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(path, descriptor, deadline)
            if _is_still(path, descriptor):
                _write_note(descriptor, what)
                return Lock(path, descriptor)
        except OSError as error:
            os.close(descriptor)
            raise store_error(path, "cannot be locked", error) from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # somebody removed or replaced the file while we waited for it: lock the one there is


def holder(path: Path) -> str | None:
    """Who holds the lock file *path*, in words, or None when nobody does. Never keeps anybody from acquiring it."""
    try:
        descriptor = os.open(path, _OPEN | os.O_RDONLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise store_error(path, "cannot be read", error) from error
    try:
        # Shared, and for a moment only; acquire() tells such a glance from a holder.
        return None if _try(path, descriptor, fcntl.LOCK_SH) else _read_note(descriptor)
    finally:
        os.close(descriptor)


def openers(path: Path) -> tuple[int, ...]:
    """The pids that have the lock file *path* open, among those whose descriptors we may see; ourselves never.

    Who inherited a lock holds it under the name of who took it, so ``holder`` cannot say this. Linux only: empty
    elsewhere.
    """
    try:
        wanted = os.stat(path)
        pids = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {os.getpid()}
    except OSError:
        return ()
    return tuple(sorted(pid for pid in pids if _has_open(pid, wanted)))


def _has_open(pid: int, wanted: os.stat_result) -> bool:
    with suppress(OSError):
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                if os.path.samestat(os.stat(f"/proc/{pid}/fd/{descriptor}"), wanted):
                    return True
    return False


def _open(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, _OPEN | flags, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreError(str(path), "cannot be locked: it is a symbolic link") from error
        raise store_error(path, "cannot be locked", error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError(str(path), "cannot be locked: it is not a regular file")
    return descriptor


def _lock(path: Path, descriptor: int, deadline: float) -> None:
    """Lock *descriptor* or raise ``LockHeld``: after *deadline* when it is held, later when it is only looked at."""
    patience = time.monotonic() + _GRACE
    sleep = _FIRST_SLEEP
    while not _try(path, descriptor, fcntl.LOCK_EX):
        now = time.monotonic()
        # A holder has it exclusively; a holder() that looks has it shared, and so can we.
        glanced_at = _try(path, descriptor, fcntl.LOCK_SH)
        if glanced_at:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            sleep = _FIRST_SLEEP
        if now >= (max(deadline, patience) if glanced_at else deadline):
            raise LockHeld(str(path), _read_note(descriptor))
        time.sleep(min(sleep, _LONGEST_SLEEP) if glanced_at else max(0.0, min(sleep, _LONGEST_SLEEP, deadline - now)))
        sleep *= 2


def _try(path: Path, descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _cannot_lock(path, error) from error
    return True


def _cannot_lock(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
        hint = "keep the repository on a file system with flock, or mount this one with locking"
        return StoreError(str(path), "cannot be locked: its file system has no locks", hint=hint)
    return store_error(path, "cannot be locked", error)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _write_note(descriptor: int, what: str) -> None:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    note = {"pid": os.getpid(), "host": os.uname().nodename, "since": since, "what": what}
    line = json.dumps(note).encode() + b"\n"
    # Written before it is cut to length: a reader that comes between takes the first line, and finds it whole.
    os.pwrite(descriptor, line, 0)
    os.ftruncate(descriptor, len(line))


def _read_note(descriptor: int) -> str:
    """What the holder wrote, as ``pid 123 on host since 2026-02-01T12:00:00Z (what)``; never fails on its content."""
    line = os.pread(descriptor, _NOTE_BYTES, 0).partition(b"\n")[0]
    try:
        note = json.loads(line)
        words = f"pid {note['pid']} on {note['host']} since {note['since']} ({note['what']})"
    except (ValueError, LookupError, TypeError, RecursionError):
        return _UNKNOWN
    return "".join(character if character.isprintable() else "?" for character in words)
