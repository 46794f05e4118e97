"""Budgets: what is spent, what is over, what is said about it."""

import pytest

from autolab_core.models.experiment.budget import Spending, overage, spending
from autolab_core.models.experiment.spec import Budget, BudgetLimit
from autolab_core.vocab.experiment import BudgetKind


@pytest.mark.parametrize(
    ("limit", "measured", "spent", "over"),
    [
        (6, 5, False, False),
        (6, 6, True, False),
        (6, 7, True, True),
        (0, 0, False, False),  # no GPU allowed, and none used: nothing stands in the way
        (0, 0.1, True, True),
        (4, None, False, False),
    ],
)
def test_a_limit_is_spent_when_nothing_is_left(limit, measured, spent, over):
    one = Spending(BudgetKind.RUNS, limit, measured)

    assert (one.spent, one.over) == (spent, over)


def test_every_limit_is_held_against_its_own_number():
    budget = Budget("small", (BudgetLimit(BudgetKind.RUNS, 6), BudgetLimit(BudgetKind.WALL_CLOCK, 60)))

    found = spending(budget, {BudgetKind.WALL_CLOCK: 61.0, BudgetKind.STEPS: 9.0})

    assert found == (Spending(BudgetKind.RUNS, 6, None), Spending(BudgetKind.WALL_CLOCK, 60, 61.0))


def test_the_overage_has_its_number_and_its_reason():
    one = Spending(BudgetKind.WALL_CLOCK, 60, 61.2345)

    assert overage(one) == "budget wall clock: 61.234 s of 60, 1.234 s over; no justification was given"
    assert overage(one, "slow disk") == "budget wall clock: 61.234 s of 60, 1.234 s over; justified: slow disk"


def test_a_limit_that_is_just_reached_is_not_over():
    one = Spending(BudgetKind.RUNS, 6, 6)

    assert overage(one, "one more") == "budget training runs: 6 runs of 6; justified: one more"
