"""A level that is had: a child that stands inside it, was probed, and waits for leave to become the command."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import attrs

from autolab_core.guard.enforce import descendants, syscalls
from autolab_core.guard.enforce.inside import Inside
from autolab_core.guard.enforce.keeper import Pipes, keep
from autolab_core.guard.enforce.namespace import Holder
from autolab_core.guard.enforce.probe import Attempt, Probed

__all__ = ["Missing", "Preparing", "Standing", "prepare"]

_END_SECONDS: Final = 30.0
_KILL_SECONDS: Final = 10.0
_REPORT_BYTES: Final = 1 << 16


class Missing(Exception):
    """A level cannot be had; the text says why, and what would have to be installed or allowed."""


@attrs.define
class Standing:
    """The process inside and who keeps it. ``end`` is to be called whatever happens; twice is fine."""

    inside: Inside
    holder: Holder | None
    keeper: int
    pid: int
    abi: int
    seen: Probed
    _go: int
    _result: int
    _leash: int
    _spared: frozenset[int] | None
    _tidy: Callable[[], None]

    def start(self) -> None:
        """Let it become the command."""
        os.write(self._go, b"\n")
        os.close(self._go)
        self._go = -1

    def signal(self, number: int, *, group: bool) -> None:
        """Send *number* to the command, or to its whole *group*; it may have ended already."""
        with suppress(ProcessLookupError, PermissionError):
            if group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    @property
    def descriptor(self) -> int:
        """Readable when the command has ended, and what it left behind as well (or when the keeper is gone)."""
        return self._result

    def status(self) -> int | None:
        """How the command ended, as ``waitpid`` says it; None when the keeper was killed before it could say."""
        line = _line(self._result)
        return int(line["status"]) if "status" in line else None

    def empty(self) -> None:
        """End every process that the command left, and wait until all are gone."""
        if self.holder is not None:
            self.holder.end()
        elif self._spared is not None:
            # The keeper has done this, unless somebody killed it: then what it kept has become ours.
            descendants.end_all(_KILL_SECONDS, self._spared | {self.keeper})

    def end(self) -> None:
        """End all of it: the command, what it started, the namespaces; and undo what lasts only as long as they do."""
        for name in ("_go", "_leash"):
            if getattr(self, name) >= 0:
                os.close(getattr(self, name))
                setattr(self, name, -1)
        if self.keeper > 0:
            _await(self.keeper)
            self.keeper = -1
        self.empty()
        _no_longer_adopt(self._spared)
        self._spared = None
        if self._result >= 0:
            os.close(self._result)
            self._result = -1
        self._tidy()


@attrs.define
class Preparing:
    """A keeper that was forked and waits to be told where to go; its supervisor has time for other work meanwhile."""

    inside: Inside
    keeper: int
    _report: int
    _result: int
    _go: int
    _leash: int
    _spared: frozenset[int] | None
    _tidy: Callable[[], None]

    def stand(self, holder: Holder | None, meanwhile: Iterable[Callable[[], None]] = ()) -> Standing:
        """Send it into the namespaces of *holder*, if there are any, to put a process there; call each of *meanwhile*.

        Raises Missing with the reason when that could not give up its rights; then nothing is left but the *holder*.
        """
        try:
            os.write(self._leash, b"%d\n" % (0 if holder is None else holder.first))
            for each in meanwhile:
                each()
            facts = _line(self._report, _REPORT_BYTES)
            if "attempts" not in facts:
                said = facts.get("missing", "the process inside the guard ended before it could say anything")
                raise Missing(said)
            seen = Probed(
                tuple(Attempt(*each) for each in facts["attempts"]), tuple(facts["open_mounts"]), facts["canary"]
            )
            pid = int(_line(self._result)["pid"])
        except BaseException:
            self.abandon()
            raise
        os.close(self._report)
        keeper, self.keeper = self.keeper, -1  # it is the other's
        return Standing(
            self.inside,
            holder,
            keeper,
            pid,
            int(facts["abi"]),
            seen,
            self._go,
            self._result,
            self._leash,
            self._spared,
            self._tidy,
        )

    def abandon(self) -> None:
        """End it, and undo what lasts only as long as it does. Harmless once it stands, and when called twice."""
        if self.keeper > 0:
            for descriptor in (self._report, self._result, self._go, self._leash):
                os.close(descriptor)
            _await(self.keeper)
            self.keeper = -1
            _no_longer_adopt(self._spared)
            self._tidy()


def prepare(inside: Inside, tidy: Callable[[], None], *, held: tuple[int, ...] = ()) -> Preparing:
    """Fork the keeper. Every signal must be held back.

    *tidy* undoes what is on disk for as long as the guard lasts: it must be harmless when called twice, and is called
    by the supervisor and by the keeper, who may be the only one left. The keeper keeps the descriptors *held* open.
    """
    report, report_write = os.pipe()
    result, result_write = os.pipe()
    go_read, go = os.pipe()
    leash_read, leash = os.pipe()
    supervisor = os.getpid()
    spared = None
    if not inside.level.mounts:
        spared = frozenset(descendants.children())
        syscalls.become_subreaper()
    keeper = os.fork()
    if keeper == 0:
        try:  # whatever happens, this process goes no further than here
            keep(inside, Pipes(report_write, result_write, go_read, leash_read), held, supervisor)
        finally:
            try:
                tidy()
            finally:
                os._exit(0)
    for descriptor in (report_write, result_write, go_read, leash_read):
        os.close(descriptor)
    return Preparing(inside, keeper, report, result, go, leash, spared, tidy)


def _no_longer_adopt(spared: frozenset[int] | None) -> None:
    if spared is not None:
        syscalls.become_subreaper(wanted=False)


def _line(descriptor: int, at_once: int = 1) -> dict[str, Any]:
    """The next line of JSON from a pipe; empty when its other side is gone. No more bytes are taken from it, unless
    *at_once* says that there is one line only."""
    text = b""
    while not text.endswith(b"\n"):
        piece = os.read(descriptor, at_once)
        if not piece:
            return {}
        text += piece
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def _await(keeper: int) -> None:
    """Wait for the keeper's end, which follows the leash's; kill it when it does not come."""
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        with suppress(ChildProcessError):
            if os.waitpid(keeper, os.WNOHANG)[0] == 0:
                signal.sigtimedwait({signal.SIGCHLD}, 0.05)
                continue
        return
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(keeper, signal.SIGKILL)
        os.waitpid(keeper, 0)
