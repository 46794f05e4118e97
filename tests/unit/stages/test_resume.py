"""A person's decision leaves ``human_review``, and nothing else does."""

from __future__ import annotations

import pytest

from autolab_core.stages.reopen import reopen
from autolab_core.stages.resume import resume
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON
from tests.unit.repositories import change_json, context, read_json, replace, snapshot

STATE = ".autolab/state.json"
GOES_ON = [stage for stage in Stage if stage not in LEFT_BY_A_PERSON]


def state(repository):
    return read_json(repository, STATE)


@pytest.mark.parametrize("decision", [*GOES_ON, Stage.STOP])
def test_a_decision_leads_to_every_stage_at_which_work_goes_on_and_to_the_end(repository, decision):
    change_json(repository, STATE, stage="human_review", stage_attempt=4)

    done = resume(context(repository), who="ada", why="the disk was full", decision=decision)

    last = state(repository)["history"][-1]
    assert done == f"the iteration left human_review for {decision} (ada: the disk was full)"
    assert (state(repository)["stage"], state(repository)["stage_attempt"]) == (decision, 0)
    assert (last["who"], last["why"], last["summary"]) == (
        "ada",
        "the disk was full",
        "resumed by ada: the disk was full",
    )
    assert last["status"] == ("stop" if decision is Stage.STOP else "advance")


def refusal(repository, **asked):
    before = snapshot(repository.root / "experiments"), state(repository)
    with pytest.raises(UsageError) as refused:
        resume(context(repository), **({"who": "ada", "why": "x", "decision": Stage.LAUNCH} | asked))
    assert (snapshot(repository.root / "experiments"), state(repository)) == before
    return str(refused.value)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.HUMAN_REVIEW])
def test_at_any_other_stage_it_is_refused_with_what_is_to_be_done_there(repository, stage):
    change_json(repository, STATE, stage=str(stage))

    said = refusal(repository)

    assert f"is at stage {stage}; only human_review is left by a decision. What is to be done now: " in said


def test_what_says_nothing_or_leads_nowhere_is_refused(repository):
    change_json(repository, STATE, stage="human_review")

    assert "--who and --why" in refusal(repository, who=" ")
    assert "--who and --why" in refusal(repository, why="")
    assert "--decision human_review leads nowhere" in refusal(repository, decision=Stage.HUMAN_REVIEW)


def test_a_closed_experiment_is_opened_by_reopen_alone_and_may_be_stopped(repository):
    change_json(repository, STATE, stage="human_review")
    replace(repository, ".autolab/backlog.yaml", "status: open, type", "status: done, type")

    assert "`autolab reopen --stage launch --who NAME --why TEXT`" in refusal(repository)

    resume(context(repository), who="ada", why="x", decision=Stage.STOP)
    assert state(repository)["stage"] == "stop"


def test_a_person_s_decision_begins_the_attempts_anew(repository):
    change_json(repository, STATE, stage="human_review")
    resume(context(repository), who="ada", why="x", decision=Stage.LAUNCH)

    assert state(repository)["stage_attempt"] == 0


@pytest.mark.parametrize("stage", sorted(LEFT_BY_A_PERSON))
def test_a_reopening_goes_to_a_stage_at_which_work_goes_on(repository, stage):
    change_json(repository, STATE, stage="stop")

    with pytest.raises(UsageError, match="no work goes on there"):
        reopen(context(repository), who="ada", why="x", stage=stage)
    assert state(repository)["stage"] == "stop"
