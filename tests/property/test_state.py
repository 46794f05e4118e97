"""Whatever outcomes come in whatever order, the state goes only where its stages lead and forgets nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.state import State
from autolab_core.stages.result import NEXT_STAGE, StageResult, apply
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.times import parse_timestamp

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)

RESULTS = st.builds(
    StageResult,
    st.sampled_from(Stage),
    st.sampled_from(StageOutcome),
    st.text(max_size=20),
    st.none() | st.sampled_from(Stage),
)
STEPS = st.lists(st.tuples(RESULTS, st.integers(-100, 1000)), max_size=12)


def reachable(result: StageResult, before: Stage) -> set[Stage]:
    """Where *result* may lead from *before*."""
    return {
        StageOutcome.STAY: {before},
        StageOutcome.ADVANCE: {NEXT_STAGE.get(result.stage, result.stage)},
        StageOutcome.NEEDS_RETRY: {result.retry_stage or result.stage, Stage.HUMAN_REVIEW},
        StageOutcome.HUMAN_REVIEW: {Stage.HUMAN_REVIEW},
        StageOutcome.STOP: {Stage.STOP},
    }[result.outcome]


@given(st.sampled_from(Stage), st.integers(1, 4), STEPS)
def test_results_in_any_order_lead_only_where_they_may_and_lose_no_history(stage, limit, steps):
    state = State("iter_a", stage, max_stage_attempts=limit)
    for result, seconds in steps:
        before, state = state, apply(state, result, NOW + timedelta(seconds=seconds))

        assert state.history[: len(before.history)] == before.history
        assert len(state.history) > len(before.history)
        assert state.stage in reachable(result, before.stage)
        assert (state.history[-1].stage_after, state.history[-1].stage_attempt) == (state.stage, state.stage_attempt)
        assert (
            attrs.evolve(before, stage=state.stage, stage_attempt=state.stage_attempt, history=state.history) == state
        )


@given(st.sampled_from(Stage), STEPS)
def test_the_history_is_one_path_and_in_the_order_of_time(stage, steps):
    state = State("iter_a", stage)
    for result, seconds in steps:
        state = apply(state, result, NOW + timedelta(seconds=seconds))
    times = [parse_timestamp(entry.timestamp_utc) for entry in state.history]
    places = [stage, *(entry.stage_after for entry in state.history)]

    assert times == sorted(times)
    assert [entry.stage_before for entry in state.history] == places[:-1]


@given(st.sampled_from(sorted(NEXT_STAGE)), st.integers(1, 6))
def test_a_stage_that_asks_for_one_retry_too_many_goes_to_a_person(stage, limit):
    state = State("iter_a", stage, max_stage_attempts=limit)
    for attempt in range(1, limit + 1):
        state = apply(state, StageResult(stage, StageOutcome.NEEDS_RETRY, "no"), NOW)
        assert (state.stage, state.stage_attempt) == (stage, attempt)

    state = apply(state, StageResult(stage, StageOutcome.NEEDS_RETRY, "no"), NOW)

    assert (state.stage, state.history[-1].status) == (Stage.HUMAN_REVIEW, StageOutcome.HUMAN_REVIEW)
    assert f"max_stage_attempts is {limit}" in state.history[-1].summary
