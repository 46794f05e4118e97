"""Where an experiment stands: what the entries of its journal, folded in their order, amount to. Pure.

The fold knows no spec and judges nothing: which numbers count, and what is still missing, is said by
``models.experiment.rows`` with the spec at hand. An entry that it does not know, or that lacks what an entry of its
kind has, is passed over: it never raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

from autolab_core.models.experiment.attempts import NOTHING, Attempt, Entry, amount
from autolab_core.vocab.experiment import BudgetKind, ExperimentEnd, JournalEvent, Phase, PhaseEnd, SanityCheck

__all__ = ["ExperimentState", "fold"]


@attrs.frozen
class ExperimentState:
    """Entries are kept as they are where nobody computes with them.

    ``entries`` counts them all, ``now`` is the time of the last one ("" at first). ``checks`` has the last one of each
    sanity check, ``configuration`` that of each arm. ``data_size`` is the last one measured, ``data_unit`` what it
    counts. ``waived`` has criteria by their id.
    """

    entries: int = 0
    now: str = ""
    sealed: Entry | None = None
    opened: tuple[Entry, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    checks: Mapping[str, Entry] = NOTHING
    refused: tuple[Entry, ...] = ()
    configuration: Mapping[str, Entry] = NOTHING
    data_size: float | None = None
    data_unit: str | None = None
    reported: tuple[Entry, ...] = ()
    notes: tuple[Entry, ...] = ()
    exceeded: tuple[Entry, ...] = ()
    justified: tuple[Entry, ...] = ()
    waived: Mapping[str, Entry] = NOTHING
    compared: tuple[Entry, ...] = ()
    aborted: Entry | None = None
    ended: Entry | None = None

    def of(self, phase: Phase) -> tuple[Attempt, ...]:
        """The attempts at *phase*, in order."""
        return tuple(attempt for attempt in self.attempts if attempt.phase is phase)

    def finished(self, phase: Phase) -> bool:
        """True when an attempt at *phase* reached its end."""
        return any(attempt.end is PhaseEnd.FINISHED for attempt in self.of(phase))

    @property
    def current(self) -> Attempt | None:
        """The attempt that goes on, or was left without a word."""
        return self.attempts[-1] if self.attempts and self.attempts[-1].goes_on else None

    @property
    def end(self) -> ExperimentEnd | None:
        """How the experiment ended; None while it goes on. One that was aborted, and killed before that was written
        up, has ended, too: only its writing up is left."""
        word = None if self.ended is None else self.ended.get("end")
        if word in list(ExperimentEnd):
            return ExperimentEnd(word)
        return None if self.aborted is None else ExperimentEnd.ABORTED

    def passed(self, check: SanityCheck) -> bool:
        """True when the last such check ended with 0."""
        code = self.checks.get(str(check), NOTHING).get("exit_code")
        return type(code) is int and code == 0

    def spent(self, kind: BudgetKind) -> float | None:
        """What the phases used so far, in the unit of *kind*; None where that cannot be known: GPU hours that nothing
        measured."""
        if kind is BudgetKind.WALL_CLOCK:
            return math.fsum(attempt.wall_seconds for attempt in self.attempts)
        if kind is BudgetKind.RUNS:
            return float(sum(attempt.runs for attempt in self.attempts))
        if kind is BudgetKind.STEPS:
            return math.fsum(attempt.steps for attempt in self.attempts)
        if any(attempt.gpu_hours is None for attempt in self.attempts if not attempt.goes_on and attempt.runs):
            return None
        return math.fsum(attempt.gpu_hours or 0.0 for attempt in self.attempts)

    @property
    def cpu_seconds(self) -> float:
        """What the phases used of processors, so far."""
        return math.fsum(attempt.cpu_seconds for attempt in self.attempts)

    def after(self, entry: Entry) -> ExperimentState:
        """The state once *entry* is on record, too."""
        fold_in = _FOLDS.get(str(entry.get("event")))
        state = attrs.evolve(self, entries=self.entries + 1, now=str(entry.get("at", self.now)))
        return state if fold_in is None else fold_in(state, entry)


def fold(entries: Iterable[Entry]) -> ExperimentState:
    """The state that *entries* (of one journal, in their order) lead to."""
    state = ExperimentState()
    for entry in entries:
        state = state.after(entry)
    return state


_Fold = Callable[[ExperimentState, Entry], ExperimentState]


def _sealed(state: ExperimentState, entry: Entry) -> ExperimentState:
    return state if state.sealed is not None else attrs.evolve(state, sealed=entry)


def _phase_started(state: ExperimentState, entry: Entry) -> ExperimentState:
    phase = entry.get("phase")
    if phase not in list(Phase):
        return state
    number = entry.get("attempt")
    commit, spec = entry.get("commit"), entry.get("spec_sha256")
    attempt = Attempt(
        Phase(phase),
        number if type(number) is int else len(state.of(Phase(phase))) + 1,
        started=int(entry["n"]),
        started_at=str(entry["at"]),
        commit=commit if isinstance(commit, Mapping) else NOTHING,
        spec_sha256=spec if isinstance(spec, str) else None,
        since=str(entry["at"]),
    )
    return attrs.evolve(state, attempts=(*state.attempts, attempt))


def _of_attempt(change: Callable[[Attempt, Entry], Attempt]) -> _Fold:
    """The fold of an entry that is about one attempt; where there is none such, nothing happens."""

    def fold_in(state: ExperimentState, entry: Entry) -> ExperimentState:
        for index in range(len(state.attempts) - 1, -1, -1):
            each = state.attempts[index]
            if each.phase == entry.get("phase") and each.number == entry.get("attempt", each.number):
                if not each.goes_on:
                    return state
                changed = (*state.attempts[:index], change(each, entry), *state.attempts[index + 1 :])
                return attrs.evolve(state, attempts=changed)
        return state

    return fold_in


def _continued(attempt: Attempt, entry: Entry) -> Attempt:
    return attrs.evolve(attempt, paused=False, since=str(entry["at"]))


def _ended(attempt: Attempt, entry: Entry) -> Attempt:
    end = entry.get("end")
    return attempt.ended_by(entry, PhaseEnd(end) if end in list(PhaseEnd) else PhaseEnd.BROKEN)


def _progress(state: ExperimentState, entry: Entry) -> ExperimentState:
    steps, size, unit = amount(entry.get("steps")), amount(entry.get("data_size")), entry.get("unit")
    if size is not None:
        state = attrs.evolve(state, data_size=size, data_unit=unit if isinstance(unit, str) else None)
    current = state.current
    if steps is None or current is None:
        return state
    return attrs.evolve(state, attempts=(*state.attempts[:-1], attrs.evolve(current, steps=current.steps + steps)))


def _kept(field: str) -> _Fold:
    """The fold of an entry that is kept beside the others of its kind."""
    return lambda state, entry: _with(state, field, (*getattr(state, field), entry))


def _last(field: str, key: str) -> _Fold:
    """The fold of an entry that takes the place of the one before it with the same *key*."""
    return lambda state, entry: _with(state, field, {**getattr(state, field), str(entry.get(key)): entry})


def _with(state: ExperimentState, field: str, value: Any) -> ExperimentState:
    return attrs.evolve(state, **{field: value})


_FOLDS: Final[Mapping[str, _Fold]] = {
    JournalEvent.SEALED: _sealed,
    JournalEvent.OPENED: _kept("opened"),
    JournalEvent.PHASE_STARTED: _phase_started,
    JournalEvent.PHASE_PAUSED: _of_attempt(lambda attempt, e: attrs.evolve(attempt.with_time(e), paused=True)),
    JournalEvent.PHASE_CONTINUED: _of_attempt(_continued),
    JournalEvent.PHASE_ENDED: _of_attempt(_ended),
    JournalEvent.CHECK: _last("checks", "check"),
    JournalEvent.COMMAND_ENDED: _of_attempt(Attempt.with_command),
    JournalEvent.METRIC: _of_attempt(Attempt.with_value),
    JournalEvent.REFUSED: _kept("refused"),
    JournalEvent.CONFIGURATION: _last("configuration", "arm"),
    JournalEvent.PROGRESS: _progress,
    JournalEvent.USAGE_REPORTED: _kept("reported"),
    JournalEvent.NOTE: _kept("notes"),
    JournalEvent.BASELINE_JUDGED: _of_attempt(lambda attempt, e: attrs.evolve(attempt, judged=e)),
    JournalEvent.BUDGET_EXCEEDED: _kept("exceeded"),
    JournalEvent.JUSTIFIED: _kept("justified"),
    JournalEvent.WAIVED: _last("waived", "criterion"),
    JournalEvent.SEALS_COMPARED: _kept("compared"),
    JournalEvent.ABORTED: lambda state, e: attrs.evolve(state, aborted=state.aborted or e),
    JournalEvent.ENDED: lambda state, e: attrs.evolve(state, ended=state.ended or e),
}
