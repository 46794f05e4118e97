"""The verifier ``metric_units``: what the numbers of an experiment mean."""

from collections.abc import Iterator
from typing import Any, Final

from autolab_verifiers.contract import Finding, RuleSet, Scope, Severity, Skip, VerifyContext
from autolab_verifiers.contract.values import list_at, number_at, text_at

VERIFIER: Final = RuleSet("metric_units", "Metrics have a unit, and percentages are percentages.")

UNIT = "/metrics/primary/unit"
VALUE = "/primary_metric/value"


@VERIFIER.rule(
    "MU001",
    "the design declares the unit of its primary metric",
    hint='write it as metrics.primary.unit in design.yaml; "1" for a plain number',
    scopes=(Scope.ITERATION,),
)
def unit_is_declared(context: VerifyContext) -> Iterator[Finding]:
    """A value without a unit is read as whatever the reader is used to, and compared with what it cannot be."""
    if text_at(context.design(), UNIT) is None:
        yield context.at(context.iteration.design, UNIT, "the primary metric has no unit")


@VERIFIER.rule(
    "MU002",
    "a metric in percent lies between 0 and 100",
    hint="report percent, not a fraction, or declare another unit",
)
def percent_is_percent(context: VerifyContext) -> Iterator[Finding]:
    """A fraction that is called a percentage makes an experiment look a hundred times worse than the next one."""
    if text_at(context.design(), UNIT) != "%":
        raise Skip("the primary metric is not in percent")
    metrics, path = context.metrics(), context.run.metrics
    values = {pointer: value for pointer in _pointers(metrics) if (value := number_at(metrics, pointer)) is not None}
    for pointer, value in values.items():
        if not 0 <= value <= 100:
            yield context.at(path, pointer, f"{value} is no percentage")
    if values and all(0 < value <= 1 for value in values.values()):
        yield context.at(path, VALUE, "no value is above 1: is it a fraction?", severity=Severity.WARNING)


def _pointers(metrics: dict[str, Any]) -> Iterator[str]:
    """Where the values of the primary metric stand."""
    yield VALUE
    for arms in ("baseline_results", "variant_results"):
        for number, _ in enumerate(list_at(metrics, f"/{arms}")):
            yield f"/{arms}/{number}/value"
