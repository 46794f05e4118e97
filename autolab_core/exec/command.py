"""A command, its result, and who can run it."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Mapping
from typing import NamedTuple, Protocol

__all__ = ["Command", "CommandResult", "Runner"]


class Command(NamedTuple):
    """What to run: never a shell string.

    ``env`` replaces the environment when given; ``timeout`` is in seconds; ``stdin`` is given whole (empty: no input).
    """

    argv: tuple[str, ...]
    cwd: str | None = None
    env: Mapping[str, str] | None = None
    stdin: bytes = b""
    timeout: float | None = 60.0


class CommandResult(NamedTuple):
    """What came of it. ``exit_code`` is negative when a signal ended it (−15: SIGTERM), as in ``subprocess``."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 become U+FFFD."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """The last line of standard error, for a message; empty when it said nothing."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


class Runner(Protocol):
    """Where to say it: this machine, or another one."""

    def run(self, command: Command) -> CommandResult:
        """Run *command* to its end. A non-zero exit is a result.

        Raises RunnerError only when the command could not be run or did not end within its time: then nothing is
        known about what it did.
        """
