"""Quoting for generated shell scripts and remote commands. The only module that quotes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from autolab_core.vocab.errors import UsageError

__all__ = ["quote", "quote_all"]


def quote(word: str) -> str:
    """*word* as one shell word that means exactly itself. Raises UsageError for NUL, which no process can be given."""
    if "\x00" in word:
        raise UsageError(f"{word!r} holds a NUL character, which no command can be given")
    return shlex.quote(word)


def quote_all(words: Sequence[str]) -> str:
    """*words* as one shell command line."""
    return " ".join(quote(word) for word in words)
