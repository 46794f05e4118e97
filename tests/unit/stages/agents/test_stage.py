"""A stage that an agent does: handed over once, taken back when something new passes, and never otherwise."""

from __future__ import annotations

import subprocess

import pytest

from autolab_core.io.layout import (
    HANDOVER,
    HANDOVER_BEFORE,
    PROMPTS_RENDERED,
    rendered_context,
    rendered_prompt,
)
from autolab_core.stages.agents import handing_over, taking_back
from autolab_core.stages.agents.options import AgentOptions
from autolab_core.stages.approve import approve
from autolab_core.stages.launch import LaunchOptions
from autolab_core.stages.prompting.rendering import render_stage, write_prompt
from autolab_core.stages.step import step
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ownership import BRINGS
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.transitions import TABLE, Actor, IllegalMove, stages_of
from tests.unit.git.test_edits import NOBODY
from tests.unit.repositories import (
    FOLDER,
    Clock,
    Verifier,
    change_json,
    context,
    git,
    manifest,
    put,
    read_json,
    report,
    snapshot,
)

STATE = ".autolab/state.json"
REVIEW = {"schema_version": "1.0", "status": "pass", "blocking_findings": [], "required_checks": {}}
DECISION = {"decision": "stop", "rationale": "there is nothing more to see"}
# What an agent brings at each stage, and where.
WORK = {
    Stage.HYPOTHESIS: (f"{FOLDER}/hypothesis.md", "It is faster.\n"),
    Stage.DESIGN: (f"{FOLDER}/design.yaml", None),
    Stage.IMPLEMENTATION: ("src/model.py", "x = 1\n"),
    Stage.IMPLEMENTATION_REVIEW: (f"{FOLDER}/review_result.json", REVIEW),
    Stage.UPDATE_DOCS: (f"{FOLDER}/analysis/summary.md", "It was.\n"),
    Stage.DECIDE_REPEAT: (f"{FOLDER}/decision_result.json", DECISION),
}


def files(repository):
    """All files but those of locks, which say who had them last."""
    return {path: held for path, held in snapshot(repository.root).items() if not path.startswith(".autolab/locks")}


class At:
    """A repository whose state is at *stage*, and whoever calls ``autolab run`` in it."""

    def __init__(self, repository, stage, **changes):
        self.repository = repository
        self.stage = stage
        self.verify = Verifier()
        self.clock = Clock()
        put(repository, f"{FOLDER}/runs/r1/run_manifest.json", manifest(status="completed"))
        change_json(repository, STATE, stage=stage.value, last_run_id="r1", **changes)

    def run(self, **options):
        self.clock.forward(seconds=1)
        parts = context(self.repository, verify=self.verify, now=self.clock)
        return step(parts, LaunchOptions(), agent=AgentOptions(**options))

    def work(self, content=None):
        path, usual = WORK[self.stage]
        if content is None:
            content = usual
        if content is None:
            content = (self.repository.root / path).read_text() + "\n# settled\n"
        put(self.repository, path, content)
        return path

    @property
    def state(self):
        return self.repository.state()

    @property
    def handover(self):
        return self.repository.handover()


@pytest.fixture(params=list(BRINGS), ids=str)
def at(request, repository):
    commit(repository)
    return At(repository, request.param)


@pytest.fixture
def hypothesis(repository):
    commit(repository)
    return At(repository, Stage.HYPOTHESIS)


def commit(repository):
    git(repository.root, "init", "-q", "-b", "main")
    git(repository.root, "add", "-A")
    subprocess.run(["git", "commit", "-qm", "all"], cwd=repository.root, check=True, env=NOBODY)


def test_every_stage_of_an_agent_brings_something():
    assert set(BRINGS) == set(stages_of(Actor.AGENT))


# Handing over.


