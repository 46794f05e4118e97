"""Mutations for each rule of ``result_sanity``."""

from __future__ import annotations

import json
from typing import Final

from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import METRICS_DATA, PATHS, RUN_PATHS

__all__ = ["TABLE"]

METRICS = RUN_PATHS.metrics


TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("RS001", "completed_without_metrics", lambda r: r.remove(METRICS)),
    Mutation("RS002", "value_is_text", lambda r: r.metrics("/primary_metric/value", "83.6"), also=frozenset({"SC005"})),
    Mutation("RS002", "value_is_null", lambda r: r.metrics("/primary_metric/value", None)),
    Mutation("RS002", "row_hides_a_nan", lambda r: r.metrics("/per_run_metrics/4/validation_loss", "NaN")),
    Mutation("RS002", "arm_has_no_value", lambda r: r.metrics("/variant_results/0/value", None)),
    Mutation("RS003", "metrics_of_another_run", lambda r: r.metrics("/run_id", "other")),
    Mutation("RS003", "metrics_of_another_iteration", lambda r: r.metrics("/iteration_id", "iter_other")),
    Mutation(
        "RS004",
        "another_primary_metric",
        lambda r: r.replace(PATHS.design, "name: validation_accuracy", "name: test_accuracy"),
    ),
    Mutation("RS005", "metrics_are_partial", lambda r: r.metrics("/status", "partial").metrics("/missing", ["x"])),
    Mutation(
        "RS005",
        "metrics_of_a_running_run",
        lambda r: r.become("running").write(METRICS, json.dumps(METRICS_DATA)),
    ),
    Mutation("RS006", "arm_is_left_out", lambda r: r.metrics("/variant_results", [])),
    Mutation(
        "RS006",
        "arm_was_added",
        lambda r: r.replace(PATHS.design, "  - name: momentum", "  - name: nesterov"),
        also=frozenset({"RS008"}),
    ),
    Mutation(
        "RS006",
        "arm_is_there_twice",
        lambda r: r.edit(METRICS, lambda data: data["variant_results"].append(data["variant_results"][0])),
    ),
    Mutation("RS007", "delta_is_too_good", lambda r: r.metrics("/primary_metric/delta_vs_baseline", 2.1)),
    Mutation("RS007", "delta_is_rounded_away", lambda r: r.metrics("/primary_metric/delta_vs_baseline", 1.0)),
    Mutation("RS007", "delta_has_the_wrong_sign", lambda r: r.metrics("/primary_metric/delta_vs_baseline", -1.2)),
    Mutation("RS008", "seed_is_left_out", lambda r: r.replace(PATHS.design, "count: 3", "count: 4")),
    Mutation("RS008", "seed_is_there_twice", lambda r: r.metrics("/per_run_metrics/5/seed", 1)),
    Mutation("RS008", "seed_was_not_asked_for", lambda r: r.metrics("/per_run_metrics/5/seed", 7)),
    Mutation("RS009", "value_is_the_best_seed", lambda r: r.metrics("/variant_results/0/value", 84.0)),
    Mutation("RS009", "loss_is_not_the_mean", lambda r: r.metrics("/baseline_results/0/validation_loss", 0.2)),
    Mutation(
        "RS010", "partial_names_nothing", lambda r: r.metrics("/missing", []), prepare=lambda r: r.become("partial")
    ),
    Mutation(
        "RS010", "failed_names_nothing", lambda r: r.metrics("/missing", []), prepare=lambda r: r.become("failed")
    ),
    Mutation(
        "RS011",
        "all_seeds_alike",
        lambda r: r.edit(
            METRICS,
            lambda data: [
                row.update(validation_accuracy=83.6) for row in data["per_run_metrics"] if row["name"] == "momentum"
            ],
        ),
        mild=True,
    ),
)
