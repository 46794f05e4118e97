"""Mutations for each rule of ``abort_protocol``."""

from __future__ import annotations

from typing import Any, Final

from autolab_core.vocab.experiment import ExperimentEnd, JournalEvent, Phase
from autolab_verifiers.selftest.experimenting import CONFIG, METRICS, carried_out, event, journal, known, reported
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository

__all__ = ["TABLE"]

Entries = list[dict[str, Any]]
_TIME: Final = {"criterion": "A3", "text": "time per run > 60 s (assumes 10000 rows, factor 3)"}
_WAIVER: Final = {**_TIME, "limit": 60, "measured": 20, "reason": "the data are larger", "by": "operator"}


def _of(
    rule: str, name: str, damage: Change, *also: str, mild: bool = False, prepare: Change = carried_out
) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, prepare)


def _aborted(r: Repository) -> Repository:
    """Let the experiment have been aborted at seed 1, after a loss of 12."""
    carried_out(r)

    def stop(entries: Entries) -> None:
        started = next(
            index for index, each in enumerate(entries) if each["event"] == JournalEvent.METRIC and each["seed"] == 1
        )
        ended = entries[-1]
        entries[started]["value"] = 12.0
        facts = {"metric": "val_loss", "value": 12.0, "limit": 10.0, "seed": 1, "phase": str(Phase.TREATMENT)}
        used = {"wall_seconds": 60.0, "cpu_seconds": 60.0, "gpu_hours": 0.0}
        phase = {"phase": str(Phase.TREATMENT), "attempt": 1, "end": str(ExperimentEnd.ABORTED)}
        entries[started + 1 :] = [
            event(JournalEvent.ABORTED, criterion="A1", text="`val_loss` > 10", **facts),
            event(JournalEvent.PHASE_ENDED, **phase, **used),
            {**ended, "end": str(ExperimentEnd.ABORTED), "reason": "A1"},
        ]

    def tell(metrics: Any) -> None:
        metrics["treatment"] = {"val_loss": 6.195, "accuracy": 83.2, "parameters": 1210}
        metrics["per_seed"][1] = {"seed": 1, "val_loss": 12.0}
        del metrics["per_seed"][2]
        metrics["resource_usage"].update(total_training_steps=3000, total_runs=2)
        metrics.update(abort_triggered=True, abort_reason="A1 (`val_loss` > 10): measured 12.0 for seed 1")

    return journal(r.edit(METRICS, tell), stop)


def _also_recorded(r: Repository) -> Repository:
    """Let another number have been recorded after the end."""

    def add(entries: Entries) -> None:
        entries.append(next(each for each in entries if each["event"] == JournalEvent.METRIC))

    return journal(r, add)


def _waived(r: Repository) -> Repository:
    """Let the operator have waived the limit on the time of a run."""
    carried_out(r).set(CONFIG, "/waived", [_WAIVER])
    return journal(r, lambda entries: entries.insert(2, event(JournalEvent.WAIVED, **_WAIVER)))


def _waiver(r: Repository, key: str, value: Any) -> Repository:
    def change(entries: Entries) -> None:
        entries[2][key] = value

    return journal(r.set(CONFIG, f"/waived/0/{key}", value), change)


def _run_took(r: Repository, seconds: float) -> Repository:
    def change(entries: Entries) -> None:
        next(each for each in entries if each["event"] == JournalEvent.COMMAND_ENDED)["seconds"] = seconds

    return journal(r, change)


def _reached(r: Repository, event_: JournalEvent, value: Any) -> Repository:
    """Let a loss have been *value* in the minimum viable experiment of somebody, whom nobody stopped."""
    named = {"phase": str(Phase.TREATMENT), "attempt": 0, "arm": None, "seed": None, "metric": "val_loss"}
    return journal(r, lambda entries: entries.insert(-1, event(event_, **named, value=value, why="")))


TABLE: Final[tuple[Mutation, ...]] = (
    _of(
        "AP001", "abort_has_no_reason", lambda r: known(r.set(METRICS, "/abort_reason", "")), "SC012", prepare=_aborted
    ),
    _of(
        "AP001",
        "reason_names_no_criterion",
        lambda r: known(r.set(METRICS, "/abort_reason", "It was late.")),
        prepare=_aborted,
    ),
    _of("AP001", "flag_is_a_text", lambda r: r.set(METRICS, "/abort_triggered", "no"), "SC012", prepare=reported),
    _of(
        "AP001", "reason_without_an_abort", lambda r: r.set(METRICS, "/abort_reason", "A1 was near."), prepare=reported
    ),
    _of(
        "AP001",
        "abort_is_denied",
        lambda r: known(r.set(METRICS, "/abort_triggered", False).set(METRICS, "/abort_reason", None)),
        prepare=_aborted,
    ),
    _of(
        "AP002",
        "seed_that_was_run_is_left_out",
        lambda r: known(r.drop(METRICS, "/per_seed/1")),
        "MC010",
        prepare=_aborted,
    ),
    _of("AP002", "value_is_left_out", lambda r: known(r.drop(METRICS, "/treatment/parameters")), prepare=_aborted),
    _of("AP003", "number_came_after_the_end", _also_recorded),
    _of("AP003", "number_came_after_the_abort", _also_recorded, prepare=_aborted),
    _of("AP004", "loss_was_above_its_limit", lambda r: _reached(r, JournalEvent.METRIC, 12.0)),
    _of("AP004", "loss_was_not_finite", lambda r: _reached(r, JournalEvent.REFUSED, "nan")),
    _of("AP004", "run_took_too_long", lambda r: _run_took(r, 75.0)),
    _of(
        "AP004",
        "results_have_a_loss_above_its_limit",
        lambda r: r.set(METRICS, "/per_seed/0/val_loss", 12.0),
        "MC010",
        prepare=reported,
    ),
    _of("AP005", "waiver_is_not_told", lambda r: known(r.set(CONFIG, "/waived", [])), prepare=_waived),
    _of("AP005", "waiver_has_no_reason", lambda r: _waiver(r, "reason", ""), prepare=_waived),
    _of("AP005", "waived_for_data_that_nobody_measured", lambda r: _waiver(r, "by", "data_size"), prepare=_waived),
    _of("AP005", "waiver_of_nothing", lambda r: _waiver(r, "criterion", "A9"), prepare=_waived),
)
