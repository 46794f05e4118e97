"""Which numbers count after kills and failures, and what is missing."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.models.experiment.rows import aggregated, counted, lacking, outstanding, required, rows, sanity_values
from autolab_core.models.experiment.state import fold
from autolab_core.vocab.experiment import Aggregate, Arm, MetricRole, Phase
from tests.unit.experiment import samples
from tests.unit.models.test_experiment_state import ended, entries, started

SPEC = samples.spec()


def put(name, value, seed=None, phase="treatment", attempt=1, arm="treatment"):
    return "metric", {
        "phase": phase, "attempt": attempt, "arm": arm, "metric": name, "value": value, "seed": seed,
    }  # fmt: skip


def base(name, value, seed=None, attempt=1):
    return put(name, value, seed, "baseline", attempt, "baseline")


def whole_row(seed, attempt=1, value=1.0):
    return put("loss", value, seed, attempt=attempt), put("speed", value, seed, attempt=attempt)


def seen(*pairs, phase=Phase.TREATMENT):
    values = counted(fold(entries(*pairs)), SPEC, phase)
    return {(name, seed): value.value for (_, name, seed), value in values.items()}


def test_the_baseline_needs_what_is_expected_or_compared_and_the_treatment_all():
    assert [metric.name for metric in required(SPEC, Arm.BASELINE)] == ["loss"]
    assert [metric.name for metric in required(SPEC, Arm.TREATMENT)] == ["loss", "speed", "size"]


@pytest.mark.parametrize("end", ["interrupted", "broken"])
def test_a_complete_row_outlives_the_attempt_and_the_rest_is_done_again(end):
    pairs = [
        started("treatment"), *whole_row(0), put("loss", 5, 1), put("size", 9), ended("treatment", end=end),
        started("treatment", 2),
    ]  # fmt: skip

    assert seen(*pairs) == {("loss", 0): 1.0, ("speed", 0): 1.0}
    assert outstanding(SPEC, Phase.TREATMENT, counted(fold(entries(*pairs)), SPEC, Phase.TREATMENT)) == (1, 2)


def test_a_sanity_value_of_what_is_done_again_is_recorded_again():
    first = [*whole_row(0), *(put("first_loss", 2, seed, arm=None) for seed in (None, 0, 1))]
    pairs = [started("treatment"), *first, ended("treatment", end="interrupted"), started("treatment", 2)]
    again = [put("first_loss", 4, seed, attempt=2, arm=None) for seed in (None, 1)]

    assert set(seen(*pairs)) == {("loss", 0), ("speed", 0), ("first_loss", 0)}
    assert sanity_values(fold(entries(*pairs)), SPEC) == {"first_loss": 2}
    assert sanity_values(fold(entries(*pairs, *again)), SPEC) == {"first_loss": pytest.approx(10 / 3)}


def test_until_another_attempt_begins_all_that_there_is_counts():
    pairs = [started("treatment"), put("loss", 5, 1), put("size", 9), ended("treatment", end="interrupted")]

    assert seen(*pairs) == {("loss", 1): 5, ("size", None): 9}


def test_rows_are_carried_over_two_attempts():
    pairs = [
        started("treatment"), *whole_row(0), ended("treatment", end="interrupted"),
        started("treatment", 2), *whole_row(1, 2), put("loss", 4, 2, attempt=2),
        ended("treatment", 2, end="broken"), started("treatment", 3), put("loss", 3, 2, attempt=3),
    ]  # fmt: skip

    assert sorted(seen(*pairs)) == [("loss", 0), ("loss", 1), ("loss", 2), ("speed", 0), ("speed", 1)]
    assert seen(*pairs)["loss", 2] == 3


def test_a_baseline_that_did_not_reproduce_leaves_nothing_to_the_next_attempt():
    first = [started("baseline"), base("loss", 9, 0), base("loss", 9, 1), ended("baseline", end="not_reproduced")]

    assert seen(*first, phase=Phase.BASELINE) == {("loss", 0): 9, ("loss", 1): 9}
    assert seen(*first, started("baseline", 2), phase=Phase.BASELINE) == {}


def test_the_last_row_of_a_baseline_is_done_again_when_another_of_its_metrics_may_have_been_to_come():
    pairs = [
        started("baseline"), base("loss", 1, 0), base("speed", 1, 0), base("loss", 1, 1),
        ended("baseline", end="interrupted"), started("baseline", 2),
    ]  # fmt: skip
    told = ("command_ended", {"phase": "baseline", "attempt": 1, "seed": 1, "exit_code": 0})

    assert set(seen(*pairs, phase=Phase.BASELINE)) == {("loss", 0), ("speed", 0)}
    assert ("loss", 1) in seen(*pairs[:4], told, *pairs[4:], phase=Phase.BASELINE)


def test_the_minimum_viable_experiment_begins_anew():
    pairs = [
        started("mve"), put("loss", 1, 0, "mve"), put("speed", 1, 0, "mve"), ended("mve", end="interrupted"),
        started("mve", 2),
    ]  # fmt: skip

    assert seen(*pairs, phase=Phase.MVE) == {}


def test_what_is_missing_is_named_in_the_order_of_the_spec():
    values = counted(fold(entries(started("treatment"), put("loss", 1, 0), put("speed", 1, 2))), SPEC, Phase.TREATMENT)

    assert [str(each) for each in lacking(SPEC, Phase.TREATMENT, values)] == [
        "`loss` for seed 1", "`loss` for seed 2", "`speed` for seed 0", "`speed` for seed 1", "`size`",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("recorded", "missing"),
    [
        ([], ["`loss`"]),
        ([base("loss", 1)], []),
        ([base("loss", 1, 0)], ["`loss` for seed 1"]),
        ([base("loss", 1, 0), base("loss", 1, 1)], []),
        # Nobody asks for it; but a seed of it must not be left out.
        ([base("loss", 1), base("speed", 1, 1)], ["`speed` for seed 0"]),
        ([base("loss", 1), base("size", 1)], []),
    ],
)
def test_a_baseline_has_one_value_or_one_for_each_of_its_seeds(recorded, missing):
    values = counted(fold(entries(started("baseline"), *recorded)), SPEC, Phase.BASELINE)

    assert [str(each) for each in lacking(SPEC, Phase.BASELINE, values)] == missing


@pytest.mark.parametrize(
    ("method", "value"),
    [
        (Aggregate.MEAN, 4.0), (Aggregate.MEDIAN, 2), (Aggregate.MIN, 1), (Aggregate.MAX, 9), (Aggregate.SUM, 12.0),
    ],
)  # fmt: skip
def test_an_arm_s_value_is_aggregated_over_its_seeds(method, value):
    metrics = tuple(attrs.evolve(each, aggregate=method) if each.name == "loss" else each for each in SPEC.metrics)
    spec = attrs.evolve(SPEC, metrics=metrics)
    pairs = [started("treatment"), put("loss", 1, 0), put("loss", 9, 1), put("loss", 2, 2), put("size", 64)]
    values = counted(fold(entries(*pairs)), spec, Phase.TREATMENT)

    assert aggregated(spec, Phase.TREATMENT, values) == {"loss": value, "size": 64}
    assert rows(spec, Phase.TREATMENT, values) == [
        {"seed": 0, "loss": 1}, {"seed": 1, "loss": 9}, {"seed": 2, "loss": 2},
    ]  # fmt: skip


def test_a_sanity_metric_has_the_value_of_the_last_phase_that_recorded_it():
    found = [put("first_loss", value, seed, phase, arm=None) for phase, seed, value in (
        ("baseline", None, 5), ("treatment", 0, 2), ("treatment", 1, 4),
    )]  # fmt: skip
    pairs = [started("baseline"), found[0], ended("baseline"), started("treatment"), *found[1:]]

    assert sanity_values(fold(entries(*pairs)), SPEC) == {"first_loss": 3.0}


def test_a_metric_that_is_for_sanity_is_nobody_s_else():
    names = {metric.name for metric in SPEC.metrics if metric.role is MetricRole.SANITY}

    assert names == {"first_loss"}
    assert not names & {metric.name for arm in Arm for metric in required(SPEC, arm)}
