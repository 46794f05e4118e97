"""Mutations for each rule of ``metrics_complete``. They start from results without a journal, as anybody may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from autolab_verifiers.selftest.experimenting import METRICS, reported
from autolab_verifiers.selftest.guarding import SPEC
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository

__all__ = ["TABLE"]

_SCHEMA: Final = "SC012"


def _of(rule: str, name: str, damage: Change, *also: str, mild: bool = False) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, reported)


def _says(pointer: str, value: Any) -> Callable[[Repository], Repository]:
    return lambda r: r.set(METRICS, pointer, value)


def _lacks(pointer: str) -> Callable[[Repository], Repository]:
    return lambda r: r.drop(METRICS, pointer)


def _fractions(r: Repository) -> Repository:
    """Let the accuracy be a fraction throughout, though the spec has it in percent."""

    def change(metrics: Any) -> None:
        for row in (metrics["treatment"], *metrics["per_seed"][:3]):
            row["accuracy"] = round(row["accuracy"] / 100, 3)

    return r.edit(METRICS, change)


TABLE: Final[tuple[Mutation, ...]] = (
    _of("MC001", "spec_is_gone", lambda r: r.remove(SPEC), "RU003"),
    _of("MC001", "spec_has_no_metrics", lambda r: r.replace(SPEC, "## Metrics", "## Other"), "RU003"),
    _of("MC001", "spec_is_binary", lambda r: r.write(SPEC, b"\xff\0\1"), "RU003"),
    _of("MC002", "metrics_are_gone", lambda r: r.remove(METRICS)),
    _of("MC003", "part_is_missing", _lacks("/sanity_checks"), _SCHEMA, "MC008"),
    _of("MC003", "notes_are_missing", _lacks("/notes"), _SCHEMA),
    _of("MC003", "treatment_is_a_list", _says("/treatment", [0.38]), _SCHEMA, "MC008"),
    _of("MC003", "rows_are_a_mapping", _says("/per_seed", {"0": 0.39}), _SCHEMA, "MC009"),
    _of("MC003", "row_is_a_number", _says("/per_seed/0", 0.39), _SCHEMA, "MC009", "MC010"),
    _of("MC003", "named_after_another_experiment", _says("/experiment", "exp-002-adam")),
    _of("MC004", "time_has_no_offset", _says("/timestamp", "2026-02-01T13:10:00"), _SCHEMA),
    _of("MC004", "time_is_local", _says("/timestamp", "2026-02-01T13:10:00+01:00")),
    _of("MC004", "time_is_a_number", _says("/timestamp", 1769947800), _SCHEMA),
    _of("MC005", "value_is_a_text", _says("/per_seed/0/val_loss", "0.39")),
    _of("MC005", "value_is_a_truth_value", _says("/sanity_checks/initial_loss", True)),
    _of("MC005", "value_is_nested", _says("/per_seed/1/accuracy", {"mean": 83.6, "std": 0.2})),
    _of("MC005", "value_is_infinity_in_words", _says("/per_seed/2/val_loss", "Infinity"), "AP004"),
    _of("MC005", "count_is_not_whole", _says("/treatment/parameters", 1210.5)),
    _of("MC006", "percentage_is_above_100", _says("/per_seed/2/accuracy", 183.6), "MC010"),
    _of("MC006", "count_is_negative", _says("/treatment/parameters", -1)),
    _of("MC006", "percentages_are_fractions", _fractions, mild=True),
    _of("MC007", "metric_was_added", _says("/treatment/f1", 0.8)),
    _of("MC007", "metric_was_added_to_a_row", _says("/per_seed/0/grad_norm", 3.1)),
    _of("MC007", "sanity_check_was_added", _says("/sanity_checks/final_loss", 0.3)),
    _of("MC008", "metric_is_missing", _lacks("/treatment/parameters")),
    _of("MC008", "metric_is_null", _says("/treatment/parameters", None)),
    _of("MC008", "sanity_metric_is_missing", _lacks("/sanity_checks/initial_loss")),
    _of("MC008", "baseline_is_empty", _says("/baseline", {}), "BF001"),
    _of("MC009", "seed_was_skipped", _lacks("/per_seed/0"), "MC010"),
    _of("MC009", "seed_was_added", _says("/per_seed/2/seed", 7)),
    _of("MC009", "seed_stands_twice", _says("/per_seed/2/seed", 1), "MC010"),
    _of("MC009", "seed_has_no_number", _lacks("/per_seed/1/accuracy")),
    _of("MC009", "seed_is_a_text", _says("/per_seed/0/seed", "0"), _SCHEMA, "MC010"),
    _of("MC009", "arm_is_another", _says("/per_seed/3/arm", "control")),
    _of("MC010", "value_is_the_best_seeds", _says("/treatment/val_loss", 0.37)),
    _of("MC010", "value_is_that_of_one_seed", _says("/treatment/accuracy", 84.0)),
)
