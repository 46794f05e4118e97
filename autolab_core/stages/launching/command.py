"""Command lines: for the record, and with their ``{name}`` placeholders filled. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from autolab_core.exec.quoting import quote_all
from autolab_core.models.entrypoint import split_words
from autolab_core.vocab.errors import UsageError

__all__ = ["command_line", "fill"]

# ``{name}``; braces around anything else (awk's, JSON's) are left alone.
_PLACEHOLDER: Final = re.compile(r"\{([^\W\d]\w*)\}")


def command_line(argv: tuple[str, ...]) -> str:
    """*argv* as one line that a shell would read back as the same words; for the record."""
    return quote_all(argv)


def fill(what: str, line: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The words of *line* with each ``{name}`` replaced once, after splitting: a value can never become two words.

    Raises UsageError for a ``{name}`` that is not among *values*.
    """

    def value_of(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise UsageError(f"{what} holds {found[0]}, which is not known; known: {', '.join(sorted(values))}")
        return values[found[1]]

    return tuple(_PLACEHOLDER.sub(value_of, word) for word in split_words(what, line))
