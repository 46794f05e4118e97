"""``docs/environment.md``: the activation block that every launch script runs verbatim. Pure."""

# No `from __future__ import annotations`: verifiers start here, and a NamedTuple compiles each annotation that is text.

import re
from typing import Final, NamedTuple

from autolab_core.io.digest import sha256_of_bytes
from autolab_core.vocab.errors import DocumentError

__all__ = ["Activation", "activation_block"]

# After backticks there is no backtick: "```bash```" in a line is inline code.
_FENCE: Final = re.compile(r" {0,3}(?:(`{3,})[ \t]*([^`]*?)|(~{3,})[ \t]*(.*?))[ \t]*")
_SHELLS: Final = frozenset({"bash", "sh", "shell"})
_HINT: Final = "mark the one block that activates the environment with ```bash activate"


class Activation(NamedTuple):
    """The block's text, and the sha256 (hex) of its bytes."""

    text: str
    sha256: str


def activation_block(source: bytes, shown: str) -> Activation:
    """The block tagged ``bash activate`` or, where none is tagged, the only bash block.

    Lines may end in LF or CRLF; the block's end in LF, because bash takes a CR for a part of the word before it.
    Raises DocumentError when there is none, when there are several, or when one is left open.
    """
    try:
        lines = source.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise DocumentError(shown, "is not UTF-8 text") from error
    tagged, untagged = [], []
    for line, info, text in _fenced(lines, shown):
        words = info.split()
        if words[:2] == ["bash", "activate"]:
            tagged.append((line, text))
        elif words and words[0] in _SHELLS:
            untagged.append((line, text))
    found = tagged or untagged
    if not found:
        raise DocumentError(shown, "has no bash block that activates the environment", hint=_HINT)
    if len(found) > 1:
        raise DocumentError(shown, f"has {len(found)} candidate bash blocks", line=found[1][0], hint=_HINT)
    text = found[0][1]
    return Activation(text, sha256_of_bytes(text.encode()))


def _fenced(lines: list[str], shown: str) -> list[tuple[int, str, str]]:
    """Line number, info string and text of each fenced code block (CommonMark's rule for fences)."""
    blocks = []
    fence, start, info, body = "", 0, "", list[str]()
    for number, line in enumerate(lines, 1):
        match = _FENCE.fullmatch(line)
        marks, said = (match[1] or match[3], match[2] or match[4] or "") if match else ("", "")
        if not fence:
            if marks:
                fence, start, info, body = marks, number, said, []
        elif marks.startswith(fence) and not said:
            blocks.append((start, info, "".join(text + "\n" for text in body)))
            fence = ""
        else:
            body.append(line)
    if fence:
        raise DocumentError(shown, "has a code block that is never closed", line=start)
    return blocks
