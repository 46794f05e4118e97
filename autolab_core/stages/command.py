"""From the design to argv: the entry point, and the parser that extracts its results. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from autolab_core.exec.quoting import quote_all, split_words
from autolab_core.models.design import Entrypoint
from autolab_core.vocab.errors import UsageError

__all__ = ["command_line", "entrypoint_argv", "fill"]

# ``{name}``; braces around anything else (awk's, JSON's) are left alone.
_SHELL_WORDS: Final = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "<<", "2>", "2>&1", "&>"})
_SHELL_COMMANDS: Final = frozenset({"cd", "exec", "source", ".", "export", "eval"})
_PLACEHOLDER: Final = re.compile(r"\{([^\W\d]\w*)\}")


def entrypoint_argv(entrypoint: Entrypoint) -> tuple[str, ...]:
    """The main command.

    ``cli`` is split by the shell's quoting rules; nothing in it is expanded. ``module`` is ``python -m`` with an
    option for each of ``args``: ``learning_rate: 0.1`` is ``--learning-rate 0.1``, a list gives several words after
    one option, true is a bare flag, false and null leave the option out. Raises UsageError for a nested mapping
    and for words that only a shell understands (``&&``, ``>``, a leading ``cd``).
    """
    if entrypoint.cli is not None:
        return _no_shell(split_words("entrypoint.cli", entrypoint.cli))
    assert entrypoint.module is not None  # the model holds exactly one of the two
    return ("python", "-m", entrypoint.module, *_options(entrypoint.args))


def _no_shell(words: tuple[str, ...]) -> tuple[str, ...]:
    """*words*, unless they were meant for a shell: as plain words they would do something else than they say."""
    meant = next((word for word in words if word in _SHELL_WORDS), words[0] if words[0] in _SHELL_COMMANDS else None)
    if meant is not None:
        raise UsageError(
            f"entrypoint.cli holds {meant!r}, but no shell reads it: put the line into a script and run that"
        )
    return words


def _options(arguments: Mapping[str, Any]) -> list[str]:
    words = []
    for key, value in arguments.items():
        if value is None or value is False:
            continue
        words.append("--" + key.replace("_", "-"))
        if value is not True:
            words.extend(_word(key, item) for item in (value if isinstance(value, list | tuple) else [value]))
    return words


def _word(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(
        f"entrypoint.args.{key} holds a {type(value).__name__}, which is no command-line word: "
        "put nested settings into a configuration file and pass its path"
    )


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
