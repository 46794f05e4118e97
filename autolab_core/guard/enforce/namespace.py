"""The namespaces of a plan: made by bwrap around a program that only waits, joined by whoever is to be guarded.

The holder (``cat``, behind bwrap's own first process) does nothing. When bwrap, or whoever started it, dies, the kernel
ends the first process of the namespace and with it every other one; then the mounts are gone too.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import Final

import attrs

from autolab_core.guard.enforce import bwrap, syscalls
from autolab_core.guard.plan import GuardPlan
from autolab_core.vocab.guard import GuardLevel

__all__ = ["Beginning", "Holder", "NoNamespace", "begin", "join", "spawn"]

_HOLDER: Final = ("/bin/cat", "/usr/bin/cat")
_START_SECONDS: Final = 20.0
_GET_USER_NAMESPACE: Final = 0xB701  # linux/nsfs.h, NS_GET_USERNS
_COMPLAINT_BYTES: Final = 65536


class NoNamespace(Exception):
    """The namespaces could not be made; the text says why and what would have to be allowed."""


@attrs.define
class Holder:
    """The namespaces while they are there. ``bwrap`` is the child that made them, ``first`` their first process."""

    bwrap: int
    first: int
    leash: int

    def alive(self) -> bool:
        """Whether bwrap still runs; asked by whoever made it, and by nobody else."""
        if self.bwrap > 0:
            pid, _ = os.waitpid(self.bwrap, os.WNOHANG)
            if pid:
                self.bwrap = -1
        return self.bwrap > 0

    def end(self) -> None:
        """End every process in the namespaces and wait until all are gone. Ending twice is fine."""
        if self.alive():
            # Its first process is reaped by bwrap, which is alive: the number is still its own. The kernel lets it go
            # only when nothing else is left in the namespace.
            with suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGKILL)
            os.waitpid(self.bwrap, 0)
            self.bwrap = -1
        if self.leash >= 0:
            os.close(self.leash)
            self.leash = -1


@attrs.define
class Beginning:
    """A bwrap that was started and is not ready yet: there is time for other work. Descriptors as in ``begin``."""

    bwrap: int
    leash: int
    ready: int
    info: int
    said: int

    def complete(self) -> Holder:
        """The namespaces once they are complete. Raises NoNamespace; then nothing is left of it."""
        try:
            holder = _held(self.bwrap, self.leash, self.ready, self.info, self.said)
        except BaseException:
            self.abandon()
            raise
        self.bwrap = self.leash = -1  # they are the holder's
        self._close()
        return holder

    def abandon(self) -> None:
        """End it, whatever it has made so far. Harmless when it is complete, and when called twice."""
        if self.bwrap > 0:
            os.close(self.leash)
            with suppress(ProcessLookupError):
                os.kill(self.bwrap, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self.bwrap, 0)
            self.bwrap = self.leash = -1
            self._close()

    def _close(self) -> None:
        for descriptor in (self.ready, self.info, self.said):
            os.close(descriptor)


def begin(program: str, plan: GuardPlan, level: GuardLevel, *, sockets: tuple[str, ...], privileged: bool) -> Beginning:
    """Start *program* (bwrap) for *plan*.

    *privileged*: this process has CAP_SYS_ADMIN, so that no user namespace is needed. Raises NoNamespace.
    """
    cat = next((path for path in _HOLDER if os.access(path, os.X_OK)), None)
    if cat is None:
        raise NoNamespace("there is no /bin/cat, which holds the namespaces")
    leash_read, leash = os.pipe()
    ready, ready_write = os.pipe()
    info, info_write = os.pipe()
    said, said_write = os.pipe()
    words = bwrap.argv(program, plan, level, info_fd=3, user_namespace=not privileged, sockets=sockets, holder=(cat,))
    try:
        pid = spawn(words, (leash_read, ready_write, said_write, info_write))
    except OSError as error:
        for descriptor in (leash, ready, info, said):
            os.close(descriptor)
        raise NoNamespace(f"{program} cannot be run: {error.strerror}") from error
    finally:
        for descriptor in (leash_read, ready_write, said_write, info_write):
            os.close(descriptor)
    return Beginning(pid, leash, ready, info, said)


def spawn(words: tuple[str, ...], descriptors: tuple[int, ...]) -> int:
    """Start *words*, whose descriptors 0, 1, 2 … are *descriptors*, in a session of its own. Raises OSError.

    No signal that can be held back reaches it: Ctrl-C, and what a scheduler sends to every process of a job, are for
    the command, which may want to end in good order. SIGKILL ends it.
    """
    # Out of the way first: the target of one may be the source of another.
    apart = [fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, 10) for source in descriptors]
    try:
        return os.posix_spawn(
            words[0],
            words,
            {"PATH": os.defpath},
            file_actions=[(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate(apart)],
            setsid=True,
            setsigmask=signal.valid_signals() - {signal.SIGCHLD},
        )
    finally:
        for descriptor in apart:
            os.close(descriptor)


def _held(pid: int, leash: int, ready: int, info: int, said: int) -> Holder:
    with suppress(BrokenPipeError):  # it has ended already, and has said why
        os.write(leash, b"\n")
    # cat answers once bwrap has made everything and started it.
    if not select.select([ready], [], [], _START_SECONDS)[0]:
        raise NoNamespace(f"bubblewrap did not start within {_START_SECONDS:g} s")
    if not os.read(ready, 1):
        raise NoNamespace(bwrap.why(_complaint(said)))
    try:
        return Holder(pid, int(json.loads(os.read(info, 65536))["child-pid"]), leash)
    except (ValueError, LookupError, TypeError) as error:
        raise NoNamespace("bubblewrap did not say which process it started") from error


def _complaint(said: int) -> str:
    """The last line that bwrap wrote before it ended."""
    text = b""
    until = time.monotonic() + 1.0
    while select.select([said], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(said, _COMPLAINT_BYTES)
        if not piece or len(text) > _COMPLAINT_BYTES:
            break
        text += piece
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def _open(pid: int) -> tuple[int, ...]:
    """The namespaces of *pid* that are not ours, in the order in which they can be joined.

    First the user namespace that owns the mounts: joining the others takes the rights that one has there. bwrap may
    have gone on into another one below it, which comes last.
    """
    found: list[int] = []
    try:
        mounts = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        found.append(mounts)
        owner = fcntl.ioctl(mounts, _GET_USER_NAMESPACE)
        found.append(owner)
        user = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        found.append(user)
        others = [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("pid", "ipc", "net")]
        found += others
        own = os.stat("/proc/self/ns/user")
        wanted = [] if os.path.samestat(os.fstat(owner), own) else [owner]
        wanted.append(mounts)
        ours = ("pid", "ipc", "net")
        wanted += [
            fd for fd, kind in zip(others, ours, strict=True)
            if not os.path.samestat(os.fstat(fd), os.stat(f"/proc/self/ns/{kind}"))
        ]  # fmt: skip
        if not os.path.samestat(os.fstat(user), os.fstat(owner)):
            wanted.append(user)
    except BaseException:
        for descriptor in found:
            os.close(descriptor)
        raise
    for descriptor in set(found) - set(wanted):
        os.close(descriptor)
    return tuple(wanted)


def join(first: int) -> None:
    """Join the namespaces that the process *first* holds.

    This process must have one thread only; its children are in the pid namespace, and it is not. Raises OSError.
    """
    for descriptor in _open(first):
        syscalls.setns(descriptor)
        os.close(descriptor)
