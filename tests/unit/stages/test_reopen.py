"""A person's way back: recorded in the backlog and in the state, and nothing else is touched."""

from __future__ import annotations

import pytest

from autolab_core.io.documents import parse_yaml
from autolab_core.stages.reopen import reopen
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from tests.unit.repositories import AT, change_json, context, put, read_json

BACKLOG = """\
# Everything we ever tried.
hypotheses: []
experiments:
  # the first one
  - id: e_other
    status: done   # for good
  - id: e_iter_a
    iteration_id: iter_a
    status: done   # too early
    notes: "keep me"
"""


@pytest.fixture
def closed(repository):
    put(repository, ".autolab/backlog.yaml", BACKLOG)
    change_json(repository, ".autolab/state.json", stage="stop")
    return repository


def state(repository):
    return read_json(repository, ".autolab/state.json")


def backlog(repository):
    return (repository.root / ".autolab/backlog.yaml").read_text()


def test_who_and_why_are_recorded_in_both_places(closed):
    done = reopen(context(closed), who="ada", why="the seed was wrong")

    entry = parse_yaml(backlog(closed).encode(), "x").data["experiments"][1]
    assert (entry["status"], entry["notes"]) == ("open", "keep me")
    assert entry["reopened"] == [{"at": AT, "who": "ada", "why": "the seed was wrong", "was": "done"}]
    assert (state(closed)["stage"], state(closed)["stage_attempt"]) == ("launch", 0)
    assert state(closed)["history"][-1]["summary"] == "re-opened by ada: the seed was wrong"
    assert done == (
        "experiment e_iter_a was 'done' and is 'open'; the iteration left stop for launch (ada: the seed was wrong)"
    )


def test_comments_and_the_other_experiments_survive(closed):
    reopen(context(closed), who="ada", why="x")

    kept = ["# Everything we ever tried.", "# the first one", "status: done   # for good", "# too early"]
    assert [line for line in kept if line not in backlog(closed)] == []


def test_a_second_reopening_is_added_to_the_first(closed):
    reopen(context(closed), who="ada", why="one")
    put(closed, ".autolab/backlog.yaml", backlog(closed).replace("status: open", "status: resolved"))

    reopen(context(closed), who="ben", why="two")

    entry = parse_yaml(backlog(closed).encode(), "x").data["experiments"][1]
    assert [(each["who"], each["was"]) for each in entry["reopened"]] == [("ada", "done"), ("ben", "resolved")]


def test_an_iteration_that_was_not_stopped_stays_where_it_is_and_has_it_on_record(closed):
    change_json(closed, ".autolab/state.json", stage="extract_results", stage_attempt=2)

    reopen(context(closed), who="ada", why="x")

    assert (state(closed)["stage"], state(closed)["stage_attempt"]) == ("extract_results", 2)
    assert state(closed)["history"][-1]["summary"] == "re-opened by ada: x"


@pytest.mark.parametrize("stage", ["stop", "human_review"])
def test_an_open_experiment_can_leave_the_stages_that_only_a_person_ends(repository, stage):
    change_json(repository, ".autolab/state.json", stage=stage)
    before = backlog(repository)

    reopen(context(repository), who="ada", why="x", stage=Stage.DESIGN)

    assert state(repository)["stage"] == "design"
    assert backlog(repository) == before


@pytest.mark.parametrize(
    ("who", "why", "message"), [("", "x", "--who and --why"), ("ada", " ", "--who and --why"), ("a", "b", "nothing to")]
)
def test_a_reopening_is_refused(repository, who, why, message):
    before = backlog(repository)

    with pytest.raises(UsageError, match=message):
        reopen(context(repository), who=who, why=why)
    assert (backlog(repository), state(repository)["history"]) == (before, [])
