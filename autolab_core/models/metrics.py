"""``runs/<run_id>/metrics.json``: the numbers of one run (schema ``run_metrics``)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra, is_id
from autolab_core.vocab.states import MetricsStatus

__all__ = ["ArmResult", "PrimaryResult", "RunMetrics"]


def _is_finite(instance: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    # An int is always finite, and a very large one would not fit ``isfinite``.
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{attribute.name} is not a finite number")


@attrs.frozen
class PrimaryResult:
    """The primary metric's value; None only when the run did not produce it."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    value: float | None = attrs.field(validator=_is_finite)
    delta_vs_baseline: float | None = attrs.field(default=None, validator=_is_finite)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ArmResult:
    """The aggregated value of one baseline or variant."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    value: float | None = attrs.field(validator=_is_finite)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RunMetrics:
    """What extraction found. ``missing`` names the evidence that is not there when ``status`` is not ``completed``."""

    iteration_id: str = attrs.field(validator=is_id)
    run_id: str = attrs.field(validator=is_id)
    status: MetricsStatus
    primary_metric: PrimaryResult
    baseline_results: tuple[ArmResult, ...] = ()
    variant_results: tuple[ArmResult, ...] = ()
    aggregation_method: str | None = None
    per_run_metrics: tuple[Mapping[str, Any], ...] = ()
    missing: tuple[str, ...] = ()
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
