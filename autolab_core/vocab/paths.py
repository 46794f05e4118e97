"""Relative paths that stay below the folder they are joined to."""

from __future__ import annotations

from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.ids import placeholder_in

__all__ = ["check_relative", "relative_problem"]


def relative_problem(text: str) -> str | None:
    """Why *text* is not a safe relative POSIX path, as the end of "… is refused: …"; None when it is one."""
    if not text:
        return "it is empty"
    if "\x00" in text or "\n" in text:
        return "it holds a control character"
    if not text.isascii() and not _can_be_a_name(text):
        return "it holds half a character (a lone surrogate)"
    if text.startswith(("/", "~")) or "\\" in text:
        return "it is not relative to the repository"
    if ".." in text.split("/"):
        return "it leaves the repository with '..'"
    placeholder = placeholder_in(text)
    if placeholder is not None:
        return f"it holds the unresolved placeholder {placeholder}"
    return None


def _can_be_a_name(text: str) -> bool:
    """Whether the system can be asked about *text*: bytes that are no UTF-8 stand in it as Python escapes them."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def check_relative(what: str, text: str) -> str:
    """Return *text* when it is a safe relative path; raise ``UsageError`` naming *what* otherwise."""
    problem = relative_problem(text)
    if problem is not None:
        raise UsageError(f"{what} {text!r} is refused: {problem}")
    return text
