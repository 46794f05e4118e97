"""Looking into documents that may hold anything: a value of the wrong type is None, never a crash."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, Final, TypeVar

__all__ = ["escape", "list_at", "mapping_at", "number_at", "show", "text_at", "value_at", "word_at"]

_Word = TypeVar("_Word", bound=StrEnum)
_INDEX_DIGITS: Final = 9
_SHOWN: Final = 60


def value_at(data: object, pointer: str) -> Any:
    """The value at the RFC 6901 *pointer*, or None when the way there does not exist."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and _is_index(key) and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= _INDEX_DIGITS


def escape(key: str) -> str:
    """*key* as one part of an RFC 6901 pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def show(value: object) -> str:
    """*value* for a message: as it is spelled, cut to one short line."""
    if value is None:
        return "null"
    text = repr(value) if isinstance(value, str | int | float | bool) else type(value).__name__
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def word_at(data: object, pointer: str, words: type[_Word]) -> _Word | None:
    """The word of the vocabulary *words* at *pointer*; None for anything else, whatever its type."""
    value = value_at(data, pointer)
    if not isinstance(value, str):
        return None
    try:
        return words(value)
    except ValueError:
        return None


def text_at(data: object, pointer: str) -> str | None:
    """The non-empty string at *pointer*, or None."""
    value = value_at(data, pointer)
    return value if isinstance(value, str) and value else None


def number_at(data: object, pointer: str) -> int | float | None:
    """The finite number at *pointer*, or None. A boolean is not a number, nor is an integer beyond every float."""
    value = value_at(data, pointer)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def mapping_at(data: object, pointer: str) -> dict[str, Any]:
    """The mapping at *pointer*; empty when there is none."""
    value = value_at(data, pointer)
    return value if isinstance(value, dict) else {}


def list_at(data: object, pointer: str) -> list[Any]:
    """The list at *pointer*; empty when there is none."""
    value = value_at(data, pointer)
    return value if isinstance(value, list) else []
