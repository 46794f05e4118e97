"""``human_review``, ``stop`` and a closed experiment are left by a person's command, and by no other."""

from __future__ import annotations

import pytest

from autolab_core.vocab.transitions import LEFT_BY_A_PERSON
from tests.unit.cli.test_files_that_disagree import COMMANDS, PERSON, STATE
from tests.unit.repositories import Repository, change_json, read_json, replace

OF_PEOPLE = {"reopen", "resume"}
OTHERS = [
    *(arguments for name, arguments in COMMANDS.items() if name not in OF_PEOPLE),
    ["run", "--wait"],
    ["launch", "--dry-run"],
    ["monitor", "--wait"],
    ["monitor", "--all"],
    ["extract", "--run", "r1"],
]


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("stage", sorted(LEFT_BY_A_PERSON))
def test_no_command_but_a_person_s_leaves_a_stage_of_people(finished, here, stage, closed):
    repository = Repository(finished)
    change_json(repository, STATE, stage=stage)
    if closed:
        replace(repository, ".autolab/backlog.yaml", "status: open, type", "status: done, type")
    before = read_json(repository, STATE)
    for arguments in OTHERS:
        answer = here(*arguments, cwd=finished)

        after = read_json(repository, STATE)
        new = after["history"][len(before["history"]) :]
        assert answer.code in {0, 1, 2}, (arguments, answer)
        assert "cannot lead from there" not in answer.err, "it is refused before anything is done"
        assert after["stage"] == stage, (arguments, answer)
        assert after["history"][: len(before["history"])] == before["history"]
        assert [entry for entry in new if entry["stage_after"] != stage or entry["who"] is not None] == [], arguments
    assert here("launch", cwd=finished).code in {1, 2}


@pytest.mark.parametrize("stage", sorted(LEFT_BY_A_PERSON))
def test_a_person_s_command_leaves_it_and_is_on_record(finished, here, stage):
    repository = Repository(finished)
    change_json(repository, STATE, stage=stage)
    arguments = (
        ("resume", "--decision", "update_docs") if stage == "human_review" else ("reopen", "--stage", "update_docs")
    )

    answer = here(*arguments, *PERSON, cwd=finished)

    last = read_json(repository, STATE)["history"][-1]
    assert (answer.code, read_json(repository, STATE)["stage"]) == (0, "update_docs")
    assert (last["who"], last["why"]) == ("ada", "x")


def test_a_decision_that_is_no_stage_is_named(finished, here):
    answer = here("resume", "--decision", "again", *PERSON, cwd=finished)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("autolab: --decision 'again' is not a stage; one of hypothesis, design")
