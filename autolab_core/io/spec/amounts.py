"""Numbers and durations of a spec, read exactly and printed so that they read back the same."""

from __future__ import annotations

from decimal import Decimal
from math import isinf
from typing import Final

from autolab_core.io.spec.findings import Unclear
from autolab_core.io.spec.scan import Scanner

__all__ = ["duration", "number", "print_duration", "print_number", "print_percent", "whole"]

# The longest number that is read. 17 digits and an exponent are all that a float has.
_LONGEST: Final = 40
_SECONDS: Final = {
    1: ("s", "sec", "secs", "second", "seconds"),
    60: ("min", "mins", "minute", "minutes"),
    3600: ("h", "hr", "hrs", "hour", "hours"),
    86400: ("d", "day", "days"),
}
_UNITS: Final = {word: seconds for seconds, words in _SECONDS.items() for word in words}
_DURATIONS: Final = "90 s, 15 min, 2 h, 1 d or HH:MM:SS"
_NOT_FINITE: Final = frozenset({"nan", "inf", "infinity", "infinite"})


def number(scanner: Scanner, what: str) -> float:
    """The number that stands next. Raises Unclear naming *what*."""
    return float(_decimal(scanner, what))


def whole(scanner: Scanner, what: str) -> int:
    """The whole number that stands next. Raises Unclear naming *what*."""
    value = _decimal(scanner, what)
    if value != value.to_integral_value():
        raise Unclear(f"{what} is {value}, not a whole number")
    return int(value)


def percent(scanner: Scanner, what: str) -> float:
    """The share of 1 that the number and the ``%`` before which the scanner stands mean (``5 %`` is 0.05)."""
    return float(_decimal(scanner, what).scaleb(-2))


def _decimal(scanner: Scanner, what: str) -> Decimal:
    text = _numeral(scanner.rest)
    if not text:
        word = scanner.rest.lstrip("+-−").split(" ")[0].strip(".,;:()`")
        if word.casefold() in _NOT_FINITE:
            raise Unclear(f"{what} is {word}; write a finite number")
        raise Unclear(f"{what} should be a number{f', not {scanner.rest[:40]!r}' if scanner.rest else ''}")
    after = scanner.rest[len(text) :]
    group = after[1:4]
    if after[:1] == "," and group.isascii() and group.isdigit() and len(group) == 3 and not after[4:5].isdigit():
        raise Unclear(f"{what}: {text},{group} can be read in two ways; write {text}{group} or {text}.{group}")
    if after[:1] in ("_", ".") and after[1:2].isalnum():
        raise Unclear(f"{what} should be a number, not {scanner.rest[:40]!r}")
    if len(text) > _LONGEST:
        raise Unclear(f"{what} has more than {_LONGEST} characters; write it with an exponent (1e9)")
    plain = text.replace("_", "").replace("−", "-")
    # Asked of the float first: arithmetic with an exponent beyond all bounds is an error of the decimal module's own.
    if isinf(float(plain)):
        raise Unclear(f"{what} is {text}, which is too large for a 64-bit float")
    if float(plain) == 0 and plain.casefold().partition("e")[0].strip("+-0."):
        raise Unclear(f"{what} is {text}, which is too small for a 64-bit float")
    value = Decimal(plain)
    scanner.skip(len(text))
    return value


def _numeral(text: str) -> str:
    """The longest beginning of *text* that is a number: decimal, with an exponent, with ``_`` between thousands."""
    at = 1 if text[:1] in ("+", "-", "−") else 0
    digits = _digits(text, at)
    end = digits
    if text[digits : digits + 1] == ".":
        end = _digits(text, digits + 1)
        if end == digits + 1:
            end = digits
    if end == at:
        return ""
    if text[end : end + 1] in ("e", "E"):
        start = end + 2 if text[end + 1 : end + 2] in ("+", "-", "−") else end + 1
        stop = _digits(text, start)
        end = stop if stop > start else end
    return text[:end]


def _digits(text: str, at: int) -> int:
    """Where the digits that begin at *at* end; ``_`` counts where three digits follow it and no fourth."""
    while at < len(text):
        if "0" <= text[at] <= "9":
            at += 1
            continue
        group = text[at + 1 : at + 4]
        if (
            text[at] != "_"
            or len(group) < 3
            or not (group.isascii() and group.isdigit())
            or text[at + 4 : at + 5].isdigit()
        ):
            break
        at += 4
    return at


def duration(scanner: Scanner, what: str) -> float:
    """The seconds of the duration that stands next: ``90 s``, ``1 h 30 min``, ``02:00:00``. Raises Unclear."""
    clock = scanner.rest.split(" ")[0].rstrip(").,;")
    if ":" in clock:
        return _clock(scanner, clock, what)
    total = Decimal(0)
    found = False
    while scanner.rest and (not found or "0" <= scanner.rest[0] <= "9"):
        value = _decimal(scanner, what)
        unit = scanner.take(*_UNITS)
        if unit is None:
            raise Unclear(f"{what} has no unit of time; write {_DURATIONS}")
        total += value * _UNITS[unit]
        found = True
    if not found:
        raise Unclear(f"{what} is missing; write {_DURATIONS}")
    if isinf(float(total)):
        raise Unclear(f"{what} is too large for a 64-bit float")
    return float(total)


def _clock(scanner: Scanner, clock: str, what: str) -> float:
    parts = clock.split(":")
    good = len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts)
    if not good or any(len(part) != 2 or part > "59" for part in parts[1:]):
        raise Unclear(f"{what} {clock!r} is no duration; write {_DURATIONS}")
    scanner.skip(len(clock))
    hours, minutes, seconds = map(int, parts)
    return float(hours * 3600 + minutes * 60 + seconds)


def print_number(value: float) -> str:
    """*value* so that ``number`` reads the same."""
    return repr(value).removesuffix(".0")


def print_percent(share: float) -> str:
    """*share* of 1 so that ``percent`` reads the same: 0.05 is ``5``."""
    value = Decimal(repr(share)).scaleb(2)
    return str(int(value)) if value == value.to_integral_value() and abs(value) < 10**15 else str(value)


def print_duration(seconds: float) -> str:
    """*seconds* in the largest unit of which they are two or more, and a whole number."""
    for size, words in sorted(_SECONDS.items(), reverse=True):
        if 2 * size <= seconds < 10**15 and seconds % size == 0:
            return f"{int(seconds // size)} {words[0]}"
    return f"{print_number(seconds)} s"
