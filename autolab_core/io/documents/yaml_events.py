"""The events of a YAML text, from ruamel.yaml's C parser where it is built and from its Python one otherwise.

What the two parsers read differently is refused, so that a file means the same on every machine:
here where the text shows it, in ``yaml_compose`` where only the events do. ``tests/property`` compares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from autolab_core.io.documents.document import place_at
from autolab_core.io.documents.libyaml import CParser
from autolab_core.io.documents.source import decode_utf8
from autolab_core.vocab.errors import DocumentError

__all__ = ["MAX_LINE", "Events", "c_events", "checked_text", "parsers", "pure_events"]

# From a text and the name to show for it to the events of ruamel.yaml.
Events = Callable[[str, str], Iterator[Any]]

# The parser written in Python needs time that grows with the square of the length of a comment or a tag.
MAX_LINE: Final = 65_536

# YAML 1.2.2 section 5.1, less NEL, LS and PS (line ends for one parser only), less the byte order mark.
# What YAML text may not hold, in two parts: compiling one class with members beyond Latin-1 costs more than a start of
# the interpreter. Surrogates do not come up: the text was UTF-8.
_UNPRINTABLE_LATIN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNPRINTABLE_BEYOND: Final = "\u2028\u2029\ufeff\ufffe\uffff"
_LONE_RETURN: Final = r"\r(?!\n)"
_PRELUDE: Final = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?+\r?+\n)*+(?:(%)|---(?!\S))?+")
_MARKER: Final = re.compile(r"^---(?!\S)", re.MULTILINE)
# What libyaml accepts and the other parser refuses or reads differently (ruamel.yaml 0.19.1, its clib 0.2.15). Each
# alternative is linear: what it repeats is possessive and cannot hold its own beginning. Compiled when a text holds
# what one of them begins with: most do not.
_UNLIKE_BEGINS: Final = ("\t", "!", "...", "&", "*", *(mark + after for mark in "|>" for after in "-+0123456789# \r\n"))
_UNLIKE: Final = r"""
      \t                                            # tabs between tokens
    | !                                             # tags
    | ^\.\.\.                                       # the mark of a document's end
    | [\s\[{,:"'] [&*] [\w-]*+ (?![\s,\]}])         # an anchor that runs into what follows
    | \A [&*] [\w-]*+ (?!\s)
    | [|>] [-+0-9]*+ \#                             # a block scalar: a comment that touches its header,
    | [|>] [-+0-9]*+ [ ]++ \# [^|>\n]*+ [|>]        # or a comment too odd for the next line,
    | [|>] [-+0-9]*+ [ ]*+ (?:\#[^|>\n]*+)?+ \r?\n (?:\r?\n)*+ (?: \# | [ ]++\r?\n )   # an odd first line
    """


def checked_text(source: bytes, shown: str) -> str:
    """*source* as text whose characters and lines both parsers see alike; ``DocumentError`` with the line otherwise."""
    text = decode_utf8(source, shown)
    position = _unprintable(text)
    if position is not None:
        words = f"holds the character U+{ord(text[position]):04X}, which YAML text may not hold"
        raise _refused_at(text, position, shown, words, "escape it in double quotes")
    if "\r" in text and (found := re.search(_LONE_RETURN, text)):
        raise _refused_at(text, found.start(), shown, "holds a carriage return that does not end a line", "")
    if len(text) > MAX_LINE:
        for number, content in enumerate(text.split("\n"), 1):
            if len(content) > MAX_LINE:
                raise DocumentError(shown, f"holds a line of more than {MAX_LINE} characters", line=number, column=1)
    prelude = _PRELUDE.match(text)
    assert prelude is not None  # it matches nothing, too
    if prelude.lastindex:
        line = place_at(text, prelude.end() - 1).line
        raise DocumentError(shown, "holds a YAML directive", line=line, column=1, hint="remove that line")
    second = _MARKER.search(text, prelude.end())
    if second:
        line = place_at(text, second.start()).line
        raise DocumentError(shown, "holds a second document", line=line, column=1, hint="keep one document in a file")
    return text


def _unprintable(text: str) -> int | None:
    """Where *text* holds the first character that YAML text may not hold; None when it holds none."""
    found = _UNPRINTABLE_LATIN.search(text)
    places = [found.start()] if found else []
    if not text.isascii():
        places += [place for character in _UNPRINTABLE_BEYOND if (place := text.find(character)) >= 0]
    return min(places, default=None)


def _refused_at(text: str, position: int, shown: str, words: str, hint: str) -> DocumentError:
    place = place_at(text, position)
    return DocumentError(shown, words, line=place.line, column=place.column, hint=hint)


def c_events(text: str, shown: str) -> Iterator[Any]:
    """The events of *text* from libyaml; raises ``YAMLError`` for what only libyaml may be unable to read."""
    return iter(CParser(text.encode()).get_event, None)


def pure_events(text: str, shown: str) -> Iterator[Any]:
    """The events of *text* from the parser written in Python; it has the last word, as a ``DocumentError``."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(f"{error.context or ''} {error.problem or ''}".split())
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise DocumentError(shown, f"is not valid YAML: {words}", line=line, column=column) from error
    except (YAMLError, ValueError, OverflowError) as error:
        # ValueError and OverflowError: what chr() makes of an escape beyond Unicode.
        words = str(error).partition("\n")[0]
        raise DocumentError(shown, f"is not valid YAML: {words}") from error


def parsers(text: str) -> tuple[Events, ...]:
    """The parsers to ask about *text*, each as long as those before it raise ``YAMLError``.

    The parser written in Python has the last word, so that a file is good or bad, and means the same, on machines
    with and without libyaml. libyaml is several times faster and decides alone where it accepts a text and both
    agree on all texts like it; it refuses valid YAML 1.2 such as ``[12:30:45]``, and then the other is asked.
    """
    if CParser is None or _is_unlike(text):
        return (pure_events,)
    return (c_events, pure_events)


def _is_unlike(text: str) -> bool:
    """True when the two parsers may read *text* differently."""
    if not any(beginning in text for beginning in _UNLIKE_BEGINS):
        return False
    return re.search(_UNLIKE, text, re.MULTILINE | re.VERBOSE) is not None
