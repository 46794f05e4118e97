"""Looking into documents that may hold anything: a value of the wrong type is None, never a crash."""

from __future__ import annotations

import math
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeVar

__all__ = [
    "as_number",
    "escape",
    "list_at",
    "mapping_at",
    "members",
    "number_at",
    "show",
    "text_at",
    "value_at",
    "word_at",
]

_Word = TypeVar("_Word", bound=StrEnum)
_INDEX_DIGITS: Final = 9
_POINTERS_MAX: Final = 4096
_SHOWN: Final = 60


class _Keys(dict[str, tuple[str, ...]]):
    """Pointer to its keys, split once."""

    def __missing__(self, pointer: str) -> tuple[str, ...]:
        keys = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        if len(self) < _POINTERS_MAX:
            self[pointer] = keys
        return keys


_KEYS: Final = _Keys()


def value_at(data: object, pointer: str) -> Any:
    """The value at the RFC 6901 *pointer*, or None when the way there does not exist."""
    found: Any = data
    try:
        for key in _KEYS[pointer]:
            found = found[key]
    except KeyError:
        return None
    except (TypeError, IndexError):  # a list, or no way at all
        return _step_by_step(data, _KEYS[pointer])
    return found


def _step_by_step(data: object, keys: tuple[str, ...]) -> Any:
    for key in keys:
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


@lru_cache(maxsize=64)
def members(words: type[_Word]) -> dict[str, _Word]:
    """The words of a vocabulary by their text."""
    return {str(word): word for word in words}


def word_at(data: object, pointer: str, words: type[_Word]) -> _Word | None:
    """The word of the vocabulary *words* at *pointer*; None for anything else, whatever its type."""
    value = value_at(data, pointer)
    return members(words).get(value) if isinstance(value, str) else None


def text_at(data: object, pointer: str) -> str | None:
    """The non-empty string at *pointer*, or None."""
    value = value_at(data, pointer)
    return value if isinstance(value, str) and value else None


def number_at(data: object, pointer: str) -> int | float | None:
    """The finite number at *pointer*, or None. A boolean is not a number, nor is an integer beyond every float."""
    return as_number(value_at(data, pointer))


def as_number(value: object) -> int | float | None:
    """*value* when it is a finite number; see ``number_at``."""
    if type(value) is not float and type(value) is not int:
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