def test_the_first_call_hands_over_and_moves_nothing(at):
    result = at.run()

    handover = at.handover
    assert (result.outcome, result.refused, at.state.stage) == (StageOutcome.STAY, False, at.stage)
    assert (handover.stage, handover.iteration_id, handover.base.commit) == (
        at.stage,
        "iter_a",
        git(at.repository.root, "rev-parse", "HEAD"),
    )
    assert (handover.prompt, handover.context) == (rendered_prompt(at.stage), rendered_context(at.stage))
    assert (at.repository.root / handover.prompt).read_text().startswith(f"# Stage: {at.stage}\n")
    assert handover.awaited != ()
    assert all(word in result.summary for word in (handover.prompt, handover.context, *handover.awaited))
    assert at.verify.asked == []
    assert handover.run_id == ("r1" if at.stage in {Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT} else None)


def test_who_calls_again_changes_nothing(at):
    at.run()
    before = files(at.repository)

    result = at.run()

    assert (result.outcome, result.handover) == (StageOutcome.STAY, at.handover)
    assert files(at.repository) == before
    assert at.verify.asked == []


def test_a_prompt_that_cannot_be_rendered_hands_nothing_over(at):
    put(at.repository, f".autolab/prompts/stage_{at.stage}.md", "# {{no_such_token}}\n")
    before = files(at.repository)

    with pytest.raises(DocumentError, match="no_such_token"):
        at.run()
    assert files(at.repository) == before


@pytest.mark.parametrize("stage", stages_of(Actor.PERSON))
def test_a_person_s_stage_is_refused_with_the_way_out(repository, stage):
    at = At(repository, stage)
    before = files(repository)

    result = at.run(command=("true",))

    assert (result.outcome, result.refused, result.advice) == (StageOutcome.STAY, True, TABLE[stage].turn)
    assert files(repository) == before


# Taking back.


def test_what_passes_moves_the_state_and_says_what_was_verified(at):
    at.run()
    path = at.work()

    result = at.run()

    entry = at.state.history[-1]
    after = Stage.STOP if at.stage is Stage.DECIDE_REPEAT else TABLE[at.stage].advance[0]
    assert (at.state.stage, entry.stage_before, entry.stage_after) == (after, at.stage, after)
    assert path in entry.summary
    assert "1 checks passed" in entry.summary
    assert result.summary == entry.summary
    assert at.handover is None
    assert [each["stage"] for each in at.verify.asked] == [at.stage]


def test_what_does_not_pass_is_counted_and_told_in_the_prompt(at):
    at.run()
    base = at.handover.base
    at.work()
    at.verify.answer = report("is no good")
    # As a real verification does, which writes its answer.
    answer = {"passed": False, "message": "1 failed", "stage": at.stage.value, "iteration_id": "iter_a", "run_id": None}
    checks = [
        {"verifier": "v", "rule": "XY001", "status": "fail", "findings": [{"message": "is no good", "path": "x"}]}
    ]
    put(at.repository, ".autolab/verification_result.json", answer | {"counts": {}, "checks": checks, "run": {}})

    result = at.run()

    assert (result.outcome, at.state.stage, at.state.stage_attempt) == (StageOutcome.NEEDS_RETRY, at.stage, 1)
    assert "is no good" in result.summary
    assert (at.handover.base, at.handover.stage_attempt) == (base, 1)
    if at.stage in {Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT} or at.handover.run_id is None:
        assert "XY001 fail x is no good" in (at.repository.root / at.handover.prompt).read_text()


def test_what_was_judged_is_not_judged_again(at):
    at.run()
    at.work()
    at.verify.answer = report("is no good")
    at.run()

    assert [at.run().outcome for _ in range(3)] == [StageOutcome.STAY] * 3
    assert len(at.verify.asked) == 1
    assert at.state.stage_attempt == 1


def test_the_copy_of_the_verdict_that_judging_leaves_is_nothing_new(at):
    at.run()
    at.work()
    at.verify.answer = report("is no good")
    at.run()
    put(at.repository, f"{FOLDER}/runs/r1/verification_result.json", {"passed": False})

    assert at.run().outcome is StageOutcome.STAY
    assert at.state.stage_attempt == 1


