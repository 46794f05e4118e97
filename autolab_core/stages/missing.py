"""Which evidence a run's metrics lack, against its design. Pure."""

from __future__ import annotations

from autolab_core.models.design import Design
from autolab_core.models.metrics import RunMetrics
from autolab_core.vocab.states import MetricsStatus

__all__ = ["missing_evidence"]


def missing_evidence(metrics: RunMetrics, design: Design, run_id: str) -> tuple[str, ...]:
    """What is missing or contradicts the design, each in a few words; empty when the metrics are whole."""
    found = list(metrics.missing)
    if metrics.run_id != run_id:
        found.append(f"metrics.json is of run {metrics.run_id!r}, not {run_id!r}")
    if metrics.iteration_id != design.iteration_id:
        found.append(f"metrics.json is of iteration {metrics.iteration_id!r}, not {design.iteration_id!r}")
    primary = design.metrics.primary.name
    if metrics.primary_metric.name != primary:
        found.append(f"the primary metric is {metrics.primary_metric.name!r}; the design says {primary!r}")
    elif metrics.primary_metric.value is None:
        found.append(f"the primary metric {primary!r} has no value")
    reported = {result.name for result in metrics.baseline_results if result.value is not None}
    found += [f"baseline {arm.name!r} has no result" for arm in design.baselines if arm.name not in reported]
    reported = {result.name for result in metrics.variant_results if result.value is not None}
    found += [f"variant {arm.name!r} has no result" for arm in design.variants if arm.name not in reported]
    if metrics.status is not MetricsStatus.COMPLETED and not found:
        found.append(f"metrics.json says {metrics.status} and does not name what is missing")
    return tuple(dict.fromkeys(found))
