"""How much time to ask for after a run was ended at its limit. Pure."""

from __future__ import annotations

from typing import Final

from autolab_core.models.resources import Duration

__all__ = ["FACTOR_PERCENT", "advise_time", "suggested_time"]

# Half as much again: enough that a run which was nearly done gets done, and not so much that it waits for a slot of
# twice the length. Whole percents, because a limit is a whole number and has to come out the same everywhere.
FACTOR_PERCENT: Final = 150

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
# (a suggestion up to so many seconds, is rounded up to a whole number of these)
_STEPS: Final = ((_HOUR, 5 * _MINUTE), (6 * _HOUR, 15 * _MINUTE), (24 * _HOUR, _HOUR))
_LONG_STEP: Final = 6 * _HOUR
# Slurm looks at limits every 30 s, and ends a job up to a minute late: a shorter run was ended by something else.
_EARLY_SECONDS: Final = 60


def suggested_time(elapsed: int | None, limit: int | None) -> Duration | None:
    """Half as much again as the longer of the two (seconds), rounded up to a step; None when neither is known."""
    longest = max(elapsed or 0, limit or 0)
    if longest <= 0:
        return None
    wanted = -(-longest * FACTOR_PERCENT // 100)
    step = next((step for up_to, step in _STEPS if wanted <= up_to), _LONG_STEP)
    return Duration(-(-wanted // step) * step)


def advise_time(elapsed: int | None, limit: int | None) -> str:
    """What to do after a time-out; *elapsed* and *limit* are seconds, None where nobody said.

    A run that was ended has told only how long it did not suffice: what is suggested is a lower bound, and says so.
    """
    suggestion = suggested_time(elapsed, limit)
    if suggestion is None:
        return "raise compute.walltime_estimate in the design, or make the run shorter"
    said = _measured(elapsed, limit)
    longest = Duration(max(elapsed or 0, limit or 0))
    return (
        f"{said}; 1.5 x {longest}, rounded up, is {suggestion}: set compute.walltime_estimate to {suggestion} "
        f"(--time={suggestion}), or make the run shorter; it was not done by then, so that is a lower bound"
    )


def _measured(elapsed: int | None, limit: int | None) -> str:
    if elapsed is None:
        return f"its limit was {Duration(limit)}"
    if limit is None:
        return f"it was ended after {Duration(elapsed)}"
    early = limit - elapsed
    if early > _EARLY_SECONDS:
        return f"it was ended after {Duration(elapsed)} of {Duration(limit)}: its limit had been lowered meanwhile"
    return f"it ran for {Duration(elapsed)}, and its limit was {Duration(limit)}"