def test_mending_something_else_is_enough_to_be_judged_again(at):
    """What was objected to may be another file than the one that is awaited, such as one that should not be there."""
    at.run()
    at.work()
    put(at.repository, "docs/stray.md", "x")
    at.verify.answer = report("docs/stray.md does not belong there")
    at.run()
    (at.repository.root / "docs/stray.md").unlink()
    at.verify.answer = report()

    at.run()

    assert at.state.stage is not at.stage


def test_attempts_past_the_limit_are_for_a_person(hypothesis):
    hypothesis.run()
    hypothesis.verify.answer = report("is no good")
    outcomes = []
    for number in range(4):
        hypothesis.work(f"attempt {number}")
        outcomes.append(hypothesis.run().outcome)

    assert outcomes == [*[StageOutcome.NEEDS_RETRY] * 3, StageOutcome.HUMAN_REVIEW]
    assert (hypothesis.state.stage, hypothesis.handover) == (Stage.HUMAN_REVIEW, None)


def test_what_lay_there_before_is_no_work(at):
    """A decision of the last round, or a design that a review sent back, must not let the stage pass by itself."""
    at.work()
    at.run()
    assert at.run().outcome is StageOutcome.STAY
    assert at.verify.asked == []


def test_who_says_that_it_is_done_is_on_record_and_verified(at):
    at.work()
    result = at.run(done="nothing had to be changed")

    assert at.state.stage is not at.stage
    assert "nothing had to be changed" in at.state.history[-1].summary
    assert len(at.verify.asked) == 1
    assert result.handover is None


def test_done_passes_nothing_that_does_not_verify(at):
    at.work()
    at.verify.answer = report("is no good")

    assert at.run(done="I say so").outcome is StageOutcome.NEEDS_RETRY
    assert at.state.stage is at.stage


def test_done_without_the_awaited_file_is_refused(hypothesis):
    result = hypothesis.run(done="I say so")

    assert (result.outcome, result.refused, hypothesis.verify.asked) == (StageOutcome.STAY, True, [])
    assert result.summary.startswith("there is nothing to take; ")
    with pytest.raises(UsageError, match="--done"):
        hypothesis.run(done=" ")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda path: path.write_text(" \n"), "is empty"),
        (lambda path: path.symlink_to("/etc/hostname"), "is no regular file"),
        (lambda path: path.mkdir(), "is no regular file"),
    ],
)
def test_what_is_no_file_with_something_in_it_is_no_work(hypothesis, spoil, why):
    hypothesis.run()
    spoil(hypothesis.repository.root / FOLDER / "hypothesis.md")

    result = hypothesis.run()

    assert (result.outcome, hypothesis.state.stage) == (StageOutcome.NEEDS_RETRY, Stage.HYPOTHESIS)
    assert why in result.summary
    assert (
        f"handover fail {FOLDER}/hypothesis.md {why}"
        in (hypothesis.repository.root / rendered_prompt("hypothesis")).read_text()
    )


@pytest.mark.parametrize("stage", [Stage.DESIGN, Stage.IMPLEMENTATION_REVIEW, Stage.DECIDE_REPEAT])
@pytest.mark.parametrize("content", ["", "[]", "{", '{"status": "great", "decision": "great", "rationale": "x"}'])
def test_what_does_not_fit_its_schema_is_no_work(repository, stage, content):
    commit(repository)
    at = At(repository, stage)
    at.run()
    path = at.work(content)

    result = at.run()

    assert (result.outcome, at.state.stage) == (StageOutcome.NEEDS_RETRY, stage)
    assert path in result.summary


@pytest.mark.parametrize(
    ("review", "after"),
    [
        ({"status": "pass"}, Stage.LAUNCH),
        ({"status": "needs_retry", "blocking_findings": ["mend it"]}, Stage.IMPLEMENTATION),
        ({"status": "failed"}, Stage.DESIGN),
        ({"status": "pass", "blocking_findings": ["mend it"]}, Stage.IMPLEMENTATION_REVIEW),
    ],
)
def test_a_review_leads_where_it_says(repository, review, after):
    commit(repository)
    at = At(repository, Stage.IMPLEMENTATION_REVIEW)
    at.run()
    at.work({**REVIEW, **review})

    at.run()

    assert at.state.stage is after
    assert (at.handover is None) == (after is not Stage.IMPLEMENTATION_REVIEW)


