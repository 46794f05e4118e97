"""What a word of a command may be once the shell has expanded it, as one string.

Most values are plain text. What is only known by its form stands in it as one private character: any text without a
slash, one character, digits, any path downwards, anything at all. Such strings are joined and split like paths.
"""

from __future__ import annotations

__all__ = [
    "ANY_NAME",
    "BELOW",
    "BRACE_CLOSE",
    "BRACE_OPEN",
    "CLASS_OPEN",
    "COMMA",
    "DIGITS",
    "ONE",
    "TILDE",
    "UNKNOWN",
    "is_plain",
    "is_reserved",
    "may_equal",
    "name_set",
    "placed",
    "plain_start",
    "shown",
]

ANY_NAME = "\ue000"  # what `*` matches: any text without a slash
ONE = "\ue001"  # one character, as `?` and `[…]` match it
DIGITS = "\ue002"
BELOW = "\ue003"  # any text, slashes too, that does not climb with `..`
UNKNOWN = "\ue004"  # anything
# Characters that the shell has yet to act on, because they were not quoted.
BRACE_OPEN, COMMA, BRACE_CLOSE, CLASS_OPEN, TILDE = "\ue005", "\ue006", "\ue007", "\ue008", "\ue009"

_FORMS = ANY_NAME + ONE + DIGITS + BELOW + UNKNOWN
_SHOWN = str.maketrans(
    {
        ANY_NAME: "*",
        ONE: "?",
        DIGITS: "0",
        BELOW: "**",
        UNKNOWN: "…",
        BRACE_OPEN: "{",
        COMMA: ",",
        BRACE_CLOSE: "}",
        CLASS_OPEN: "[",
        TILDE: "~",
    }
)


def name_set(text: str) -> frozenset[str]:
    """The words of *text*: how the tables of programs are written down."""
    return frozenset(text.split())


def is_reserved(text: str) -> bool:
    """Whether *text* holds one of the private characters, which no honest command does."""
    return any("\ue000" <= character <= "\ue00f" for character in text)


def is_plain(value: str) -> bool:
    """Whether *value* is known to the letter."""
    return not any(form in value for form in _FORMS)


def shown(value: str) -> str:
    """*value* for people."""
    return value.translate(_SHOWN)


def placed(folder: str, path: str) -> str:
    """*path* as it is meant from *folder*."""
    return path if path.startswith("/") else f"{folder}/{path}"


def plain_start(part: str) -> str:
    """What *part* certainly begins with."""
    for index, character in enumerate(part):
        if character in _FORMS:
            return part[:index]
    return part


def may_equal(part: str, name: str) -> bool:
    """Whether *part*, one name of a path, may be *name*. A leading ``*`` matches no leading dot, as in the shell."""
    if part[:1] in (ANY_NAME, ONE) and name.startswith("."):
        return False
    return _matches(part, name)


def _matches(part: str, name: str) -> bool:
    # The usual two-finger walk: where a star failed, it takes one character more. No backtracking beyond the last star.
    at = place = 0
    star, again = -1, 0
    while place < len(name):
        form = part[at] if at < len(part) else ""
        if form in (ANY_NAME, BELOW, UNKNOWN, DIGITS) and form:
            star, again = at, place
            at += 1
        elif form and (form == ONE or form == name[place]):
            at, place = at + 1, place + 1
        elif star >= 0 and (part[star] != DIGITS or name[again].isdigit()):
            again += 1
            at, place = star + 1, again
        else:
            return False
    return all(each in (ANY_NAME, BELOW, UNKNOWN, DIGITS) for each in part[at:])
