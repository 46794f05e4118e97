"""From the design's entry point to argv. Light: verifiers use it too, so nothing here imports attrs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from autolab_core.vocab.errors import UsageError

if TYPE_CHECKING:
    from typing import Protocol

    class EntrypointLike(Protocol):
        """What ``models.design.Entrypoint`` is: exactly one of ``module`` and ``cli``."""

        @property
        def module(self) -> str | None: ...

        @property
        def args(self) -> Mapping[str, Any]: ...

        @property
        def cli(self) -> str | None: ...


__all__ = ["entrypoint_argv", "split_words"]

_SHELL_WORDS: Final = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "<<", "2>", "2>&1", "&>"})
_SHELL_COMMANDS: Final = frozenset({"cd", "exec", "source", ".", "export", "eval"})


def entrypoint_argv(entrypoint: EntrypointLike) -> tuple[str, ...]:
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


def split_words(what: str, line: str) -> tuple[str, ...]:
    """The words of a command line, by the shell's rules for quotes; nothing is expanded.

    Raises UsageError naming *what* when a quote is left open or there is no word at all.
    """
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"{what} {line!r} cannot be split into words: {error}") from error
    if not words:
        raise UsageError(f"{what} is empty: name the command to run")
    return words
