"""What a plain scalar of YAML means: the core schema of YAML 1.2.2, section 10.3.2, and nothing of YAML 1.1."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MAX_DIGITS", "resolve"]

# The interpreter's own default, for reading and for writing; hexadecimal numbers have more digits when written.
MAX_DIGITS: Final = 4300
_MAX_OTHER_DIGITS: Final = 1000

_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMERIC_START: Final = frozenset("0123456789+-.")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
# Rare: compiled when a text begins like one.
_OCTAL: Final = r"0o[0-7]+"
_HEXADECIMAL: Final = r"0x[0-9a-fA-F]+"
_NOT_FINITE: Final = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE: Final = (float("inf"), float("-inf"))


def resolve(text: str) -> str | int | float | bool | None:
    """The value of the plain scalar *text*; ``ValueError`` with the reason for a number that is refused."""
    if text[:1] in _NUMERIC_START and text:
        return _number(text)
    if text in _WORDS:
        return _WORDS[text]
    return text


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ValueError(f"this integer has more than {MAX_DIGITS} digits")
        return int(text)
    base = _base(text)
    if base:
        if len(text) > _MAX_OTHER_DIGITS:
            raise ValueError(f"this integer has more than {_MAX_OTHER_DIGITS} digits")
        return int(text[2:], base)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in _INFINITE:
            raise ValueError("this number is too large for a 64-bit float")
        return value
    if text[-1:] in "fFnN" and re.fullmatch(_NOT_FINITE, text):
        raise ValueError(f"{text} is not a finite number")
    return text


def _base(text: str) -> int:
    """The base of the octal or hexadecimal number *text*; 0 when it is neither."""
    if text.startswith("0o"):
        return 8 if re.fullmatch(_OCTAL, text) else 0
    if text.startswith("0x"):
        return 16 if re.fullmatch(_HEXADECIMAL, text) else 0
    return 0
