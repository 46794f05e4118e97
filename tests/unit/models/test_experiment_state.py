"""The fold of a journal: what its entries amount to, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.experiment.attempts import Value
from autolab_core.models.experiment.state import ExperimentState, fold
from autolab_core.vocab.experiment import Arm, BudgetKind, ExperimentEnd, JournalEvent, Phase, PhaseEnd, SanityCheck


def entries(*pairs):
    """Entries of (event, keys), numbered, a second apart."""
    return [
        {"n": n, "at": f"2026-02-01T12:00:{n:02}.000Z", "event": event, "previous": "", **keys}
        for n, (event, keys) in enumerate(pairs, 1)
    ]


def started(phase, attempt=1, **keys):
    return "phase_started", {"phase": phase, "attempt": attempt, **keys}


def ended(phase, attempt=1, end="finished", **keys):
    return "phase_ended", {"phase": phase, "attempt": attempt, "end": end, **keys}


def metric(value, phase="treatment", attempt=1, seed=0, arm="treatment"):
    return "metric", {
        "phase": phase, "attempt": attempt, "arm": arm, "metric": "loss", "value": value, "seed": seed,
    }  # fmt: skip


def test_nothing_is_a_state():
    assert fold([]) == ExperimentState()
    assert fold([]).end is None


def test_an_attempt_has_its_numbers_its_times_and_its_end():
    state = fold(
        entries(
            started("treatment", commit={"sha": "abc"}, spec_sha256="f00"),
            metric(0.5),
            ("progress", {"steps": 10, "data_size": 300, "unit": "rows"}),
            ("progress", {"steps": 5}),
            ended("treatment", wall_seconds=2.5, cpu_seconds=1.5, gpu_hours=0.25),
        )
    )

    (attempt,) = state.attempts
    assert attempt.values == {(Arm.TREATMENT, "loss", 0): Value(0.5, 2, "2026-02-01T12:00:02.000Z")}
    assert (attempt.end, attempt.started, attempt.ended) == (PhaseEnd.FINISHED, 1, 5)
    assert (attempt.commit, attempt.spec_sha256) == ({"sha": "abc"}, "f00")
    assert (state.data_size, state.data_unit) == (300, "rows")
    assert [state.spent(kind) for kind in BudgetKind] == [2.5, 0.25, 1.0, 15.0]
    assert state.cpu_seconds == 1.5
    assert state.finished(Phase.TREATMENT)
    assert state.current is None


def test_the_first_value_counts_and_nothing_comes_after_the_end():
    state = fold(entries(started("treatment"), metric(1), metric(2), ended("treatment"), metric(3, seed=1)))

    assert [value.value for value in state.attempts[0].values.values()] == [1]


def test_a_pause_adds_up_and_is_over_when_it_is_gone_on_with():
    pause = ("phase_paused", {"phase": "treatment", "attempt": 1, "wall_seconds": 3})
    paused = fold(entries(started("treatment"), pause))
    again = fold(entries(started("treatment"), pause, ("phase_continued", {"phase": "treatment", "attempt": 1})))

    assert paused.current is not None
    assert (paused.current.paused, paused.current.wall_seconds) == (True, 3)
    assert again.current is not None
    assert (again.current.paused, again.current.since) == (False, "2026-02-01T12:00:03.000Z")


def test_runs_are_commands_or_else_seeds():
    of_seeds = fold(entries(started("treatment"), metric(1), metric(1, seed=1), metric(1, seed=None)))
    of_commands = fold(
        entries(started("treatment"), metric(1), *[("command_ended", {"phase": "treatment", "attempt": 1})] * 3)
    )
    of_none = fold(entries(started("baseline"), metric(1, phase="baseline", seed=None, arm="baseline")))

    assert [state.spent(BudgetKind.RUNS) for state in (of_seeds, of_commands, of_none)] == [2, 3, 1]


def test_gpu_hours_that_nothing_measured_are_unknown():
    state = fold(entries(started("treatment"), metric(1), ended("treatment", gpu_hours=None)))

    assert state.spent(BudgetKind.GPU_HOURS) is None


def test_the_last_check_and_the_last_configuration_count():
    check = {"check": "tests", "command": ["true"]}
    state = fold(
        entries(
            ("check", {**check, "exit_code": 0}),
            ("check", {**check, "exit_code": 1}),
            ("configuration", {"arm": "baseline", "values": {"a": 1}}),
            ("configuration", {"arm": "baseline", "values": {"a": 2}}),
        )
    )

    assert not state.passed(SanityCheck.TESTS)
    assert state.configuration["baseline"]["values"] == {"a": 2}


def test_an_abort_that_was_not_written_up_is_an_end():
    state = fold(entries(("aborted", {"criterion": "A1"})))

    assert (state.end, state.ended) == (ExperimentEnd.ABORTED, None)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*Phase, *PhaseEnd]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = (
    *("phase", "attempt", "arm", "metric", "value", "seed", "end", "steps", "data_size", "check", "exit_code", "kind"),
    *("criterion", "commit", "wall_seconds", "gpu_hours", "text", "guard", "values", "judged"),
)
ENTRY = st.fixed_dictionaries(
    {"event": st.sampled_from([*JournalEvent, "of a later version"])},
    optional={key: JSON | st.sampled_from(["treatment", "baseline", 1, 0.5]) for key in KEYS},
)


@given(st.lists(ENTRY, max_size=12))
def test_no_entries_make_the_fold_fail(found):
    state = fold(entries(*((each.pop("event"), each) for each in [dict(each) for each in found])))

    assert state.entries == len(found)
    for kind in BudgetKind:
        state.spent(kind)
    for check in SanityCheck:
        state.passed(check)
    assert state.end in (None, *ExperimentEnd)


@pytest.mark.parametrize("at", range(8))
def test_folding_entry_by_entry_is_folding_them_all(at):
    every = entries(
        started("sanity"), ended("sanity"), started("baseline"), metric(1, "baseline", arm="baseline"),
        ended("baseline"), started("treatment"), metric(2), ended("treatment", end="broken"),
    )  # fmt: skip
    state = fold(every[:at])
    for entry in every[at:]:
        state = state.after(entry)

    assert state == fold(every)