@pytest.mark.parametrize("decision", ["hypothesis", "design", "launch", "human_review", "stop"])
def test_a_decision_leads_where_it_says(repository, decision):
    commit(repository)
    at = At(repository, Stage.DECIDE_REPEAT)
    at.run()
    at.work({**DECISION, "decision": decision})

    at.run()

    assert at.state.stage == decision


# An implementation: any change where it may be.


def test_a_change_elsewhere_is_no_implementation(repository):
    commit(repository)
    at = At(repository, Stage.IMPLEMENTATION)
    at.run()
    for path in ("README.md", ".autolab/notes.md", f"{FOLDER}/../other.md"):
        put(repository, path, "x")

    assert at.run().outcome is StageOutcome.STAY


def test_a_committed_change_is_one_too(repository):
    commit(repository)
    at = At(repository, Stage.IMPLEMENTATION)
    at.run()
    at.work()
    git(repository.root, "add", "-A")
    subprocess.run(["git", "commit", "-qm", "work"], cwd=repository.root, check=True, env=NOBODY)

    at.run()

    assert at.state.stage is Stage.IMPLEMENTATION_REVIEW


def test_without_git_a_person_says_that_it_is_done(repository):
    at = At(repository, Stage.IMPLEMENTATION)
    at.run()
    at.work()

    waits = at.run()
    assert waits.outcome is StageOutcome.STAY
    assert "--done" in waits.advice
    at.run(done="the model is there")
    assert at.state.stage is Stage.IMPLEMENTATION_REVIEW


# Files that do not fit each other.


@pytest.mark.parametrize(
    "changes", [{"iteration_id": "iter_b"}, {"stage": "design"}, {"entered_at": "2026-01-01T00:00:00Z"}]
)
def test_a_handover_of_something_else_is_set_aside(hypothesis, changes):
    hypothesis.run()
    change_json(hypothesis.repository, HANDOVER, **changes)
    old = read_json(hypothesis.repository, HANDOVER)
    hypothesis.work()

    result = hypothesis.run()

    assert result.outcome is StageOutcome.STAY
    assert "set aside" in result.summary
    assert read_json(hypothesis.repository, HANDOVER_BEFORE) == old
    assert (hypothesis.handover.stage, hypothesis.verify.asked) == (Stage.HYPOTHESIS, [])


def test_a_person_who_moved_the_state_gets_another_handover(hypothesis):
    hypothesis.run()
    change_json(hypothesis.repository, STATE, stage="design")

    hypothesis.run()

    assert hypothesis.handover.stage is Stage.DESIGN


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"stage": "great"}', b"\xff"])
def test_a_broken_handover_is_one_line_with_the_way_out(hypothesis, content):
    hypothesis.run()
    hypothesis.work()
    put(hypothesis.repository, HANDOVER, content)
    before = files(hypothesis.repository)

    with pytest.raises(DocumentError) as caught:
        hypothesis.run()
    assert HANDOVER in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files(hypothesis.repository) == before


@pytest.mark.parametrize(
    "changes", [{"stage": "update_docs"}, {"stage": "human_review"}, {"iteration_id": "iter_b"}], ids=str
)
def test_a_state_that_is_edited_while_the_work_is_judged_stays_as_it_was_edited(hypothesis, changes):
    hypothesis.run()
    hypothesis.work()

    def edited(root, **asked):
        change_json(hypothesis.repository, STATE, **changes)
        return report()

    hypothesis.verify = edited
    with pytest.raises(IllegalMove):
        hypothesis.run()
    left = read_json(hypothesis.repository, STATE)
    assert {**left, **changes} == left
    assert all(entry["status"] == "stay" for entry in left["history"])


