"""The probe: inside the guard, before the command, try what the command must not do, and see what the kernel says.

A refusal alone proves little where the user has no right to write anyway (mode 444). So the mounts are asked whether
they are read-only, and Landlock has a canary: a file of the process's own that any process may write and no rule
allows.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import attrs

from autolab_core.guard.places import Kind
from autolab_core.guard.plan import GuardPlan
from autolab_core.guard.record import CREATE, OPEN, REFUSALS
from autolab_core.vocab.guard import GuardLevel

__all__ = ["CANARY", "Attempt", "Probed", "canary", "judge", "probe"]

CANARY: Final = "/proc/self/comm"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@attrs.frozen
class Attempt:
    """One thing that was tried: what, on which path, and the errno's name; None when it worked."""

    attempt: str
    path: str
    errno: str | None

    @property
    def refused(self) -> bool:
        """Whether the kernel said no. Any other error proves nothing."""
        return self.errno in REFUSALS


@attrs.frozen
class Probed:
    """What a probe saw: its attempts, the protected paths whose mount may be written, and what the canary said."""

    attempts: tuple[Attempt, ...]
    open_mounts: tuple[str, ...]
    canary: str | None


def probe(plan: GuardPlan, *, create: bool) -> Probed:
    """Try to change what *plan* protects, from inside. What works by mistake is undone: nothing is written, and a name
    that could be made is removed. Without *create* none is made: its traces in the folder's times would stay."""
    attempts = tuple(_attempts(plan, create=create))
    there = [place.path for place in plan.protected if place.kind is not Kind.ABSENT]
    return Probed(attempts, tuple(path for path in there if not _read_only(path)), canary())


def _attempts(plan: GuardPlan, *, create: bool) -> Iterator[Attempt]:
    zones = plan.zones
    files = [place.path for place in plan.protected if place.kind is Kind.FILE]
    folders = [place.path for place in plan.protected if place.kind is Kind.FOLDER]
    if not zones.writable(plan.root):
        folders.append(plan.root)
    if plan.spec is not None:
        # The spec comes first, and with it the folder in which another one could be put in its place.
        files.insert(0, plan.spec)
        beside = os.path.dirname(plan.spec)
        if not zones.writable(beside):
            folders.insert(0, beside)
    yield from (Attempt(OPEN, path, _open(path)) for path in dict.fromkeys(files))
    if create:
        yield from (Attempt(CREATE, folder, _create(folder)) for folder in dict.fromkeys(folders))


def canary() -> str | None:
    """What opening the canary for writing says: None when it worked."""
    return _open(CANARY)


def _open(path: str) -> str | None:
    try:
        os.close(os.open(path, _WRITE))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "unknown")
    return None


def _create(folder: str) -> str | None:
    name = f"{folder}/.autolab-probe-{os.urandom(8).hex()}"
    try:
        os.close(os.open(name, _NEW, 0o600))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "unknown")
    with suppress(OSError):
        os.unlink(name)
    return None


def _read_only(path: str) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def judge(level: GuardLevel, seen: Probed, *, canary_lives: bool) -> str | None:
    """Why *seen* does not show *level*, or None when it does. *canary_lives*: outside it may be written (inside another
    guard it may not, and says nothing). Pure."""
    if not level.enforced:
        return None
    for attempt in seen.attempts:
        if not attempt.refused:
            came = "worked" if attempt.errno is None else f"ended with {attempt.errno}, which is no refusal"
            return f"the probe ({attempt.attempt}: {attempt.path!r}) {came}"
    if level.mounts and seen.open_mounts:
        return f"the mount of {seen.open_mounts[0]!r} is not read-only"
    if level is not GuardLevel.MOUNT and canary_lives and seen.canary not in REFUSALS:
        return "Landlock took its rules and enforces nothing"
    return None
