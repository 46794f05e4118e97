"""What was spent, held against the spec's limits: what is used up, what is over, and the sentences about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from autolab_core.models.experiment.spec import Budget
from autolab_core.vocab.experiment import BudgetKind

__all__ = ["Spending", "overage", "spending"]

_UNITS = {
    BudgetKind.WALL_CLOCK: "s",
    BudgetKind.GPU_HOURS: "GPU hours",
    BudgetKind.RUNS: "runs",
    BudgetKind.STEPS: "steps",
}


@attrs.frozen
class Spending:
    """One limit and what was measured against it, both in the unit of ``kind``.

    ``measured`` is None where it cannot be known (the hours of a GPU that nobody accounts for): then nothing is spent.
    """

    kind: BudgetKind
    limit: float
    measured: float | None

    @property
    def spent(self) -> bool:
        """Whether nothing is left for another phase. A limit of 0 is kept as long as nothing was used."""
        if self.measured is None:
            return False
        return self.measured >= self.limit if self.limit > 0 else self.measured > self.limit

    @property
    def over(self) -> bool:
        """Whether more was used than the spec allows."""
        return self.measured is not None and self.measured > self.limit


def spending(budget: Budget, spent: Mapping[BudgetKind, float | None]) -> tuple[Spending, ...]:
    """Every limit of *budget* with what *spent* says of it, in the spec's order."""
    return tuple(Spending(each.kind, each.limit, spent.get(each.kind)) for each in budget.limits)


def overage(one: Spending, justification: str | None = None) -> str:
    """The sentence about a limit that is spent, for the notes: the number over it, and the reason that was given."""
    measured = 0.0 if one.measured is None else one.measured
    unit = _UNITS[one.kind]
    reason = "; no justification was given" if justification is None else f"; justified: {justification}"
    beyond = measured - one.limit
    over = f", {_number(beyond)} {unit} over" if beyond > 0 else ""
    return f"budget {one.kind}: {_number(measured)} {unit} of {_number(one.limit)}{over}{reason}"


def _number(value: float) -> str:
    return f"{round(value, 3):.15g}"
