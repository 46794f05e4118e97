"""YAML in a fenced block: read by the one strict reader, with lines of the Markdown file; printed so it reads back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from string import ascii_letters, digits
from typing import Any, Final

from autolab_core.io.documents import parse_yaml
from autolab_core.io.documents.yaml_scalars import resolve
from autolab_core.io.spec.findings import Findings
from autolab_core.io.spec.outline import Fence
from autolab_core.vocab.errors import DocumentError

__all__ = ["YamlBlock", "print_yaml", "read_yaml_block"]

# What a scalar may hold without quotes when it begins with a letter or a digit, for readers of YAML 1.1, too.
_PLAIN: Final = frozenset(f"{ascii_letters}{digits}_./=-{{}}\"'(),+%@ ")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off"})


class YamlBlock:
    """A mapping that an author wrote: ``data``, and a line of the Markdown file for each pointer into it."""

    __slots__ = ("data", "line")

    def __init__(self, data: Mapping[str, Any], line: Callable[[str], int]) -> None:
        self.data = data
        self.line = line


def read_yaml_block(fence: Fence, what: str, found: Findings) -> YamlBlock | None:
    """The mapping in *fence*; None, and a problem in *found*, where it holds none."""
    if found.any_within(fence.line, fence.line):
        return None
    # Markdown has taken the indentation away, but lines are lines: an empty one for each before the block.
    source = fence.content.encode()
    try:
        document = parse_yaml(source, what)
    except DocumentError as error:
        found.problem(
            fence.line + (error.line or 0), f"{what}: {error.message}{f' ({error.hint})' if error.hint else ''}"
        )
        return None
    if not isinstance(document.data, dict):
        found.problem(fence.line, f"{what} should be a mapping: a key, a colon and a value in each line")
        return None
    return YamlBlock(document.data, lambda pointer: fence.line + document.place(pointer).line)


def print_yaml(data: Mapping[str, Any]) -> list[str]:
    """*data* as lines of YAML: mappings and lists of the first level as blocks, everything below in one line each."""
    lines: list[str] = []
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{_scalar(key)}:", *(f"  {_scalar(name)}: {_flow(each)}" for name, each in value.items())]
        elif isinstance(value, list | tuple) and value:
            lines += [f"{_scalar(key)}:", *(f"  - {_flow(each)}" for each in value)]
        else:
            lines.append(f"{_scalar(key)}: {_flow(value)}")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return _joined("{}", (f"{_quoted(key)}: {_flow_part(each)}" for key, each in value.items()))
    if isinstance(value, list | tuple):
        return _joined("[]", (_flow_part(each) for each in value))
    return _scalar(value)


def _flow_part(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else _flow(value)


def _joined(brackets: str, parts: Iterable[str]) -> str:
    return f"{brackets[0]}{', '.join(parts)}{brackets[1]}"


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    plain = value[:1].isalnum() and value == value.strip() and _PLAIN.issuperset(value)
    try:
        return value if plain and resolve(value) == value and value.casefold() not in _WORDS else _quoted(value)
    except ValueError:
        return _quoted(value)


def _quoted(text: str) -> str:
    """*text* in the double quotes of YAML, on one line of characters that every reader takes."""
    return f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
