"""Mutations for each rule of ``baseline_first``."""

from __future__ import annotations

from typing import Any, Final

from autolab_core.vocab.experiment import Arm, JournalEvent, Phase, SanityCheck
from autolab_verifiers.selftest.experimenting import CONFIG, JOURNAL, METRICS, carried_out, journal, known, reported
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository

__all__ = ["TABLE"]


def _of(
    rule: str, name: str, damage: Change, *also: str, mild: bool = False, prepare: Change = carried_out
) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, prepare)


def _part(entries: list[dict[str, Any]], phase: Phase) -> slice:
    """Where *phase* lies in the journal."""
    kinds = [(entry["event"], entry.get("phase")) for entry in entries]
    return slice(kinds.index((JournalEvent.PHASE_STARTED, phase)), kinds.index((JournalEvent.PHASE_ENDED, phase)) + 1)


def _last(r: Repository, phase: Phase) -> Repository:
    """Let *phase* be the last one that was recorded."""

    def change(entries: list[dict[str, Any]]) -> None:
        where = _part(entries, phase)
        moved = entries[where]
        del entries[where]
        entries[-1:-1] = moved

    return journal(r, change)


def _without(r: Repository, event: JournalEvent, **keys: Any) -> Repository:
    def change(entries: list[dict[str, Any]]) -> None:
        entries[:] = [
            entry
            for entry in entries
            if entry["event"] != event or any(entry.get(key) != value for key, value in keys.items())
        ]

    return journal(r, change)


def _judged(r: Repository, key: str, value: Any) -> Repository:
    """Let the judgement of the baseline say something else, and the configuration with it."""

    def change(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if entry["event"] == JournalEvent.BASELINE_JUDGED:
                entry[key] = value

    return journal(r.set(CONFIG, f"/baseline_attempts/0/{key}", value), change)


def _check_failed(r: Repository) -> Repository:
    def change(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if entry.get("check") == SanityCheck.TESTS:
                entry["exit_code"] = 1

    return journal(r, change)


def _not_reproduced(r: Repository) -> Repository:
    """Let there be nothing of the treatment, and a baseline that is not what was expected."""

    def change(metrics: Any) -> None:
        metrics["treatment"] = {}
        metrics["per_seed"] = []
        metrics["baseline"]["val_loss"] = 0.5
        metrics["abort_triggered"] = True
        metrics["abort_reason"] = "A3 (time per run > 60 s): measured 75"

    return r.edit(METRICS, change)


TABLE: Final[tuple[Mutation, ...]] = (
    _of("BF001", "baseline_is_gone", lambda r: r.set(METRICS, f"/{Arm.BASELINE}", {}), "MC008", prepare=reported),
    _of(
        "BF001",
        "baseline_is_a_text",
        lambda r: r.set(METRICS, "/baseline/val_loss", "0.41"),
        "MC005",
        prepare=reported,
    ),
    _of(
        "BF002",
        "baseline_is_out_of_tolerance",
        lambda r: r.set(METRICS, "/baseline/val_loss", 0.43).set(METRICS, "/per_seed/3/val_loss", 0.43),
        prepare=reported,
    ),
    _of("BF002", "baseline_failed_and_nothing_followed", _not_reproduced, mild=True, prepare=reported),
    _of("BF003", "treatment_came_first", lambda r: _last(r, Phase.BASELINE)),
    _of("BF003", "baseline_was_never_judged", lambda r: known(_without(r, JournalEvent.BASELINE_JUDGED)), "BF004"),
    _of("BF003", "baseline_had_not_reproduced", lambda r: _judged(r, "reproduced", False)),
    _of("BF003", "judgement_contradicts_its_number", lambda r: _judged(r, "values", {"val_loss": 0.5})),
    _of("BF003", "nobody_kept_a_journal", lambda r: r.drop(CONFIG, "/journal").remove(JOURNAL), mild=True),
    _of("BF004", "attempt_is_not_told", lambda r: known(r.set(CONFIG, "/baseline_attempts", []))),
    _of(
        "BF004",
        "attempt_is_told_otherwise",
        lambda r: known(r.set(CONFIG, "/baseline_attempts/0/values/val_loss", 0.412)),
    ),
    _of("BF005", "check_was_left_out", lambda r: _without(r, JournalEvent.CHECK, check=str(SanityCheck.IMPORT))),
    _of("BF005", "check_had_failed", _check_failed),
    _of("BF005", "checks_came_last", lambda r: _last(r, Phase.SANITY)),
    _of(
        "BF005",
        "nobody_tells_of_the_checks",
        lambda r: r.set(CONFIG, "/sanity", []),
        mild=True,
        prepare=reported,
    ),
)
