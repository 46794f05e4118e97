"""A command whose output is read line by line while it runs, and that can be stopped with all that it started."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import attrs

from autolab_core.exec.processes import descendants
from autolab_core.vocab.errors import RunnerError

__all__ = ["Output", "Watched"]

_BLOCK: Final = 1 << 16
# After the command has ended: how long somebody else may still hold its output open.
_DRAIN_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.05


@attrs.frozen
class Output:
    """A line, its newline included where it had one. Not ``whole``: a piece of one that is longer than was asked for.

    ``error`` says that it came from standard error.
    """

    text: bytes
    error: bool = False
    whole: bool = True


class Watched:
    """A child in a process group of its own, without input unless *stdin* is a descriptor.

    *prepare* is called in the child before it becomes the command, and *pass_fds* stay open in it. Raises RunnerError
    when it cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        line_max: int,
        prepare: Callable[[], None] | None = None,
        stdin: int = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> None:
        try:
            self._child = subprocess.Popen(
                tuple(argv),
                cwd=cwd,
                env=dict(env),
                stdin=stdin,
                pass_fds=tuple(pass_fds),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
                # One system call; whoever hands it over has no threads that could hold a lock meanwhile.
                preexec_fn=prepare,  # noqa: PLW1509
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise RunnerError(f"{argv[0]}: cannot be started: {error}") from error
        self._line_max = line_max

    @property
    def pid(self) -> int:
        return self._child.pid

    def output(self, every: float) -> Iterator[Output | None]:
        """What it writes, until it has ended; None at least every *every* seconds, for whoever watches a clock."""
        with selectors.DefaultSelector() as waiting:
            for stream, error in ((self._child.stdout, False), (self._child.stderr, True)):
                assert stream is not None
                os.set_blocking(stream.fileno(), False)
                waiting.register(stream, selectors.EVENT_READ, _Lines(error, self._line_max))
            until: float | None = None
            while waiting.get_map():
                ready = waiting.select(min(every, _POLL_SECONDS) if until is not None else every)
                for key, _ in ready:
                    try:
                        block = os.read(key.fd, _BLOCK)
                    except BlockingIOError:
                        continue
                    yield from key.data.add(block)
                    if not block:
                        waiting.unregister(key.fileobj)
                yield None
                if self._child.poll() is not None:
                    until = until or time.monotonic() + _DRAIN_SECONDS
                    if time.monotonic() > until:
                        return
        while self.wait(every) is None:
            yield None

    def wait(self, seconds: float) -> int | None:
        """The exit code (negative: the signal that ended it), or None when it still runs after *seconds*."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: signal.Signals) -> None:
        """Send *number* to the child, where it still runs."""
        if self._child.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self._child.pid, number)

    def kill_below(self) -> None:
        """Kill what its own children started: the child itself goes on, and sees how they ended."""
        for pid in descendants(self._child.pid, deeper_than=1):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def kill_group(self) -> None:
        """Kill what is left of its process group, once it has ended itself."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill it where it still runs, and let go of its output."""
        if self._child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()


class _Lines:
    """Blocks cut into lines, in bounded memory."""

    def __init__(self, error: bool, longest: int) -> None:
        self._error = error
        self._longest = longest
        self._rest = b""
        self._within = False

    def add(self, block: bytes) -> Iterator[Output]:
        """The lines that *block* ends; an empty one ends the output."""
        if not block:
            if self._rest:
                yield Output(self._rest, self._error, whole=not self._within)
            self._rest = b""
            return
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            yield Output(line + b"\n", self._error, whole=not self._within)
            self._within = False
        if len(self._rest) > self._longest:
            yield Output(self._rest, self._error, whole=False)
            self._rest, self._within = b"", True
