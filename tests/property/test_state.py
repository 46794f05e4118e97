"""Whatever outcomes come in whatever order, the state goes only where the table lets it and forgets nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.state import State
from autolab_core.stages.result import StageResult, apply, moved_by_a_person
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.times import parse_timestamp
from autolab_core.vocab.transitions import (
    LEFT_BY_A_PERSON,
    TABLE,
    TAKEN_UP,
    IllegalMove,
    by_a_person,
    leads_to,
    made_by_a_stage,
    next_stage,
)

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)

RESULTS = st.builds(
    StageResult,
    st.sampled_from(Stage),
    st.sampled_from(StageOutcome),
    st.text(max_size=20),
    retry_stage=st.none() | st.sampled_from(Stage),
    advance_to=st.none() | st.sampled_from(Stage),
)
PERSONS = st.tuples(st.sampled_from(Stage), st.text(max_size=5))
STEPS = st.lists(st.tuples(RESULTS | PERSONS, st.integers(-100, 1000)), max_size=14)


def stepped(state: State, step: StageResult | tuple[Stage, str], now: datetime) -> State:
    """*state* after *step*, or as it was where that is refused."""
    try:
        if isinstance(step, StageResult):
            return apply(state, step, now)
        return moved_by_a_person(state, step[0], now, said="moved", who="ada", why=step[1])
    except IllegalMove:
        return state


@given(st.sampled_from(Stage), st.integers(1, 4), STEPS)
def test_steps_in_any_order_make_only_legal_moves_and_lose_no_history(stage, limit, steps):
    state = State("iter_a", stage, max_stage_attempts=limit)
    for step, seconds in steps:
        before, state = state, stepped(state, step, NOW + timedelta(seconds=seconds))

        assert state.history[: len(before.history)] == before.history
        assert (len(state.history) > len(before.history)) or state == before
        for entry in state.history[len(before.history) :]:
            person = entry.who is not None
            moves = (entry.stage_before, entry.status, entry.stage_after)
            assert made_by_a_stage(*moves) or (person and by_a_person(entry.stage_before, entry.stage_after)), moves
            if entry.stage_before in LEFT_BY_A_PERSON:
                assert person or entry.stage_after is entry.stage_before
        assert (
            attrs.evolve(before, stage=state.stage, stage_attempt=state.stage_attempt, history=state.history) == state
        )
        if state is not before:
            assert (state.history[-1].stage_after, state.history[-1].stage_attempt) == (
                state.stage,
                state.stage_attempt,
            )


@given(st.sampled_from(Stage), STEPS)
def test_the_history_is_one_path_and_in_the_order_of_time(stage, steps):
    state = State("iter_a", stage)
    for step, seconds in steps:
        state = stepped(state, step, NOW + timedelta(seconds=seconds))
    times = [parse_timestamp(entry.timestamp_utc) for entry in state.history]
    places = [stage, *(entry.stage_after for entry in state.history)]

    assert times == sorted(times)
    assert [entry.stage_before for entry in state.history] == places[:-1]


@given(st.sampled_from(sorted(set(Stage) - LEFT_BY_A_PERSON)), st.integers(1, 6))
def test_a_stage_that_asks_for_one_retry_too_many_goes_to_a_person(stage, limit):
    state = State("iter_a", stage, max_stage_attempts=limit)
    for attempt in range(1, limit + 1):
        state = apply(state, StageResult(stage, StageOutcome.NEEDS_RETRY, "no"), NOW)
        assert (state.stage, state.stage_attempt) == (stage, attempt)

    state = apply(state, StageResult(stage, StageOutcome.NEEDS_RETRY, "no"), NOW)

    assert (state.stage, state.history[-1].status) == (Stage.HUMAN_REVIEW, StageOutcome.HUMAN_REVIEW)
    assert f"max_stage_attempts is {limit}" in state.history[-1].summary


@pytest.mark.parametrize("at", Stage)
@pytest.mark.parametrize("of", Stage)
@pytest.mark.parametrize("outcome", [each for each in StageOutcome if each is not StageOutcome.STAY])
def test_every_outcome_of_every_stage_is_written_where_the_table_has_it_and_refused_elsewhere(at, of, outcome):
    state = State("iter_a", at)
    for to in Stage:
        result = StageResult(of, outcome, "x", retry_stage=to, advance_to=to)
        led = {StageOutcome.HUMAN_REVIEW: Stage.HUMAN_REVIEW, StageOutcome.STOP: Stage.STOP}.get(outcome, to)
        legal = led in leads_to(of, outcome) and (at is of or at in TAKEN_UP.get(of, ()))
        if legal:
            assert apply(state, result, NOW).stage is led
        else:
            with pytest.raises(IllegalMove, match=r"\.autolab/state\.json: at /stage: the iteration is at"):
                apply(state, result, NOW)


def test_the_table_holds_every_stage_and_leads_from_the_first_to_the_last():
    assert list(TABLE) == list(Stage)
    place, visited = Stage.HYPOTHESIS, []
    while (after := next_stage(place)) is not None:
        visited.append(place := after)
    assert visited[-1] is Stage.DECIDE_REPEAT
    assert set(visited) == set(Stage) - LEFT_BY_A_PERSON - {Stage.HYPOTHESIS}
    assert {Stage.HUMAN_REVIEW, Stage.STOP} == LEFT_BY_A_PERSON


def test_nothing_leads_out_of_the_stages_that_a_person_leaves():
    ways = {
        (stage, outcome): leads_to(stage, outcome) - {stage} for stage in LEFT_BY_A_PERSON for outcome in StageOutcome
    }

    assert {way: led for way, led in ways.items() if led} == {}
    assert not LEFT_BY_A_PERSON & {stage for stages in TAKEN_UP.values() for stage in stages}
