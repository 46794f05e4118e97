"""Numbers of JSON texts, with the bounds that the standard library's decoder lacks."""

from __future__ import annotations

__all__ = ["MAX_DIGITS", "finite_float", "short_integer"]

# The interpreter's own default (sys.int_info): a host that lifted it must not make us slow.
MAX_DIGITS = 4300
_INFINITE = (float("inf"), float("-inf"))


def finite_float(text: str) -> float:
    """*text* as a float; ``ValueError`` when it overflows."""
    value = float(text)
    if value in _INFINITE:
        raise ValueError("overflow")
    return value


def short_integer(text: str) -> int:
    """*text* as an integer; ``ValueError`` when it is longer than ``MAX_DIGITS``."""
    if len(text) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)
