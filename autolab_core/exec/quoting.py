"""Quoting for generated shell scripts and remote commands. The only module that quotes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from autolab_core.models.replicates import parts
from autolab_core.vocab.errors import UsageError

__all__ = ["quote", "quote_all", "quote_for_any_shell", "quote_for_rsync", "quote_line"]

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
# What a shell reads between double quotes; the exclamation mark where it is asked interactively.
_WITHIN_QUOTES: Final = frozenset('"$`\\!')
# What login shells read in different ways between single quotes.
_DIFFERS: Final = frozenset("'\\!\n")


def quote(word: str) -> str:
    """*word* as one shell word that means exactly itself. Raises UsageError for NUL, which no process can be given."""
    if "\x00" in word:
        raise UsageError(f"{word!r} holds a NUL character, which no command can be given")
    return shlex.quote(word)


def quote_all(words: Sequence[str], variables: Mapping[str, str] = _NONE) -> str:
    """*words* as one shell command line.

    *variables*: placeholder to the name of the shell variable that stands there instead. Its value stays within its
    word, whatever it is.
    """
    return " ".join(_word(word, variables) for word in words)


def quote_line(line: str) -> str:
    """The command line *line* as one shell word: in double quotes, which people read more easily, where nothing in it
    means anything inside them. Raises UsageError for NUL."""
    return quote(line) if not line.isprintable() or set(line) & _WITHIN_QUOTES else f'"{line}"'


def quote_for_any_shell(script: str) -> str:
    """*script* for POSIX ``sh`` as one word that every login shell reads as the same: sh, csh and fish alike.

    Single quotes are alike in all of them as long as none of ``'``, ``\\``, ``!`` and a newline is within; where one
    is, the script is written in octal, which ``printf %b`` turns back (POSIX, printf). Raises UsageError for NUL.
    """
    if "\x00" in script:
        raise UsageError("a NUL character cannot be given to a command")
    if _DIFFERS.isdisjoint(script) and script.isprintable():
        return f"'{script}'"
    octal = "".join(f"\\0{byte:03o}" for byte in script.encode("utf-8", "surrogateescape"))
    # A backslash within single quotes is itself to sh and csh, and to fish where no quote or backslash follows it.
    return f'\'eval "$(printf %b "{octal}")"\''


def quote_for_rsync(words: Sequence[str]) -> str:
    """*words* as the command that ``rsync -e`` is given, which no shell reads: it is cut at blanks, and a quote within
    single quotes is written twice (rsync(1), ``--rsh``)."""
    return " ".join(_for_rsync(word) for word in words)


def _for_rsync(word: str) -> str:
    return "'" + word.replace("'", "''") + "'" if set(word) & set(" '\"") or not word else word


def _word(word: str, variables: Mapping[str, str]) -> str:
    pieces = parts(word, variables) if variables else []
    if not any(piece in variables for piece in pieces):
        return quote(word)
    return "".join(f'"${variables[piece]}"' if piece in variables else quote(piece) for piece in pieces)
