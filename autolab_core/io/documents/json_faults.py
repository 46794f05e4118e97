"""What is wrong with a JSON text, in words and with its place. Nothing here runs for a file that is in order."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any, Final

from autolab_core.io.documents.document import MAX_DEPTH, in_quotes, place_at
from autolab_core.io.documents.json_numbers import MAX_DIGITS, finite_float
from autolab_core.io.documents.json_places import Value, strings, values
from autolab_core.vocab.errors import DocumentError

__all__ = ["check_depth", "check_surrogates", "explain"]

# Everything but the brackets that count: strings (an unclosed one reaches to the end) and whatever is no bracket.
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_BETWEEN: Final = re.compile(rf'(?:[^\[\]{{}}"]++|{_STRING})++', re.DOTALL)
_BRACKET: Final = re.compile(rf"{_STRING}|([\[{{])|([\]}}])", re.DOTALL)
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_NUMBER: Final = re.compile(r"-?[0-9]++(\.[0-9]++)?([eE][-+]?[0-9]++)?")
_CONSTANT: Final = re.compile(r"NaN|-?Infinity")


def check_depth(text: str, shown: str) -> None:
    """Raise ``DocumentError`` when *text*, JSON or not, nests deeper than ``MAX_DEPTH``; linear, no recursion."""
    depths = accumulate(map(_STEP.__getitem__, _BETWEEN.sub("", text)))
    if all(depth <= MAX_DEPTH for depth in depths):
        return
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket.lastindex == 1 else -1 if bracket.lastindex == 2 else 0
        if depth > MAX_DEPTH:
            raise _fault(text, shown, bracket.start(), f"is nested deeper than {MAX_DEPTH} levels")


def check_surrogates(text: str, data: Any, shown: str) -> None:
    """Raise ``DocumentError`` when a string of *text*, whose data is *data*, holds half of a surrogate pair."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        for offset, string in strings(text):
            if any("\ud800" <= character <= "\udfff" for character in string):
                message = "this string holds half of a surrogate pair, which is no character"
                raise _fault(text, shown, offset, message) from None


def explain(text: str, shown: str, error: ValueError) -> DocumentError:
    """The error to raise for *text*, of which the reader said *error*."""
    if isinstance(error, json.JSONDecodeError):
        if not text.strip(" \t\r\n"):
            return DocumentError(shown, "is empty; it should hold JSON", line=1, column=1)
        words = error.msg[:1].lower() + error.msg[1:]
        return DocumentError(shown, f"is not valid JSON: {words}", line=error.lineno, column=error.colno)
    keys: dict[str, int] = {}
    for value in values(text):
        if value.place != value.start:
            first = keys.setdefault(value.pointer, value.place)
            if first != value.place:
                return _duplicate(text, shown, first, value)
        problem = _number_problem(text, value.start)
        if problem:
            return _fault(text, shown, value.start, problem, value.pointer)
    return DocumentError(shown, f"is not valid JSON: {error}")


def _duplicate(text: str, shown: str, first: int, value: Value) -> DocumentError:
    key = in_quotes(value.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~"))
    line = place_at(text, first).line
    return _fault(text, shown, value.place, f"the key {key} is already on line {line}", value.pointer)


def _number_problem(text: str, start: int) -> str:
    """Why the value at *start* is a number that we refuse; "" when it is not."""
    constant = _CONSTANT.match(text, start)
    if constant:
        return f"{constant.group()} is not a JSON number"
    number = _NUMBER.match(text, start)
    if number is None:
        return ""
    if number.lastindex is None:
        return f"this integer has more than {MAX_DIGITS} digits" if len(number.group()) > MAX_DIGITS else ""
    try:
        finite_float(number.group())
    except ValueError:
        return "this number is too large for a 64-bit float"
    return ""


def _fault(text: str, shown: str, offset: int, message: str, pointer: str = "") -> DocumentError:
    place = place_at(text, offset)
    return DocumentError(shown, message, line=place.line, column=place.column, pointer=pointer)
