"""What a record says of the machine, and what has to be said besides."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from autolab_core.guard.enforce import bwrap, landlock, syscalls
from autolab_core.guard.enforce.namespace import spawn
from autolab_core.guard.plan import GuardPlan
from autolab_core.guard.record import Machine
from autolab_core.vocab.guard import GuardLevel, Network

__all__ = ["Version", "notes", "this_machine"]

_ANSWER_SECONDS: Final = 5.0
# What each program said that this process has asked; the same file, unchanged, says the same again.
_answers: Final[dict[tuple[object, ...], tuple[int, ...] | None]] = {}


class Version:
    """bwrap's version. It is asked for as early as possible, and has time to answer until that is needed."""

    def __init__(self) -> None:
        self._pid = self._said = -1
        self._file: tuple[object, ...] = ()

    def ask(self) -> None:
        """Start asking, if there is a bwrap and it was not asked yet, by this process neither."""
        program = bwrap.find(os.environ.get("PATH"))
        if program is None or self._said >= 0:
            return
        status = os.stat(program)
        self._file = (program, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if self._file in _answers:
            return
        nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._said, write = os.pipe()
        try:
            with suppress(OSError):
                self._pid = spawn((program, "--version"), (nothing, write, nothing))
        finally:
            os.close(nothing)
            os.close(write)

    def answer(self) -> tuple[int, ...] | None:
        """The version; None where there is no bwrap, or it does not say."""
        if self._file in _answers:
            return _answers[self._file]
        if self._said < 0 or not select.select([self._said], [], [], _ANSWER_SECONDS)[0]:
            return None
        _answers[self._file] = bwrap.parse_version(os.read(self._said, 4096).decode("utf-8", "replace"))
        return _answers[self._file]

    def forget(self) -> None:
        """Leave nothing of the question behind."""
        if self._said >= 0:
            os.close(self._said)
            self._said = -1
        if self._pid > 0:
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = -1


def this_machine(version: tuple[int, ...] | None) -> Machine:
    """The kernel, Landlock, bwrap of *version*, and who we are."""
    try:
        abi = syscalls.landlock_abi()
    except OSError:
        abi = None
    said = None if version is None else ".".join(str(part) for part in version)
    return Machine(os.uname().release, abi, said, os.getuid(), os.getgid())


def notes(plan: GuardPlan, level: GuardLevel, version: tuple[int, ...] | None, outer: str | None) -> Iterator[str]:
    """What a person should know of *plan* at *level* besides what it covers. *outer*: the level of a guard that this
    one runs in."""
    network = plan.policy.network
    if outer:
        yield f"this guard ran inside another one, of level {outer}, which goes on holding"
    if level.mounts and version is not None and version < bwrap.WARN_BELOW:
        said, wanted = (".".join(map(str, numbers)) for numbers in (version, bwrap.WARN_BELOW))
        yield f"bubblewrap {said} is older than {wanted}, and has known faults that its newer versions have not"
    if isinstance(network, tuple) and level.enforced:
        yield "the network is held to the listed ports for TCP connections; UDP, and listening, are not held"
    if network is not Network.INHERIT and not level.enforced:
        yield "the network is not held at this level"
    if level is GuardLevel.LANDLOCK:
        yield "sockets in the file system (docker, ssh-agent, munge and with it sbatch) can be reached at this level"
    if level.enforced and level is not GuardLevel.MOUNT and _abi() < landlock.ABI_SCOPES:
        yield "below Landlock ABI 6 signals and abstract sockets reach processes outside of the guard"
    if level is GuardLevel.MOUNT and os.geteuid() == 0:
        yield "at this level root alone is known: chown to others, and files of others, are out of reach"


def _abi() -> int:
    try:
        return syscalls.landlock_abi()
    except OSError:
        return 0
