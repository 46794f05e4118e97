"""How much memory to ask for after a run had too little. Pure."""

from __future__ import annotations

from typing import Final

from autolab_core.models.resources import Memory

__all__ = ["FACTOR_PERCENT", "advise_memory", "rounded", "suggested_memory"]

FACTOR_PERCENT: Final = 150

_MIB: Final = 1024**2
_GIB: Final = 1024**3
# (a suggestion up to so many bytes, is rounded up to a whole number of these)
_STEPS: Final = ((_GIB, 64 * _MIB), (8 * _GIB, 512 * _MIB), (64 * _GIB, 2 * _GIB))
_LARGE_STEP: Final = 8 * _GIB
# A measured peak this far below what was given was not the peak: it came and went between two samples.
_MISSED_PERCENT: Final = 80


def suggested_memory(max_rss: int | None, requested: int | None) -> Memory | None:
    """Half as much again as the larger of the two (bytes a node), rounded up to a step; None when neither is known."""
    largest = max(max_rss or 0, requested or 0)
    if largest <= 0:
        return None
    wanted = -(-largest * FACTOR_PERCENT // 100)
    step = next((step for up_to, step in _STEPS if wanted <= up_to), _LARGE_STEP)
    return Memory(-(-wanted // step) * step)


def advise_memory(max_rss: int | None, requested: int | None) -> str:
    """What to do after a run ran out of memory; *max_rss* is over all steps, *requested* per node, both in bytes.

    The kernel ends a process when it reaches for more than there is: what was measured is what it had, not what it
    needed, so the suggestion is a lower bound, and says so.
    """
    suggestion = suggested_memory(max_rss, requested)
    if suggestion is None:
        return "raise compute.memory_estimate in the design, or let the run need less"
    largest = rounded(max(max_rss or 0, requested or 0))
    return (
        f"{_measured(max_rss, requested)}; 1.5 x {largest}, rounded up, is {suggestion}: set compute.memory_estimate "
        f"to {suggestion} (--mem={suggestion}), or let the run need less; it had reached for more than it got, so that "
        "is a lower bound"
    )


def _measured(max_rss: int | None, requested: int | None) -> str:
    if requested is None:
        return f"its largest step had {rounded(max_rss or 0)} (MaxRSS)"
    if max_rss is None:
        return f"it had asked for {rounded(requested)}, and nobody measured what it took"
    seen = f"its largest step had {rounded(max_rss)} (MaxRSS), and it had asked for {rounded(requested)}"
    if max_rss * 100 < requested * _MISSED_PERCENT:
        return f"{seen}; the peak came between two samples"
    return seen


def rounded(count: int) -> str:
    """*count* bytes in the largest unit of which there is at least one, to a tenth."""
    for unit, name in ((_GIB * 1024, "T"), (_GIB, "G"), (_MIB, "M")):
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + name
    return f"{-(-count // 1024)}K"
