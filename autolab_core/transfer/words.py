"""What programs say when a transfer fails, as a kind of fault with what to do. Pure."""

from __future__ import annotations

from typing import Final

from autolab_core.transfer.base import TransferError
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["last_lines", "of_text", "unreachable"]

_LINES: Final = 5
_LINE_MAX: Final = 300
# What is said, in small letters; the kind; whether trying again may help; what to do. The first that is found counts:
# what tells more stands before what tells less.
_SAID: Final = (
    ("is your shell clean", TransferFault.CONNECTIVITY, False,
     "its login shell prints something to programs: in its start-up files, print only where the shell is interactive"),
    ("received message too long", TransferFault.CONNECTIVITY, False,
     "its login shell prints something to programs: in its start-up files, print only where the shell is interactive"),
    ("host key verification failed", TransferFault.CONNECTIVITY, False,
     "ask its administrators whether its key is new, then mend known_hosts"),
    ("no space left on device", TransferFault.DISK_SPACE, False, "free some space and try again"),
    ("disk quota exceeded", TransferFault.DISK_SPACE, False, "free some space and try again"),
    ("read-only file system", TransferFault.PERMISSION, False, "the file system is read-only"),
    *(
        (f"permission denied ({way}", TransferFault.CONNECTIVITY, False, "log in by hand once, or add your key")
        for way in ("publickey", "password", "keyboard", "gssapi", "hostbased")
    ),
    ("permission denied", TransferFault.PERMISSION, False, "check who owns the files and their modes"),
    ("operation not permitted", TransferFault.PERMISSION, False, "check who owns the files and their modes"),
    ("vanished", TransferFault.VANISHED, True, "something removes files there while they are brought home"),
    ("no such file or directory", TransferFault.VANISHED, True,
     "something removes files there while they are brought home"),
    ("\" not found.", TransferFault.VANISHED, True, "something removes files there while they are brought home"),
    ("unexpected end of file", TransferFault.CONNECTIVITY, True, "the connection was cut; try again"),
    ("connection closed", TransferFault.CONNECTIVITY, True, "the connection was cut; try again"),
    ("broken pipe", TransferFault.CONNECTIVITY, True, "the connection was cut; try again"),
    ("connection reset", TransferFault.CONNECTIVITY, True, "the connection was cut; try again"),
    ("connection refused", TransferFault.CONNECTIVITY, True, "nobody answers there; try again later"),
    ("timed out", TransferFault.CONNECTIVITY, True, "it does not answer; try again later"),
    ("timeout", TransferFault.CONNECTIVITY, True, "it does not answer; try again later"),
    # rsync's word when ssh has ended, which said why before.
    ("connection unexpectedly closed", TransferFault.CONNECTIVITY, True, "the connection was cut; try again"),
)  # fmt: skip


def of_text(
    what: str,
    said: str,
    *,
    there: bool = False,
    program_exit: int | None = None,
    otherwise: tuple[TransferFault, bool, str] = (TransferFault.UNKNOWN, False, "see what it said"),
) -> TransferError:
    """The error for *what* went wrong, judged by what a program *said*.

    *otherwise*: kind, transient and advice where nothing of it is known. *there*: the program ran on the far side
    alone, so a full disk is that one's.
    """
    low = said.lower()
    kind, transient, advice = otherwise
    for words, of_kind, again, to_do in _SAID:
        if words in low:
            kind, transient, advice = of_kind, again, to_do
            break
    where = " on the far side" if there and kind is TransferFault.DISK_SPACE else ""
    lines = last_lines(said)
    quoted = f": {_telling(lines, said)}" if lines else ""
    return TransferError(
        kind, f"{what}{quoted}; {advice}{where}", transient=transient, program_exit=program_exit, last_lines=lines
    )


def unreachable(error: RunnerError) -> TransferError:
    """The error for a far side that could not be asked; *error* says what to do."""
    return TransferError(TransferFault.CONNECTIVITY, str(error), transient=error.transient)


def last_lines(said: str) -> tuple[str, ...]:
    """The end of what a program *said*, in short and printable."""
    lines = ["".join(c if c.isprintable() else "?" for c in line).strip() for line in said.splitlines()]
    return tuple(line[:_LINE_MAX] for line in lines if line)[-_LINES:]


def _telling(lines: tuple[str, ...], said: str) -> str:
    """The line that says why: programs end with what they were at, and begin with what stopped them."""
    low = said.lower()
    for words, *_ in _SAID:
        if words in low:
            return next((line for line in lines if words in line.lower()), lines[0])
    return lines[-1]
