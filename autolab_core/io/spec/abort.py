"""Abort criteria: on a metric, on what a run takes, on what the whole experiment takes."""

from __future__ import annotations

from typing import Final

from autolab_core.io.spec.amounts import duration, number, print_duration, print_number
from autolab_core.io.spec.baselines import Metrics, metric_of, skip_unit
from autolab_core.io.spec.criteria import comparison
from autolab_core.io.spec.findings import Unclear
from autolab_core.io.spec.scan import Scanner
from autolab_core.models.experiment.spec import AbortCriterion, Metric
from autolab_core.vocab.experiment import RUN_TIME, BudgetKind, Comparison

__all__ = ["FORM", "KINDS", "amount", "print_abort", "print_amount", "read_abort"]

FORM: Final = (
    "- `name` > 10, - `name` is not finite, - time per run > 60 s (assumes 10000 rows, factor 3) or - wall clock > 2 h"
)
# What a limit may be on beside a metric, as authors write it.
KINDS: Final[dict[str, str]] = {
    RUN_TIME: RUN_TIME,
    "time-per-run": RUN_TIME,
    "per-run time": RUN_TIME,
    **{str(kind): str(kind) for kind in BudgetKind},
    "wall-clock": BudgetKind.WALL_CLOCK,
    "runs": BudgetKind.RUNS,
    "steps": BudgetKind.STEPS,
}
_NOT_FINITE: Final = ("is not finite", "is NaN or infinite", "is NaN or Inf", "is NaN or infinity")
_IN_TIME: Final = (RUN_TIME, BudgetKind.WALL_CLOCK)


def read_abort(text: str, id_: str, metrics: Metrics) -> AbortCriterion:
    """The abort criterion *text*, which gets the id *id_*. Raises Unclear."""
    scanner = Scanner(text)
    kind = None if text.startswith("`") else scanner.take(*sorted(KINDS, key=len, reverse=True))
    if kind is None:
        found = _of_metric(scanner, id_, metric_of(scanner, metrics, "the criterion"))
    else:
        found = _of_kind(scanner, id_, KINDS[kind])
    scanner.end(FORM)
    import attrs

    return attrs.evolve(found, text=print_abort(found))


def print_abort(criterion: AbortCriterion) -> str:
    """*criterion* as a list item's text; its own ``text`` is this, too."""
    if criterion.kind is None:
        if criterion.comparison is None or criterion.limit is None:
            return f"`{criterion.metric}` {_NOT_FINITE[0]}"
        return f"`{criterion.metric}` {criterion.comparison} {print_number(criterion.limit)}"
    limit = print_amount(criterion.kind, criterion.limit or 0.0)
    text = f"{criterion.kind} {criterion.comparison} {limit}"
    if criterion.assumes is None:
        return text
    rests = f"assumes {print_number(criterion.assumes)}"
    if criterion.assumes_unit is not None:
        rests += f" {criterion.assumes_unit}"
    if criterion.factor is not None:
        rests += f", factor {print_number(criterion.factor)}"
    return f"{text} ({rests})"


def amount(scanner: Scanner, kind: str) -> float:
    """The amount of *kind* that stands next, in that kind's unit. Raises Unclear."""
    if kind in _IN_TIME:
        return duration(scanner, f"the limit on {kind}")
    value = number(scanner, f"the limit on {kind}")
    if kind == BudgetKind.GPU_HOURS:
        scanner.take("GPU hours", "GPU-hours", "h", "hours")
        return value
    scanner.take(kind, kind.rpartition(" ")[2])
    if not value.is_integer():
        raise Unclear(f"the limit on {kind} is {print_number(value)}, not a whole number")
    return value


def print_amount(kind: str, limit: float) -> str:
    """*limit* so that ``amount`` reads the same."""
    return print_duration(limit) if kind in _IN_TIME else print_number(limit)


def _of_metric(scanner: Scanner, id_: str, metric: Metric) -> AbortCriterion:
    scanner.take(":")
    if scanner.take(*_NOT_FINITE) is not None:
        return AbortCriterion(id_, "", metric=metric.name)
    if scanner.take("is"):
        raise Unclear(f"cannot read 'is {scanner.rest[:40]}'; write `{metric.name}` is not finite, or a limit: > 10")
    sign = comparison(scanner)
    limit = number(scanner, "the limit")
    skip_unit(scanner, metric, "the limit")
    return AbortCriterion(id_, "", metric=metric.name, comparison=sign, limit=limit)


def _of_kind(scanner: Scanner, id_: str, kind: str) -> AbortCriterion:
    scanner.take(":")
    sign = comparison(scanner)
    if sign not in (Comparison.ABOVE, Comparison.AT_LEAST):
        raise Unclear(f"{kind} {sign} a limit would stop every run that is in order; did you mean > ?")
    limit = amount(scanner, kind)
    assumes, unit, factor = _assumption(scanner) if scanner.take("(") else (None, None, None)
    if assumes is not None and kind != RUN_TIME:
        raise Unclear(f"{kind} rests on no data size; only '{RUN_TIME}' can say what it assumes")
    return AbortCriterion(
        id_, "", kind=kind, comparison=sign, limit=limit, assumes=assumes, assumes_unit=unit, factor=factor
    )


def _assumption(scanner: Scanner) -> tuple[float, str | None, float | None]:
    inside, closing, after = scanner.rest.partition(")")
    marked = Scanner(inside)
    if not closing or marked.take("assumes", "assuming") is None:
        raise Unclear("cannot read the parenthesis; write (assumes 10000 rows) or (assumes 10000 rows, factor 3)")
    scanner.rest = after.lstrip()
    assumed = number(marked, "the assumed data size")
    if assumed <= 0:
        raise Unclear("the assumed data size is not above 0")
    unit = marked.word(",").strip() or None
    if unit is not None and unit[0].isdigit():
        raise Unclear(f"the assumed data size should be one number, not followed by {unit[:40]!r}")
    factor = None
    if marked.take(","):
        if marked.take("factor") is None:
            raise Unclear(f"cannot read {marked.rest[:40]!r}; write (assumes 10000 rows, factor 3)")
        factor = number(marked, "the factor")
        if factor < 1:
            raise Unclear("the factor is below 1: less data than assumed makes no limit unrealistic")
    marked.end("(assumes 10000 rows, factor 3)")
    return assumed, unit, factor
