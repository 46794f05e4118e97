"""What can be typed after ``autolab``, ``autolab-verify`` and ``cloud-run``, by their own parsers: for shells."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_cli.cloud.parser import build_parser as cloud_parser
from autolab_cli.parser import build_parser
from autolab_core.vocab.states import Stage
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.cli.options import parser as verify_parser
from autolab_verifiers.engine.select import DEFAULT_GROUPS
from autolab_verifiers.report.rules import catalogue

__all__ = ["Command", "Option", "Value", "commands"]

_FILES: Final = frozenset({"file", "answers"})
_FOLDERS: Final = frozenset({"root", "folder", "output_dir"})


class Value(NamedTuple):
    """What stands after an option or as an argument: one of *words*, a ``file``, a ``folder``, or any ``text``."""

    kind: str
    words: tuple[str, ...] = ()


class Option(NamedTuple):
    """``value`` is None for an option that takes none."""

    names: tuple[str, ...]
    help: str
    value: Value | None


class Command(NamedTuple):
    """``words`` are typed to get here (``autolab``, ``review``); ``below`` are the words that go on from here."""

    words: tuple[str, ...]
    help: str
    below: tuple[str, ...]
    options: tuple[Option, ...]
    argument: Value | None


def commands() -> list[Command]:
    """Every command, each after the one that it is below."""
    # The name is typed; what argparse was given may be another (``python -m``).
    tops = {"autolab": build_parser(), "autolab-verify": verify_parser(), "cloud-run": cloud_parser()}
    return [command for name, parser in tops.items() for command in _below(parser, (name,), "")]


def _below(parser: ArgumentParser, words: tuple[str, ...], text: str) -> Iterator[Command]:
    # argparse has no public way to ask a parser what it takes; these names are as old as the module.
    groups = parser._subparsers._group_actions if parser._subparsers is not None else []
    choices = {name: made for group in groups for name, made in (group.choices or {}).items()}  # type: ignore[attr-defined]
    texts = {each.dest: each.help or "" for group in groups for each in group._get_subactions()}  # type: ignore[attr-defined]
    actions = [action for action in parser._actions if action not in groups and action.help != SUPPRESS]
    options = tuple(
        Option(tuple(action.option_strings), action.help or "", None if action.nargs == 0 else _value(action))
        for action in actions
        if action.option_strings
    )
    arguments = [_value(action) for action in actions if not action.option_strings]
    yield Command(words, text, tuple(choices), options, arguments[0] if arguments else None)
    for name, made in choices.items():
        yield from _below(made, (*words, name), texts[name])


def _value(action: Action) -> Value:
    if action.choices is not None:
        return Value("word", tuple(str(word) for word in action.choices))
    if action.dest == "stage":
        return Value("word", tuple(Stage))
    if action.dest in {"only", "skip"}:
        return Value("word", (*BUILTIN, *DEFAULT_GROUPS))
    if action.dest == "explain":
        return Value("word", tuple(dict.fromkeys(word for key in catalogue(map(load, BUILTIN)) for word in key)))
    return Value("file" if action.dest in _FILES else "folder" if action.dest in _FOLDERS else "text")
