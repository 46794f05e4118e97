"""What the outcomes of one attempt mean, and what must hold of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from autolab_core.vocab.guard import GuardLevel, Profile
from tests.battery.attempt import Attempt
from tests.battery.trial import Outcome

__all__ = ["Row", "Verdict", "broken", "verdict"]


class Verdict(StrEnum):
    """One attempt under one level."""

    HELD = "held"
    REFUSED = "refused"
    """The guard did not start the command."""
    DETECTED = "detected"
    """It changed something, and verifying the seals says so."""
    MISSED = "missed"
    """It changed something, and nothing says so: never right."""
    VIEW = "own view"
    """It saw another spec itself; the file is what it was."""
    METADATA = "metadata"
    """Mode, times, links or attributes differ; content and name do not."""


_WELL = (Verdict.HELD, Verdict.REFUSED)
_REFUSED = 125


class Row(NamedTuple):
    """One attempt of one user: unguarded, and under each level that the machine offers."""

    attempt: str
    who: str
    unguarded: Outcome
    guarded: Mapping[GuardLevel, Outcome]

    @property
    def counts(self) -> bool:
        """Whether it works on this machine when nothing guards."""
        return self.unguarded.worked


def verdict(attempt: Attempt, outcome: Outcome) -> Verdict:
    """What *outcome* (of a guarded run) is to be called."""
    if outcome.changed or (outcome.worked and attempt.proof == "seen"):
        return Verdict.DETECTED if outcome.detected else Verdict.MISSED
    if outcome.worked:
        return Verdict.METADATA if attempt.proof == "metadata" else Verdict.VIEW
    # The same code says that something was seen; here that is another commit in HEAD, or a note of a new name.
    return Verdict.REFUSED if outcome.code == _REFUSED and not outcome.detected else Verdict.HELD


def broken(attempt: Attempt, row: Row) -> Iterator[str]:
    """What must hold of *row* and does not, a sentence each."""
    if not row.counts:
        if not row.unguarded.absent:
            yield f"does not work unguarded, so it shows nothing: {row.unguarded}"
        return
    for level, outcome in row.guarded.items():
        found = verdict(attempt, outcome)
        if found is Verdict.MISSED:
            yield f"at {level}: changed {outcome.changed or 'and restored'} and verify sees nothing: {outcome}"
        # What a run may write is little enough for every mechanism to hold the rest by itself.
        full = level is GuardLevel.MOUNT_LANDLOCK or (level.enforced and attempt.profile == Profile.RUN)
        if full and found not in _WELL and not attempt.limit:
            yield f"gets through {level}: {outcome}"
