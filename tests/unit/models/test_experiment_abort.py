"""Abort criteria: what meets one, what the size of the data takes back, what the operator waived."""

import math

import pytest

from autolab_core.models.experiment.abort import DataSize, Fact, judge
from autolab_core.models.experiment.spec import AbortCriterion
from autolab_core.vocab.experiment import RUN_TIME, BudgetKind, Comparison

ABOVE = AbortCriterion("A1", "`val_loss` > 10", metric="val_loss", comparison=Comparison.ABOVE, limit=10)
FINITE = AbortCriterion("A2", "`val_loss` is not finite", metric="val_loss")
SLOW = AbortCriterion(
    "A3", "time per run > 60 s", kind=RUN_TIME, comparison=Comparison.ABOVE, limit=60, assumes=1000, assumes_unit="rows"
)
WALL = AbortCriterion(
    "A4", "wall clock > 100 s", kind=BudgetKind.WALL_CLOCK, comparison=Comparison.ABOVE, limit=100, assumes=1000
)


def ids(found):
    return [each.criterion.id for each in found]


@pytest.mark.parametrize(
    ("value", "met"), [(10, []), (10.5, ["A1"]), (math.inf, ["A1", "A2"]), (math.nan, ["A2"]), (-math.inf, ["A2"])]
)
def test_a_metric_meets_its_own_criteria(value, met):
    assert ids(judge((ABOVE, FINITE, SLOW), Fact(value, metric="val_loss"))) == met


def test_another_metric_meets_none():
    assert judge((ABOVE, FINITE), Fact(math.nan, metric="accuracy")) == ()


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        (Comparison.BELOW, True, False, False),
        (Comparison.AT_MOST, True, True, False),
        (Comparison.ABOVE, False, False, True),
        (Comparison.AT_LEAST, False, True, True),
        (Comparison.EQUAL, False, True, False),
    ],
)
def test_each_comparison_holds_where_it_says(comparison, below, at, above):
    criterion = AbortCriterion("A1", "x", metric="x", comparison=comparison, limit=5)

    assert [bool(judge((criterion,), Fact(value, metric="x"))) for value in (4, 5, 6)] == [below, at, above]


def test_what_was_waived_is_left_out():
    assert ids(judge((ABOVE, FINITE), Fact(math.inf, metric="val_loss"), waived={"A1"})) == ["A2"]


def test_a_slow_run_is_judged_by_its_kind_alone():
    assert ids(judge((ABOVE, SLOW, WALL), Fact(61, kind=RUN_TIME))) == ["A3"]
    assert judge((SLOW,), Fact(60, kind=RUN_TIME)) == ()


@pytest.mark.parametrize(
    ("data", "obeyed"),
    [
        (None, True),
        (DataSize(2000, "rows"), True),  # just the factor: no more than that
        (DataSize(2001, "rows"), False),
        (DataSize(2001, "Rows"), False),
        (DataSize(2001), False),  # it names no unit
        (DataSize(1_000_000, "bytes"), True),  # it counts something else
    ],
)
def test_far_more_data_than_assumed_makes_a_time_unrealistic(data, obeyed):
    (found,) = judge((SLOW,), Fact(61, kind=RUN_TIME), data=data)

    assert found.obeyed is obeyed


def test_why_it_is_unrealistic_has_its_numbers():
    (found,) = judge((SLOW,), Fact(61, kind=RUN_TIME), data=DataSize(5000, "rows"))

    assert found.unrealistic == "the run had 5000 rows, more than 2 times the 1000 rows that the limit assumes"
    assert (found.limit, found.measured) == (60, 61)


def test_a_factor_of_the_spec_counts_instead():
    strict = AbortCriterion("A1", "x", kind=RUN_TIME, comparison=Comparison.ABOVE, limit=60, assumes=1000, factor=10)

    assert judge((strict,), Fact(61, kind=RUN_TIME), data=DataSize(9999))[0].obeyed
    assert not judge((strict,), Fact(61, kind=RUN_TIME), data=DataSize(10_001))[0].obeyed


def test_a_budget_and_a_metric_are_never_unrealistic():
    metric = AbortCriterion("A1", "x", metric="x", comparison=Comparison.ABOVE, limit=1, assumes=1)

    assert judge((WALL,), Fact(101, kind=BudgetKind.WALL_CLOCK), data=DataSize(10**9))[0].obeyed
    assert judge((metric,), Fact(2, metric="x"), data=DataSize(10**9))[0].obeyed


def test_the_reason_names_criterion_and_number():
    assert judge((ABOVE,), Fact(12.5, metric="val_loss"))[0].reason == "A1 (`val_loss` > 10): measured 12.5"
