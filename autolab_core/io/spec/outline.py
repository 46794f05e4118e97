"""A Markdown text as sections, list items and fenced blocks, each with its line. No meaning yet.

Inline Markdown is not interpreted: an item's text is what the author typed, with its line breaks made spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import attrs
from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["MAX_NESTING", "Block", "Fence", "Item", "Outline", "Section", "one_line", "parse_outline"]

# Quotes and lists within one another. The parser drops what is deeper, so a text that reaches it is refused.
MAX_NESTING: Final = 20
_FENCES: Final = ("```", "~~~")


@attrs.frozen
class Item:
    """A list item: its text on one line. ``parts`` counts its paragraphs and those of lists within it."""

    line: int
    text: str
    parts: int = 1


@attrs.frozen
class Fence:
    """A fenced block: ``info`` is what follows the opening marks, ``content`` begins on the line after ``line``."""

    line: int
    last: int
    info: str
    content: str


@attrs.frozen
class Block:
    """Anything else: ``kind`` is ``paragraph``, ``quote``, ``code``, ``html`` or ``heading``."""

    kind: str
    line: int
    text: str


@attrs.frozen
class Section:
    """What stands between one heading and the next. ``first`` and ``last`` are the lines of its body, from 1."""

    title: str
    line: int
    first: int
    last: int
    items: tuple[Item, ...] = ()
    fences: tuple[Fence, ...] = ()
    blocks: tuple[Block, ...] = ()
    below: tuple[Section, ...] = ()


@attrs.frozen
class Outline:
    """A whole text: ``titles`` are its headings of level 1, ``sections`` those of level 2 with those of level 3 below.

    ``too_deep`` is the line from which on lists and quotes are nested too deeply, ``unclosed`` that of a fenced block
    or comment without an end.
    """

    lines: tuple[str, ...]
    titles: tuple[Item, ...]
    sections: tuple[Section, ...]
    too_deep: int | None
    unclosed: int | None


def parse_outline(text: str) -> Outline:
    """The outline of *text*, whose lines end with ``\\n``."""
    # Links to be defined and emphasis mean nothing here, and cost time that a hostile text can choose.
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).disable(["inline", "reference"])
    tokens = parser.parse(text)
    lines = tuple(text.split("\n"))
    # An empty quote or list within as many others leaves no token of the level that is dropped.
    deep = (_line(token) for token in tokens if token.level >= MAX_NESTING - 2 and token.map)
    return Outline(
        lines,
        tuple(Item(line, title) for level, line, title in _headings(tokens) if level == 1),
        _sections(tokens, 2, len(lines)),
        next(deep, None),
        next((_line(token) for token in tokens if _is_unclosed(token, lines)), None),
    )


def one_line(text: str) -> str:
    """*text* with every run of white space made one space."""
    return " ".join(text.split())


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _is_unclosed(token: Token, lines: Sequence[str]) -> bool:
    if token.map is None or token.map[1] < len(lines) - (not lines[-1]):
        return False
    if token.type == "fence":
        closing = lines[token.map[1] - 1].strip(" \t>")
        return token.map[1] - token.map[0] < 2 or not closing.startswith(token.markup) or closing.strip("`~") != ""
    return token.type == "html_block" and token.content.lstrip().startswith("<!--") and "-->" not in token.content


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Level, line and text of each heading that is not within a list or a quote."""
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0:
            yield int(token.tag[1:]), _line(token), one_line(inline.content)


def _sections(tokens: Sequence[Token], level: int, last: int) -> tuple[Section, ...]:
    """The sections of *level* in *tokens*, of which *last* is the last line."""
    starts = [at for at, token in enumerate(tokens) if _heads(token, level)]
    found = []
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=False):
        if tokens[start].tag != f"h{level}":
            continue
        until = _line(tokens[end]) - 1 if end < len(tokens) else last
        found.append(_section(tokens[start:end], level, until))
    return tuple(found)


def _heads(token: Token, level: int) -> bool:
    return token.type == "heading_open" and token.level == 0 and int(token.tag[1:]) <= level


def _section(tokens: Sequence[Token], level: int, last: int) -> Section:
    heading = tokens[0]
    body = tokens[3:]
    below = _sections(body, level + 1, last) if level == 2 else ()
    own = next((at for at, token in enumerate(body) if below and _heads(token, level + 1)), len(body))
    items, fences, blocks = _body(body[:own])
    first = heading.map[1] + 1 if heading.map else 1
    return Section(one_line(tokens[1].content), _line(heading), first, last, items, fences, blocks, below)


def _body(tokens: Sequence[Token]) -> tuple[tuple[Item, ...], tuple[Fence, ...], tuple[Block, ...]]:
    items: list[Item] = []
    blocks: list[Block] = []
    fences = [
        Fence(_line(token), token.map[1], token.info.strip(), token.content)
        for token in tokens
        if token.type == "fence" and token.map
    ]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _end(tokens, at)
        texts = [each.content for each in tokens[at:end] if each.type == "inline"]
        if token.type == "list_item_open":
            items.append(Item(_line(token), one_line(" ".join(texts)), len(texts)))
        elif token.type not in ("bullet_list_open", "ordered_list_open", "fence") and token.map:
            kind = _KINDS.get(token.type)
            if kind is not None:
                blocks.append(Block(kind, _line(token), one_line(" ".join(texts) or token.content)))
        at = end
    return tuple(items), tuple(fences), tuple(blocks)


_KINDS: Final = {
    "paragraph_open": "paragraph",
    "blockquote_open": "quote",
    "code_block": "code",
    "html_block": "html",
    "heading_open": "heading",
}


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where what begins at *at* ends; a list is entered, so that its items are seen."""
    token = tokens[at]
    if token.nesting != 1 or token.type in ("bullet_list_open", "ordered_list_open"):
        return at + 1
    depth = 0
    while at < len(tokens):
        depth += tokens[at].nesting
        at += 1
        if depth == 0:
            break
    return at
