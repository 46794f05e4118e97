"""Whether a number follows from others, when all of them may have been rounded to what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["RELATIVE", "follows", "rounding"]

#: What numbers may always differ by, as a share of them.
RELATIVE: Final = 1e-6
_MOST_DECIMALS: Final = 17


def _decimals(value: float) -> int:
    """How many digits *value* shows after its point; 0 for a whole number, which may have been rounded or not."""
    text = repr(float(value))
    if "e" in text:
        return _MOST_DECIMALS if abs(value) < 1 else 0
    fraction = text.partition(".")[2]
    return 0 if fraction == "0" else len(fraction)


def rounding(result: float, sources: Sequence[float], weight: float) -> float:
    """How far *result* may be from what *sources* give when all were rounded to what they show.

    Half a unit of the last decimal that the result shows (where it is whole: that the sources show), and *weight*
    units of the last decimal that the sources show; a millionth of the result where that is more.
    """
    finest = max(_decimals(number) for number in sources)
    own = 0.5 * 10.0 ** -(_decimals(result) or finest)
    theirs = weight * 10.0**-finest if finest else 0.0
    return max(own + theirs, RELATIVE * abs(result))


def follows(value: float, sources: list[float], aggregate: Callable[[Sequence[float]], float]) -> bool:
    """True when *value* is what *aggregate* makes of *sources*, one or more, as exactly as all of them are written."""
    try:
        found = aggregate(sources)
    except OverflowError:
        return False
    off = abs(found - value)
    return off <= RELATIVE * abs(value) or off <= rounding(value, sources, 0.5)
