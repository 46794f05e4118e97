"""A command as a line for another machine's shell, and its answer cut out of what came back. Pure.

What comes back over ssh is not the command's alone: a login shell's greeting stands before it, and ssh's exit code 255
is its own failure, a command's 255, or a shell that a signal ended (ssh(1), "EXIT STATUS"). So the command is put
between two marks, on both streams, and the second one carries its exit code. Without it nothing is known.
"""

from __future__ import annotations

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.quoting import quote, quote_all, quote_for_any_shell

__all__ = ["framed", "was_begun", "without_frame"]

# Where the folder is not there, the command is not run, and the exit code is a shell's for a command it cannot run.
_NO_FOLDER = 126


def framed(command: Command, mark: str) -> str:
    """The line that runs *command* between marks. *mark*: letters and digits that nobody can have guessed.

    It is for whatever login shell there is; what it starts is POSIX ``sh``. ``command.env`` replaces the environment
    there too. The exit code is as ``sh`` has it: 128 + n for signal n.
    """
    words = command.argv if command.env is None else ("env", "-i", *_given(command), *command.argv)
    folder = "" if command.cwd is None else f"cd -- {quote(command.cwd)} || exit {_NO_FOLDER}; "
    script = (
        f"echo {mark}; echo {mark} >&2; ({folder}{quote_all(words)}); code=$?; printf %s {mark}; echo {mark} $code >&2"
    )
    return f"exec /bin/sh -c {quote_for_any_shell(script)}"


def _given(command: Command) -> list[str]:
    return [f"{name}={value}" for name, value in (command.env or {}).items()]


def was_begun(mark: str, stdout: bytes, stderr: bytes) -> bool:
    """Whether anything says that the command was begun. False is no proof that it was not: answers get lost."""
    return mark.encode() in stdout or mark.encode() in stderr


def without_frame(command: Command, mark: str, stdout: bytes, stderr: bytes) -> CommandResult | None:
    """What *command* itself said; None when its end did not arrive whole."""
    out, after = _between(stdout, mark)
    complaints, end = _between(stderr, mark)
    if out is None or complaints is None or after is None or end is None:
        return None
    code, newline, _ = end.partition(b"\n")
    if not newline or not code.strip().isdigit():
        return None
    return CommandResult(command.argv, int(code), out, complaints)


def _between(stream: bytes, mark: str) -> tuple[bytes | None, bytes | None]:
    """What stands between the marks, and what follows the second; None for what did not arrive."""
    first = f"{mark}\n".encode()
    _, begun, rest = stream.partition(first)
    inside, ended, after = rest.rpartition(mark.encode())
    return (inside, after) if begun and ended else (None, None)
