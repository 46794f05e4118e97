"""Quoting for generated shell scripts and remote commands. The only module that quotes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from autolab_core.models.replicates import parts
from autolab_core.vocab.errors import UsageError

__all__ = ["quote", "quote_all"]

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


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


def _word(word: str, variables: Mapping[str, str]) -> str:
    pieces = parts(word, variables) if variables else []
    if not any(piece in variables for piece in pieces):
        return quote(word)
    return "".join(f'"${variables[piece]}"' if piece in variables else quote(piece) for piece in pieces)
