"""Times in files: UTC, RFC 3339, everywhere.

One function decides what a timestamp is; the schemas' ``date-time`` format and the models both ask it, so
that no two engines can disagree (leap seconds, year 0000 and missing offsets are where libraries differ).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

__all__ = ["format_utc", "format_utc_fine", "is_timestamp", "parse_timestamp"]

_TIMESTAMP: Final = re.compile(
    # The hour and the offset's minutes to the letter: interpreters disagree about 24:00 and about +14:60.
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-5][0-9])"
)
# Without a fraction, in UTC: nearly all of them.
_PLAIN: Final = len("2026-02-01T12:00:00Z")


@lru_cache(maxsize=1024)
def parse_timestamp(text: str) -> datetime | None:
    """The aware UTC time that an RFC 3339 *text* names, or None when it names none (no offset, 30 February …).

    Fractions finer than a microsecond are cut. Leap seconds (``:60``) are refused: Python has no such time.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    upper = text.upper()
    if len(upper) == _PLAIN:
        try:
            return datetime.fromisoformat(upper)
        except ValueError:
            return None
    head, _, tail = upper[:19], upper[19:20], upper[19:]
    digits = ""
    if tail.startswith("."):
        end = next(i for i, c in enumerate(tail[1:], 1) if not c.isdigit())
        digits, tail = tail[1:end], tail[end:]
    offset = "+00:00" if tail == "Z" else tail
    fraction = "." + digits[:6].ljust(6, "0") if digits else ""
    try:
        return datetime.fromisoformat(head + fraction + offset).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_timestamp(text: object) -> bool:
    """True when *text* is a string that ``parse_timestamp`` understands."""
    return isinstance(text, str) and parse_timestamp(text) is not None


def format_utc(when: datetime) -> str:
    """*when* (aware) as ``2026-02-01T12:00:00Z``: UTC, whole seconds. Raises ValueError for a naive time."""
    if when.tzinfo is None:
        raise ValueError("a time without a zone cannot be written")
    # Not strftime, whose %Y is not four digits everywhere.
    return when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def format_utc_fine(when: datetime) -> str:
    """*when* (aware) as ``2026-02-01T12:00:00.123Z``: as ``format_utc``, with milliseconds."""
    if when.tzinfo is None:
        raise ValueError("a time without a zone cannot be written")
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
