"""TOML as plain data that knows its lines. ``tomllib`` is imported when the first file is read.

Nearly every repository has a TOML file that is other programs' business, so this reads what TOML allows: dates and
the numbers that JSON lacks (``inf``, ``nan``) come as their text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autolab_core.io.documents.document import MAX_DEPTH, Document, Place, place_at
from autolab_core.io.documents.source import decode_utf8
from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_TOML_BYTES", "parse_toml"]

# Written by hand, and the standard library's reader is slow.
MAX_TOML_BYTES: Final = 2 * 1024 * 1024
# The time that tomllib takes for one dotted key grows with the square of its parts.
_LONG_KEY: Final = r"""(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}"""


def parse_toml(source: bytes, shown: str) -> Document:
    """The TOML text *source*; ``DocumentError`` naming *shown*, and a line where there is one, for any fault."""
    import re
    import tomllib

    if len(source) > MAX_TOML_BYTES:
        raise DocumentError(shown, f"is {len(source)} bytes long; the limit is {MAX_TOML_BYTES} bytes")
    text = decode_utf8(source, shown)
    long_key = re.search(_LONG_KEY, text)
    if long_key is not None:
        place = place_at(text, long_key.start())
        raise DocumentError(shown, "has a key of more than 100 parts", line=place.line, column=place.column)
    try:
        return Document(shown, _plain(tomllib.loads(text, parse_float=_number), shown), source, _index)
    except RecursionError as error:
        raise _too_deep(shown) from error
    except ValueError as error:
        message, line = _fault(str(error), text)
        raise DocumentError(shown, f"is not TOML: {message}", line=line) from error


def _number(text: str) -> Any:
    value = float(text)
    return value if value - value == 0 else text


def _plain(value: Any, shown: str, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise _too_deep(shown)
    if isinstance(value, dict):
        return {key: _plain(each, shown, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, shown, depth + 1) for each in value]
    return value if isinstance(value, str | int | float) else str(value)


def _too_deep(shown: str) -> DocumentError:
    return DocumentError(shown, f"is nested more than {MAX_DEPTH} levels deep")


def _fault(told: str, text: str) -> tuple[str, int | None]:
    """What tomllib says, and the line that it says it of."""
    message, _, place = told.partition(" (at ")
    digits = place.removeprefix("line ").partition(",")[0]
    last = text.count("\n") + 1 if place.startswith("end of") else None
    return message[:1].lower() + message[1:], int(digits) if digits.isdigit() else last


def _index(source: bytes) -> Callable[[str], Place]:
    from autolab_core.io.documents.toml_places import index

    return index(source)
