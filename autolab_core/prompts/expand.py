"""A prompt's text from its template, its shared parts and its values. Pure.

Values are data: what stands in one is never looked at for tokens. What has several lines fits in where it stands:

- alone on its line, or after nothing but indentation, ``>`` and a list's mark, every line of it gets the same place;
- in the midst of a sentence, a shared part of several lines becomes a reference, and the part follows once, at the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from autolab_core.prompts.sources import Prompt
from autolab_core.prompts.template import Include, Line, Template, Use
from autolab_core.vocab.errors import DocumentError

__all__ = ["CHARS_MAX", "expand"]

CHARS_MAX: Final = 4 << 20
# What may stand before something that has its line to itself: quotes, indentation, and one mark of a list.
_BEFORE: Final = re.compile(r"(?P<quote>[ \t>]*)(?P<mark>(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)?")


def expand(prompt: Prompt, values: Mapping[str, str]) -> str:
    """The whole text. Every token of the prompt has to be in *values*; text without any is given back as it is.

    Raises DocumentError when the text would be longer than ``CHARS_MAX``: a few includes can make it so.
    """
    return _Expansion(prompt, values).text()


class _Expansion:
    def __init__(self, prompt: Prompt, values: Mapping[str, str]) -> None:
        self._prompt = prompt
        self._values = values
        self._expanded: dict[str, str] = {}
        self._referred: dict[str, None] = {}  # in the order of their mention

    def text(self) -> str:
        whole = self._template(self._prompt.template)
        appended: set[str] = set()
        while rest := [file for file in self._referred if file not in appended]:  # what is appended may refer to more
            appended.add(rest[0])
            whole = "\n".join((whole.rstrip("\n"), "", f"## {_name(rest[0])}", "", self._part(rest[0]), ""))
            self._check(len(whole))
        return whole

    def _part(self, file: str) -> str:
        """The shared part *file*, without line ends after its last line."""
        if file not in self._expanded:
            self._expanded[file] = self._template(self._prompt.shared[file]).rstrip("\n")
        return self._expanded[file]

    def _template(self, template: Template) -> str:
        lines: list[str] = []
        length = 0
        for line in template.lines:
            for done in self._line(line):
                lines.append(done)
                length += len(done) + 1
            self._check(length)
        return "\n".join(lines)

    def _check(self, length: int) -> None:
        if length > CHARS_MAX:
            raise DocumentError(self._prompt.template.path, f"makes a prompt of more than {CHARS_MAX} characters")

    def _line(self, line: Line) -> list[str]:
        if not any(isinstance(piece, Use | Include) for piece in line.pieces):
            return ["".join(map(str, line.pieces))]
        alone = _alone(line)
        if alone is not None:
            first, after, piece = alone
            content = self._content(piece)
            return _placed(content, first, after) if content else []
        after = _continued(str(line.pieces[0])) if isinstance(line.pieces[0], str) else ""
        done: list[str] = []
        length = 0
        for each in line.pieces:
            done.append(each if isinstance(each, str) else self._within(each))
            length += len(done[-1])
            self._check(length)
        return _placed("".join(done), "", after)

    def _content(self, piece: Use | Include) -> str:
        return self._values[piece.name] if isinstance(piece, Use) else self._part(piece.file)

    def _within(self, piece: Use | Include) -> str:
        """What stands for *piece* in the midst of a line."""
        if isinstance(piece, Use):
            return self._values[piece.name]
        known = piece.file in self._referred
        self._referred[piece.file] = None  # before the parts that it refers to itself
        content = self._part(piece.file)
        if "\n" in content:
            return f"“{_name(piece.file)}” at the end"
        if not known:
            del self._referred[piece.file]
        return content


def _alone(line: Line) -> tuple[str, str, Use | Include] | None:
    """What stands before the one piece that has the line to itself, what stands before its further lines, the piece."""
    found = [piece for piece in line.pieces if isinstance(piece, Use | Include)]
    index = line.pieces.index(found[0])
    before, after = "".join(map(str, line.pieces[:index])), "".join(map(str, line.pieces[index + 1 :]))
    if len(found) > 1 or after.strip() or not _BEFORE.fullmatch(before):
        return None
    return before, _continued(before), found[0]


def _continued(before: str) -> str:
    """What goes before further lines of something that stands after *before*: the same place, and no second mark."""
    found = _BEFORE.match(before)
    assert found is not None  # every part of it may be empty
    return found["quote"] + " " * len((found["mark"] or "").partition("[")[0])


def _placed(content: str, first: str, after: str) -> list[str]:
    lines = content.split("\n")
    return [first + lines[0], *((after + line).rstrip() if not line else after + line for line in lines[1:])]


def _name(file: str) -> str:
    return file.rpartition(".")[0]
