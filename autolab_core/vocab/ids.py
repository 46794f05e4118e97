"""Ids that cannot leave a folder, and the literals that a template left behind."""

from __future__ import annotations

import re
from typing import Final

from autolab_core.vocab.errors import UsageError

__all__ = ["ID_MAX", "ID_PATTERN", "check_id", "id_problem", "placeholder_in"]

# One pattern for this module and for ``$defs/id`` in schemas/. The look-ahead at the end stands for "end of text":
# ``$`` would let a trailing newline through in some regex dialects.
ID_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\s\S])"
ID_MAX: Final = 128

_ID: Final = re.compile(ID_PATTERN)
# Compiled when a text may hold one: most commands never see such a text.
_PLACEHOLDER: Final = r"\{\{[^{}]*\}\}|<[A-Z][A-Z0-9_]*>|<[a-z]+(?:_[a-z]+)+>"


def placeholder_in(text: str) -> str | None:
    """The first unresolved template literal in *text* (``{{run_id}}``, ``<RUN_ID>``, ``<run_id>``), or None."""
    if "{" not in text and "<" not in text:
        return None
    found = re.search(_PLACEHOLDER, text)
    return found.group() if found else None


def id_problem(text: str) -> str | None:
    """Why *text* cannot be an id, as the end of the sentence "… is not an id: …"; None when it can."""
    if not text:
        return "it is empty"
    placeholder = placeholder_in(text)
    if placeholder is not None:
        return f"it holds the unresolved placeholder {placeholder}"
    if "\x00" in text:
        return "it holds a NUL character"
    if "/" in text or "\\" in text:
        return "it holds a path separator"
    if text in {".", ".."} or text.startswith("."):
        return "it starts with a dot"
    if text.startswith("-"):
        return "it starts with a hyphen, which commands read as an option"
    if len(text) > ID_MAX:
        return f"it is longer than {ID_MAX} characters"
    if not _ID.match(text):
        return "only letters, digits and . _ + - are allowed"
    return None


def check_id(kind: str, text: str) -> str:
    """Return *text* when it is a safe id; raise ``UsageError`` naming *kind* (``run id``, say) otherwise."""
    problem = id_problem(text)
    if problem is not None:
        raise UsageError(f"{kind} {text!r} is refused: {problem}")
    return text
