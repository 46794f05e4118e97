"""A group's metrics, made from those of its replicates. Pure.

They hold what ``result_sanity`` asks of any metrics: one row for each arm and replicate, and every number that stands
for the group follows from the rows by ``design.metrics.aggregation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autolab_core.models.aggregation import AGGREGATES, DEFAULT_AGGREGATION
from autolab_core.models.design import Design
from autolab_core.models.manifest import Replicate
from autolab_core.models.metrics import ArmResult, PrimaryResult, RunMetrics
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import MetricsStatus

__all__ = ["group_metrics"]

_Aggregate = Callable[[Sequence[float]], float]


def group_metrics(
    design: Design,
    group_id: str,
    parts: Sequence[tuple[Replicate, RunMetrics]],
    status: MetricsStatus,
    missing: tuple[str, ...] = (),
) -> RunMetrics:
    """The metrics of the group *group_id*, whose replicates *parts* have results. Without one it has no value.

    Raises UsageError for an aggregation that is not known.
    """
    method = design.metrics.aggregation or DEFAULT_AGGREGATION
    aggregate = AGGREGATES.get(method)
    if aggregate is None:
        raise UsageError(f"metrics.aggregation {method!r} is not known: write one of {', '.join(AGGREGATES)}")
    name = design.metrics.primary.name
    if not parts:
        status = MetricsStatus.FAILED
    baselines = _arms([metrics.baseline_results for _, metrics in parts], aggregate)
    variants = _arms([metrics.variant_results for _, metrics in parts], aggregate)
    return RunMetrics(
        iteration_id=design.iteration_id,
        run_id=group_id,
        status=status,
        primary_metric=PrimaryResult(name, *_primary([each.primary_metric for _, each in parts], baselines, aggregate)),
        baseline_results=baselines,
        variant_results=variants,
        aggregation_method=method,
        per_run_metrics=tuple(row for each, metrics in parts for row in _rows(name, each, metrics)),
        missing=missing,
    )


def _primary(
    results: Sequence[PrimaryResult], baselines: Sequence[ArmResult], aggregate: _Aggregate
) -> tuple[float | None, float | None]:
    """The value, and its difference from the baseline's where the replicates tell theirs."""
    values = [each.value for each in results if each.value is not None]
    if not values:
        return None, None
    value = aggregate(values)
    deltas = [each.delta_vs_baseline for each in results if each.delta_vs_baseline is not None]
    if len(deltas) < len(values):
        return value, None
    baseline = baselines[0].value if len(baselines) == 1 else None
    # Of one baseline the difference is that of the group's own numbers, whatever the aggregation is.
    return value, aggregate(deltas) if baseline is None else value - baseline


def _arms(results: Sequence[Sequence[ArmResult]], aggregate: _Aggregate) -> tuple[ArmResult, ...]:
    """One result for each arm that all replicates have, in the order of the first."""
    by_name = [{each.name: each for each in of_one if each.value is not None} for of_one in results]
    names = [name for name in (by_name[0] if by_name else ()) if all(name in each for each in by_name)]
    return tuple(_arm(name, [each[name] for each in by_name], aggregate) for name in names)


def _arm(name: str, results: Sequence[ArmResult], aggregate: _Aggregate) -> ArmResult:
    fields = [dict(_numbers(each.extra)) for each in results]
    shared = [key for key in fields[0] if all(key in each for each in fields)]
    return ArmResult(
        name,
        aggregate([each.value for each in results if each.value is not None]),
        extra={key: aggregate([each[key] for each in fields]) for key in shared},
    )


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield key, value


def _rows(primary: str, replicate: Replicate, metrics: RunMetrics) -> Iterator[dict[str, Any]]:
    """A row for each arm; for a design without arms one, of the primary metric."""
    known = {"run_id": replicate.run_id, "seed": replicate.seed}
    arms = (*metrics.baseline_results, *metrics.variant_results)
    for arm in arms:
        if arm.value is not None:
            yield {"name": arm.name, **known, primary: arm.value, **dict(_numbers(arm.extra))}
    if not arms:
        yield {"name": primary, **known, primary: metrics.primary_metric.value}
