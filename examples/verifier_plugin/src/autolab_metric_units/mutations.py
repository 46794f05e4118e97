"""Broken copies of a valid repository: each shows that a rule of ``metric_units`` can fail."""

from typing import Any

from autolab_verifiers.testing import PATHS, RUN_PATHS, Mutation, Repository


def _scaled(repository: Repository, factor: float) -> Repository:
    """All values of the primary metric times *factor*."""

    def change(metrics: dict[str, Any]) -> None:
        for each in (metrics["primary_metric"], *metrics["baseline_results"], *metrics["variant_results"]):
            each["value"] *= factor

    return repository.edit(RUN_PATHS.metrics, change)


MUTATIONS = (
    Mutation("MU001", "unit_is_left_out", lambda r: r.replace(PATHS.design, ' unit: "%",', "")),
    Mutation("MU001", "unit_is_no_text", lambda r: r.replace(PATHS.design, 'unit: "%"', "unit: 5")),
    Mutation("MU002", "value_is_above_100", lambda r: r.metrics("/primary_metric/value", 183.6)),
    Mutation("MU002", "baseline_is_negative", lambda r: r.metrics("/baseline_results/0/value", -1)),
    Mutation("MU002", "values_are_fractions", lambda r: _scaled(r, 0.01), mild=True),
)
