"""Secrets that somebody prints: they are covered up before a log goes to the storage, where more people may read it.

pip shows an index's address with everything in it but the name of a user; commands print what they like.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

__all__ = ["SHORTEST", "Mask"]

# What is shorter stands in many a line by chance: covered up there, numbers would be lost.
SHORTEST: Final = 8
_COVER: Final = b"***"


class Mask:
    """Covers up *values*: each as a whole, its lines, and as it stands in an address."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values for line in (value, *value.splitlines()) for form in (line, quote(line, ""))}
        found = {form.strip().encode("utf-8", "surrogateescape") for form in forms}
        self._values = sorted((each for each in found if len(each) >= SHORTEST), key=len, reverse=True)

    def covered(self, data: bytes) -> bytes:
        """*data* without the values."""
        for value in self._values:
            data = data.replace(value, _COVER)
        return data

    def text(self, text: str) -> str:
        """*text* without the values."""
        return self.covered(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def begun(self, data: bytes) -> int:
        """How many bytes at the end of *data* may be the beginning of a value whose rest is still to come."""
        return max((_begun(data, value) for value in self._values), default=0)


def _begun(data: bytes, value: bytes) -> int:
    longest = min(len(value) - 1, len(data))
    return next((count for count in range(longest, 0, -1) if data.endswith(value[:count])), 0)
