"""The keeper: the parent of the guarded command, and what is left to tidy up when the supervisor is killed.

It joins the namespaces where there are any (its child is in the pid namespace, it is not), starts the command, waits
for it and for what it leaves behind, and says how it ended. No signal but SIGKILL reaches it, and it ends everything
when the supervisor is gone.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Final

import attrs

from autolab_core.guard.enforce import descendants, syscalls
from autolab_core.guard.enforce.inside import Inside, prepare_private, say, stand_ready
from autolab_core.guard.enforce.namespace import join
from autolab_core.guard.enforce.privileges import close_descriptors

__all__ = ["Pipes", "keep"]

_POLL_SECONDS: Final = 0.02
_LOOK_SECONDS: Final = 1.0
_KILL_SECONDS: Final = 10.0
_LINE_BYTES: Final = 64
# In the namespace: bwrap's first process, and the program that holds it.
_HOLDERS: Final = 2


@attrs.frozen
class Pipes:
    """The descriptors that the keeper and the command's process are left with.

    ``report``: what the process inside found, one line. ``result``: the command's pid, then its wait status.
    ``go``: a byte lets the command start. ``leash``: first whose namespaces to join (a pid; 0 for none), one line;
    closed when the supervisor needs the keeper no more, or is dead.
    """

    report: int
    result: int
    go: int
    leash: int


def keep(inside: Inside, pipes: Pipes, held: tuple[int, ...], supervisor: int) -> None:
    """Be the keeper until all is over. Call it in a fork that ends afterwards, with every signal held back.

    The descriptors *held* stay open as long as it lives.
    """
    os.setsid()
    syscalls.become_subreaper()
    # Before joining: afterwards /proc belongs to a namespace that this process is not in. A pipe is at its end only
    # when nobody else holds its other side.
    close_descriptors(frozenset({*attrs.astuple(pipes), *held}))
    told = b""
    while not told.endswith(b"\n"):
        piece = os.read(pipes.leash, _LINE_BYTES)
        if not piece:
            return
        told += piece
    holder = int(told)
    try:
        if holder:
            join(holder)
            prepare_private(inside)
        os.chdir(inside.cwd)
        # After joining, which would undo it. A supervisor that died before is seen by its pid.
        syscalls.die_with_parent(signal.SIGTERM)
    except OSError as error:
        say(pipes.report, missing=f"the namespace cannot be entered: {error}")
        return
    child = os.fork()
    if child == 0:
        try:  # whatever happens, this process goes no further than here
            for descriptor in (pipes.result, pipes.leash, *held):
                os.close(descriptor)
            stand_ready(inside, pipes.report, pipes.go)
        finally:
            os._exit(126)
    for descriptor in (pipes.report, pipes.go):
        os.close(descriptor)
    say(pipes.result, pid=child)
    watch = _Watch(child, pipes.leash, supervisor, separate=bool(holder))
    say(pipes.result, status=watch.until_ended(), left=watch.end_the_rest(inside.grace))
    os.kill(supervisor, signal.SIGCHLD)  # it waits for signals, and would not look at a pipe meanwhile
    watch.until_dismissed()


class _Watch:
    """Waiting for the command *child*. *separate*: it has a pid namespace, and /proc shows that one."""

    def __init__(self, child: int, leash: int, supervisor: int, *, separate: bool) -> None:
        self._child = child
        self._leash = leash
        self._supervisor = supervisor
        self._separate = separate

    def until_ended(self) -> int:
        """The command's wait status. When the supervisor is gone the command is killed."""
        killed = False
        while True:
            ended = descendants.reap()
            if self._child in ended:
                return ended[self._child]
            if not killed and self._dismissed():
                os.kill(self._child, signal.SIGKILL)
                killed = True
            signal.sigtimedwait({signal.SIGCHLD, signal.SIGTERM}, _LOOK_SECONDS)

    def end_the_rest(self, grace: float) -> int:
        """Give what the command left behind *grace* seconds to end by itself, then end it; how many would not."""
        until = time.monotonic() + grace
        while self._left() and time.monotonic() < until and not self._dismissed():
            descendants.reap()
            time.sleep(_POLL_SECONDS)
        # In a namespace the supervisor ends them all at once, by ending its first process.
        return 0 if self._separate else descendants.end_all(_KILL_SECONDS)

    def until_dismissed(self) -> None:
        """Wait until the supervisor has closed the leash, or is gone."""
        while not self._dismissed():
            if select.select([self._leash], [], [], _LOOK_SECONDS)[0]:
                return

    def _left(self) -> bool:
        if not self._separate:
            return descendants.count() > 0
        try:
            return sum(name.isdigit() for name in os.listdir("/proc")) > _HOLDERS
        except OSError:
            return False

    def _dismissed(self) -> bool:
        return os.getppid() != self._supervisor or bool(select.select([self._leash], [], [], 0)[0])
