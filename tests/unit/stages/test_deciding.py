"""What ``decide_repeat`` decides leads where it says, so often as the state lets it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autolab_core.io import codec
from autolab_core.models.decision import Decision
from autolab_core.models.state import State
from autolab_core.stages.deciding import decided, times_repeated
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.transitions import DECISIONS
from tests.unit.repositories import FOLDER, put

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
AGAIN = [Stage.HYPOTHESIS, Stage.DESIGN, Stage.LAUNCH]


def at_the_decision(**more):
    return State("iter_a", Stage.DECIDE_REPEAT, last_run_id="r1", **more)


def back(state, stage):
    """*state*, gone back to *stage* by a decision, and come to the next decision again."""
    after = apply(state, decided(state, Decision(stage, "x")), NOW)
    while after.stage not in {Stage.DECIDE_REPEAT, Stage.HUMAN_REVIEW}:
        after = apply(after, StageResult(after.stage, StageOutcome.ADVANCE, "done"), NOW)
    return after


@pytest.mark.parametrize("stage", AGAIN)
def test_a_repetition_goes_on_where_the_decision_says(stage):
    state = at_the_decision()
    result = decided(state, Decision(stage, "more seeds\nwould tell"))

    after = apply(state, result, NOW)
    assert (result.outcome, after.stage) == (StageOutcome.ADVANCE, stage)
    assert result.summary == f"decided: {stage}: more seeds would tell (repetition 1 of at most 20)"
    assert times_repeated(after) == 1


@pytest.mark.parametrize("stage", [Stage.STOP, Stage.HUMAN_REVIEW])
def test_an_end_and_a_question_lead_there(stage):
    state = at_the_decision()

    assert apply(state, decided(state, Decision(stage, "enough")), NOW).stage is stage


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_one_repetition_too_many_is_for_a_person(limit):
    state = at_the_decision(max_total_iterations=limit)
    for turn in range(limit):
        state = back(state, AGAIN[turn % 3])
        assert (state.stage, times_repeated(state)) == (Stage.DECIDE_REPEAT, turn + 1)

    result = decided(state, Decision(Stage.LAUNCH, "once more"))

    assert result.outcome is StageOutcome.HUMAN_REVIEW
    assert f"repetition {limit + 1}, and max_total_iterations is {limit}" in result.summary
    assert apply(state, result, NOW).stage is Stage.HUMAN_REVIEW
    assert decided(state, Decision(Stage.STOP, "enough")).outcome is StageOutcome.STOP


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"next_stage": "launch", "rationale": "x"}, "decision"),
        ({"decision": "slurm_monitor", "rationale": "x"}, "/decision"),
        ({"decision": "repeat", "rationale": "x"}, "/decision"),
        ({"decision": "stop"}, "rationale"),
        ({"decision": "stop", "rationale": ""}, "/rationale"),
        ({"decision": "stop", "rationale": "x", "evidence": "y"}, "/evidence"),
        ([], ""),
    ],
)
def test_a_decision_of_another_shape_is_judged_and_not_guessed(repository, data, key):
    put(repository, f"{FOLDER}/decision_result.json", data)

    with pytest.raises(DocumentError, match=r"decision_result\.json:\d") as found:
        repository.decision(repository.iteration("iter_a"))
    assert key in str(found.value)


def test_keys_that_we_do_not_know_are_kept(repository):
    put(repository, f"{FOLDER}/decision_result.json", {"decision": "stop", "rationale": "x", "next_stage": "stop"})

    found = repository.decision(repository.iteration("iter_a"))

    assert (found.decision, found.extra["next_stage"]) == (Stage.STOP, "stop")
    assert codec.unstructure(found)["next_stage"] == "stop"


def test_the_model_takes_the_decisions_alone():
    for stage in set(Stage) - set(DECISIONS):
        with pytest.raises(ValueError, match="is not one of hypothesis, design, launch, human_review, stop"):
            Decision(stage, "x")
