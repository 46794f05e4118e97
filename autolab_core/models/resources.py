"""Typed amounts: ``Duration`` and ``Memory``. Units are part of the type, never of a name or of a reader's memory.

The forms are those that Slurm documents for ``--time`` and ``--mem``
(https://slurm.schedmd.com/sbatch.html#OPT_time, #OPT_mem).
"""

from __future__ import annotations

import re
from typing import Final

import attrs

__all__ = ["DURATION_PATTERN", "MEMORY_PATTERN", "Duration", "Memory"]

# Both patterns stand in schemas/ too (``$defs``); a test holds them equal. Nothing but zeros is refused: to Slurm
# ``--time=0`` means "no limit" and ``--mem=0`` "the whole node", and a design that means that should say so.
DURATION_PATTERN: Final = (
    r"^(?![0:-]*(?![\s\S]))(?:UNLIMITED|INFINITE|[0-9]{1,9}|[0-9]{1,9}:[0-5]?[0-9]|[0-9]{1,7}:[0-5]?[0-9]:[0-5]?[0-9]"
    r"|[0-9]{1,6}-(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9](?::[0-5]?[0-9])?)?)(?![\s\S])"
)
MEMORY_PATTERN: Final = r"^(?!0+[KMGTkmgt]?[Bb]?(?![\s\S]))[0-9]{1,12}(?:[KMGTkmgt][Bb]?)?(?![\s\S])"

_DURATION: Final = re.compile(DURATION_PATTERN)
_MEMORY: Final = re.compile(MEMORY_PATTERN)
_MAX_MINUTES: Final = 999_999_999
_UNITS: Final = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


@attrs.frozen(order=False)
class Duration:
    """A time limit. ``seconds`` is None for UNLIMITED."""

    seconds: int | None

    @classmethod
    def parse(cls, value: str | int) -> Duration:
        """Read ``M``, ``M:S``, ``H:M:S``, ``D-H``, ``D-H:M``, ``D-H:M:S``, UNLIMITED or a whole number of minutes.

        Raises ValueError naming the forms.
        """
        if isinstance(value, bool):
            raise ValueError(_DURATION_HELP.format(value=value))
        if isinstance(value, int):
            if not 1 <= value <= _MAX_MINUTES:
                raise ValueError(_DURATION_HELP.format(value=value))
            return cls(value * 60)
        if not _DURATION.match(value):
            raise ValueError(_DURATION_HELP.format(value=repr(value)))
        if value in {"UNLIMITED", "INFINITE"}:
            return cls(None)
        days, dash, rest = value.rpartition("-")
        parts = [int(part) for part in rest.split(":")]
        if dash:
            hours, minutes, seconds = (*parts, 0, 0)[:3]
        elif len(parts) == 3:
            hours, minutes, seconds = parts
        else:
            hours, (minutes, seconds) = 0, (*parts, 0)[:2]
        return cls((int(days) if dash else 0) * 86400 + hours * 3600 + minutes * 60 + seconds)

    def __str__(self) -> str:
        """The form that Slurm reads and prints: ``HH:MM:SS`` or ``D-HH:MM:SS``."""
        if self.seconds is None:
            return "UNLIMITED"
        days, rest = divmod(self.seconds, 86400)
        clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
        return f"{days}-{clock}" if days else clock


_DURATION_HELP: Final = (
    "{value} is not a duration: write minutes (30), M:S, H:M:S, D-H, D-H:M or D-H:M:S "
    "(minutes and seconds below 60, hours after a day below 24, not zero), or UNLIMITED"
)


@attrs.frozen(order=False)
class Memory:
    """Memory per node, in bytes. A bare number is MiB, as for ``sbatch --mem``; K, M, G and T are powers of 1024."""

    bytes: int

    @classmethod
    def parse(cls, value: str | int) -> Memory:
        """Read ``16G``, ``64GB``, ``4096M``, ``4096`` (MiB). Raises ValueError naming the forms."""
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _MEMORY.match(text):
            raise ValueError(f"{value!r} is not an amount of memory: write 16G, 64GB, 4096M, 512K or 2T, not zero")
        upper = text.upper().removesuffix("B")
        unit = upper[-1] if upper[-1] in _UNITS else "M"
        return cls(int(upper.rstrip("KMGT")) * _UNITS[unit])

    def __str__(self) -> str:
        """The shortest exact form that Slurm reads: ``64G``, ``1536M``."""
        for unit in ("T", "G", "M"):
            if self.bytes % _UNITS[unit] == 0:
                return f"{self.bytes // _UNITS[unit]}{unit}"
        return f"{self.bytes // 1024}K"
