"""Baselines: ``- `val_loss`: 0.412 ± 0.01 (source: results/exp-000-base/metrics.json)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autolab_core.io.spec.amounts import number, percent, print_number, print_percent
from autolab_core.io.spec.findings import Consequence, Unclear
from autolab_core.io.spec.scan import Scanner
from autolab_core.models.experiment.spec import Baseline, Metric

__all__ = ["FORM", "Metrics", "metric_of", "print_baseline", "read_baseline", "skip_unit"]

FORM: Final = "- `name`: 0.412 ± 0.01 (source: where the number comes from)"
_PLUS_MINUS: Final = ("±", "+/-", "+-")
_RELATIVE: Final = "relative"


# The spec's metrics by name; None for one whose definition could not be read.
Metrics = Mapping[str, Metric | None]


def metric_of(scanner: Scanner, metrics: Metrics, what: str) -> Metric:
    """The metric whose name stands next. Raises Unclear for one that the spec does not define."""
    name = scanner.name("the metric's name")
    if name not in metrics:
        from difflib import get_close_matches

        near = get_close_matches(name, metrics, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(metrics) or 'none'}"
        raise Unclear(f"{what} is of {name}, which is no metric of this spec; {hint}")
    metric = metrics[name]
    if metric is None:
        raise Consequence(f"{name} could not be read")
    return metric


def skip_unit(scanner: Scanner, metric: Metric, what: str) -> None:
    """Read *metric*'s unit where it stands next. Raises Unclear for another one."""
    if metric.unit is not None and scanner.take(metric.unit) is not None:
        return
    if scanner.rest and (scanner.rest[0].isalpha() or scanner.rest[0] in "%µ°"):
        unit = scanner.word(",;()`±+ ")
        has = f"is in {metric.unit}" if metric.unit is not None else "has no unit"
        raise Unclear(f"{what} is in {unit}, and {metric.name} {has}")


def read_baseline(text: str, metrics: Metrics) -> Baseline:
    """The baseline *text* of one of *metrics*. Raises Unclear."""
    scanner = Scanner(text)
    metric = metric_of(scanner, metrics, "the baseline")
    scanner.colon("the expected value")
    expected = number(scanner, f"the expected value of {metric.name}")
    skip_unit(scanner, metric, "the expected value")
    if scanner.take(*_PLUS_MINUS) is None:
        raise Unclear(f"{metric.name} has no tolerance; write {FORM}")
    tolerance, relative = _tolerance(scanner, metric, expected)
    return Baseline(metric.name, expected, tolerance, relative, _source(scanner, metric.name))


def print_baseline(baseline: Baseline, metric: Metric | None) -> str:
    """*baseline*, which is of *metric*, as a list item's text."""
    tolerance = print_number(baseline.tolerance)
    if baseline.relative:
        tolerance = f"{print_percent(baseline.tolerance)}%"
        if metric is not None and _in_percent(metric):
            tolerance += f" {_RELATIVE}"
    return f"`{baseline.metric}`: {print_number(baseline.expected)} ± {tolerance} (source: {baseline.source})"


def _tolerance(scanner: Scanner, metric: Metric, expected: float) -> tuple[float, bool]:
    what = f"the tolerance of {metric.name}"
    ahead = Scanner(scanner.rest)
    share = percent(ahead, what)
    if share < 0:
        raise Unclear(f"{what} is negative")
    if not ahead.rest.startswith("%"):
        amount = number(scanner, what)
        skip_unit(scanner, metric, "the tolerance")
        return amount, False
    scanner.rest = ahead.rest
    scanner.skip(1)
    relative = scanner.take(_RELATIVE) is not None
    if _in_percent(metric) and not relative:
        raise Unclear(f"{what} can be read in two ways; write '± 2' for points, '± 2% {_RELATIVE}' for a share")
    if expected == 0 and share > 0:
        raise Unclear(f"{what} is a share of 0, which is 0; write an amount")
    return share, True


def _in_percent(metric: Metric) -> bool:
    return metric.unit is not None and (metric.unit == "%" or metric.unit.casefold().startswith("percent"))


def _source(scanner: Scanner, name: str) -> str:
    inside = scanner.rest
    if inside.startswith("("):
        if not inside.endswith(")"):
            raise Unclear(f"cannot read {inside[:60]!r} here; write {FORM} (explanations go into a paragraph)")
        inside = inside[1:-1]
    elif inside.startswith((",", ";")):
        inside = inside[1:]
    marked = Scanner(inside)
    if marked.take("source") is None or marked.take(":") is None or not marked.rest:
        raise Unclear(f"{name} has no source; write {FORM}")
    return marked.rest
