"""Whether a measured fact meets an abort criterion, or meets one that the real data made unrealistic. Pure."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence

import attrs

from autolab_core.models.experiment.spec import AbortCriterion
from autolab_core.vocab.experiment import DATA_SIZE_FACTOR, BudgetKind, Comparison

__all__ = ["DataSize", "Fact", "Judged", "judge", "meets"]


@attrs.frozen
class DataSize:
    """How much data a run had, as it reported: ``amount`` of ``unit``, None where it named no unit."""

    amount: float
    unit: str | None = None


@attrs.frozen
class Fact:
    """One measured number: a metric's by its name, or the time of a run or what was spent, by its ``kind``.

    ``kind`` is ``vocab.experiment.RUN_TIME`` (seconds) or a ``BudgetKind``. ``step``: where on a curve it was measured;
    None for a result.
    """

    value: float
    metric: str | None = None
    kind: str | None = None
    step: float | None = None


@attrs.frozen
class Judged:
    """A criterion that a fact meets. ``limit`` is None where it asks for a finite value.

    ``unrealistic`` says why it is not obeyed: the run had so much more data than the spec assumed. None: it is obeyed.
    """

    criterion: AbortCriterion
    measured: float
    limit: float | None
    unrealistic: str | None = None

    @property
    def obeyed(self) -> bool:
        """Whether the experiment has to stop."""
        return self.unrealistic is None

    @property
    def reason(self) -> str:
        """One sentence without a judgement: the criterion, and what was measured."""
        return f"{self.criterion.id} ({self.criterion.text}): measured {_number(self.measured)}"


def judge(
    criteria: Sequence[AbortCriterion], fact: Fact, *, data: DataSize | None = None, waived: Container[str] = ()
) -> tuple[Judged, ...]:
    """The criteria that *fact* meets, in the spec's order.

    *waived* are the ids that the operator took back, or that were waived before: they are left out. *data* is what the
    run reported of its data; a limit on its time that assumes far less is met but not obeyed (``DATA_SIZE_FACTOR``).
    """
    met = (each for each in criteria if each.id not in waived and _about(each, fact) and meets(each, fact.value))
    return tuple(Judged(each, fact.value, each.limit, _unrealistic(each, data)) for each in met)


def _about(criterion: AbortCriterion, fact: Fact) -> bool:
    if fact.metric is not None:
        return criterion.metric == fact.metric
    return criterion.metric is None and criterion.kind == fact.kind


def meets(criterion: AbortCriterion, value: float) -> bool:
    """Whether *value*, of what *criterion* is about, is one to stop at."""
    if criterion.comparison is None or criterion.limit is None:
        return not math.isfinite(value)
    return _holds(value, criterion.comparison, criterion.limit)


def _holds(value: float, comparison: Comparison, limit: float) -> bool:
    if comparison is Comparison.BELOW:
        return value < limit
    if comparison is Comparison.AT_MOST:
        return value <= limit
    if comparison is Comparison.ABOVE:
        return value > limit
    if comparison is Comparison.AT_LEAST:
        return value >= limit
    return value == limit


def _unrealistic(criterion: AbortCriterion, data: DataSize | None) -> str | None:
    """Why the limit of *criterion* cannot be meant for *data*; None where it can.

    Only limits on the time of one run are ever unrealistic: budgets are the author's decision, whatever the data.
    """
    if data is None or criterion.assumes is None or criterion.metric is not None or criterion.kind in set(BudgetKind):
        return None
    if not _same_unit(criterion.assumes_unit, data.unit):
        return None
    factor = DATA_SIZE_FACTOR if criterion.factor is None else criterion.factor
    if not data.amount > criterion.assumes * factor:
        return None
    unit = criterion.assumes_unit or data.unit or "of data"
    return (
        f"the run had {_number(data.amount)} {unit}, more than {_number(factor)} times the "
        f"{_number(criterion.assumes)} {unit} that the limit assumes"
    )


def _same_unit(assumed: str | None, reported: str | None) -> bool:
    """Whether two sizes count the same. One that names no unit counts what the other one does."""
    return assumed is None or reported is None or assumed.casefold() == reported.casefold()


def _number(value: float) -> str:
    return f"{value:.15g}"