def test_an_approval_ends_the_handover(repository):
    at = At(repository, Stage.IMPLEMENTATION_REVIEW)
    at.run()

    approve(context(repository), who="ada")

    assert (at.state.stage, at.handover) == (Stage.LAUNCH, None)


@pytest.mark.parametrize("gone", [rendered_prompt(Stage.HYPOTHESIS), rendered_context(Stage.HYPOTHESIS)])
def test_a_prompt_that_somebody_removed_is_there_again_when_it_is_named(hypothesis, gone):
    hypothesis.run()
    (hypothesis.repository.root / gone).unlink()

    result = hypothesis.run()

    assert (result.outcome, PROMPTS_RENDERED in result.summary) == (StageOutcome.STAY, True)
    assert (hypothesis.repository.root / gone).read_text()


@pytest.mark.parametrize("stage", [Stage.LAUNCH, Stage.UPDATE_DOCS])
def test_an_approval_is_no_edit_of_who_has_the_stage_in_hand(repository, stage):
    """A person's command wrote it. What the agent makes of it afterwards is one."""
    commit(repository)
    at = At(repository, stage)
    begin(at)
    approve(context(repository), who="ada")

    edited = handing_over.edited(context(repository), at.handover)

    assert [path for path in edited if path.endswith("review_result.json")] == []
    put(repository, f"{FOLDER}/review_result.json", REVIEW)
    assert f"{FOLDER}/review_result.json" in handing_over.edited(context(repository), at.handover)


def begin(at):
    """The stage is in an agent's hand, whoever does it."""
    rendered = render_stage(context(at.repository), at.stage)
    handing_over.begun_by_rendering(context(at.repository), rendered, write_prompt(at.repository, rendered))
    assert at.handover is not None


def test_while_somebody_acts_nobody_else_does(hypothesis):
    hypothesis.run()
    hypothesis.work()
    with hypothesis.repository.stage_lock("something else"):
        result = hypothesis.run()
    assert (result.outcome, result.refused) == (StageOutcome.STAY, True)
    assert "something else" in result.summary
    assert hypothesis.state.stage is Stage.HYPOTHESIS


# Calls that are cut short.


class Killed(BaseException):
    pass


@pytest.mark.parametrize("stage", [Stage.HYPOTHESIS, Stage.IMPLEMENTATION, Stage.DECIDE_REPEAT])
@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize("when", range(5))
def test_a_call_that_is_cut_short_is_made_up_for(repository, monkeypatch, stage, passes, when):
    """Whatever of it was written: the next calls get where one call would have, or lose one attempt's count."""
    commit(repository)
    at = At(repository, stage)
    at.run()
    at.work()
    at.verify.answer = report() if passes else report("is no good")
    left = [when]

    def cut_short(module, name):
        real = getattr(module, name)

        def called(*words, **named):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real(*words, **named)

        return called

    with monkeypatch.context() as patched:
        patched.setattr(handing_over, "render_stage", cut_short(handing_over, "render_stage"))
        patched.setattr(handing_over, "write_prompt", cut_short(handing_over, "write_prompt"))
        patched.setattr(taking_back, "save", cut_short(taking_back, "save"))
        patched.setattr(taking_back, "close_handover", cut_short(taking_back, "close_handover"))
        real_update = type(at.repository).update_state

        def update(self, change):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real_update(self, change)

        patched.setattr(type(at.repository), "update_state", update)
        try:
            at.run()
        except Killed:
            assert len(at.verify.asked) == 1
    moved = at.state.stage is not at.stage
    assert not moved or passes or at.verify.asked
    for _ in range(2):
        if at.state.stage is at.stage:
            at.run()
    after = Stage.STOP if at.stage is Stage.DECIDE_REPEAT else TABLE[at.stage].advance[0]
    assert at.state.stage is (after if passes else at.stage)
    assert sum(entry.status is StageOutcome.NEEDS_RETRY for entry in at.state.history) <= (0 if passes else 2)
