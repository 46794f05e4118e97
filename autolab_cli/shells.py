"""Completion as a script for bash, zsh or fish. All that can be completed stands in it: completing runs no Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from autolab_cli.completion import Command, Option, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SHELLS"]

_BASH: Final = """\
# Completion of autolab, autolab-verify and cloud-run for bash, made by `autolab completion bash`.
_autolab_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}
_autolab() {
    local at=${1##*/} cur=$2 option=${COMP_WORDS[COMP_CWORD-1]} word known="@KNOWN@"
    # bash takes `=` for a word of its own.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $known == *"|$at $word|"* ]] && at="$at $word"
    done
    case "$at $option" in
@VALUES@
    esac
    local words=
    if [[ $cur == -* ]]; then
        case "$at" in
@OPTIONS@
        esac
    else
        case "$at" in
@ARGUMENTS@
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
"""


def bash(commands: Sequence[Command]) -> str:
    """A script that defines a function for each command, to be sourced."""
    known = "".join(f"|{_at(command)}|" for command in commands if len(command.words) > 1)
    values: dict[str, list[str]] = {}
    for command in commands:
        for option in command.options:
            if option.value is not None:
                places = [f'"{_at(command)} {name}"' for name in option.names]
                values.setdefault(_bash_value(option.value), []).extend(places)
    filled = {
        "@KNOWN@": known,
        "@VALUES@": "\n".join(f"    {'|'.join(places)}) {call}; return ;;" for call, places in values.items()),
        "@OPTIONS@": "\n".join(f'        "{_at(each)}") words="{_names(each)}" ;;' for each in commands),
        "@ARGUMENTS@": "\n".join(
            f'        "{_at(each)}") {_bash_argument(each)} ;;' for each in commands if each.below or each.argument
        ),
    }
    text = _BASH
    for mark, content in filled.items():
        text = text.replace(mark, content)
    tops = [command.words[0] for command in commands if len(command.words) == 1]
    return text + "".join(f"complete -F _autolab {name}\n" for name in tops)


def _at(command: Command) -> str:
    return " ".join(command.words)


def _names(command: Command) -> str:
    return " ".join(name for option in command.options for name in option.names)


def _bash_value(value: Value) -> str:
    if value.kind == "file":
        return '_autolab_files -f "$cur"'
    if value.kind == "folder":
        return '_autolab_files -d "$cur"'
    words = " ".join(value.words)
    return f'mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$cur")' if words else "COMPREPLY=()"


def _bash_argument(command: Command) -> str:
    words = " ".join(command.below)
    return f"{_bash_value(command.argument)}; return" if command.argument else f'words="{words}"'


def zsh(commands: Sequence[Command]) -> str:
    """A script that defines a function for each command and binds them; to be sourced after ``compinit``."""
    lines = ["# Completion of autolab, autolab-verify and cloud-run for zsh, made by `autolab completion zsh`."]
    for command in commands:
        lines += [f"{_function(command.words)}() {{", *_zsh_body(command, commands), "}"]
    tops = [command.words[0] for command in commands if len(command.words) == 1]
    return "\n".join([*lines, *(f"compdef {_function((name,))} {name}" for name in tops)]) + "\n"


def _function(words: Iterable[str]) -> str:
    return "_" + "_".join(words).replace("-", "_")


def _zsh_body(command: Command, commands: Sequence[Command]) -> Iterator[str]:
    if command.below:
        below = [each for each in commands if each.words[:-1] == command.words]
        described = " ".join(_quoted(f"{each.words[-1]}:{_zsh_text(each.help)}") for each in below)
        yield "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then"
        yield f"    local -a below=({described})"
        yield "    _describe command below"
        yield "    return"
        yield "  fi"
        yield "  case $words[2] in"
        yield from (
            f"    {each.words[-1]}) shift words; (( CURRENT-- )); {_function(each.words)}; return ;;" for each in below
        )
        yield "  esac"
    specs = [_quoted(spec) for option in command.options for spec in _zsh_specs(option)]
    if command.argument is not None:
        specs.append(_quoted(f"::argument:{_zsh_action(command.argument)}"))
    yield " \\\n    ".join(["  _arguments", *specs])


def _zsh_specs(option: Option) -> Iterator[str]:
    for name in option.names:
        about = f"[{_zsh_text(option.help)}]"
        if option.value is None:
            yield f"*{name}{about}"
        else:
            yield f"*{name}{'=' if name.startswith('--') else ''}{about}:value:{_zsh_action(option.value)}"


def _zsh_action(value: Value) -> str:
    kinds = {"file": "_files", "folder": "_files -/", "text": " "}
    return f"({' '.join(value.words)})" if value.words else kinds[value.kind]


def _zsh_text(text: str) -> str:
    for mark in "\\[]:":
        text = text.replace(mark, f"\\{mark}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def fish(commands: Sequence[Command]) -> str:
    """A script of ``complete`` commands, to be sourced or put into fish's folder of completions."""
    lines = ["# Completion of autolab, autolab-verify and cloud-run for fish, made by `autolab completion fish`."]
    for command in commands:
        start = f"complete -c {command.words[0]}"
        if len(command.words) == 1:
            lines.append(f"{start} -f")
        seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in command.words[1:])
        for word in command.below:
            text = next(each.help for each in commands if each.words == (*command.words, word))
            when = f"not __fish_seen_subcommand_from {' '.join(command.below)}"
            when = f"{seen}; and {when}" if seen else when
            lines.append(f"{start} -n {_fish(when)} -a {word} -d {_fish(text)}")
        start += f" -n {_fish(seen)}" if seen else ""
        if command.below and not seen:
            start += f" -n {_fish('not __fish_seen_subcommand_from ' + ' '.join(command.below))}"
        if command.argument is not None and command.argument.kind != "text":
            lines.append(f"{start} {_fish_value(command.argument)}")
        lines += [f"{start} {_fish_option(option)}" for option in command.options]
    return "\n".join(lines) + "\n"


def _fish_option(option: Option) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    value = "" if option.value is None else f" -r {_fish_value(option.value)}"
    return f"{names}{value} -d {_fish(option.help)}"


def _fish_value(value: Value) -> str:
    if value.words:
        return f"-f -a {_fish(' '.join(value.words))}"
    return {"file": "-F", "folder": "-f -a '(__fish_complete_directories)'", "text": "-f"}[value.kind]


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SHELLS: Final[Mapping[str, Callable[[Sequence[Command]], str]]] = MappingProxyType(
    {"bash": bash, "zsh": zsh, "fish": fish}
)
