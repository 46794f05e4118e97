"""What who only looks is told of a stage that is in an agent's hand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autolab_core.io.layout import HANDOVER, rendered_context, rendered_prompt
from autolab_core.models.report import Check, Finding
from autolab_core.stages.status import read_status
from autolab_core.vocab.ownership import BRINGS
from autolab_core.vocab.states import Severity, Stage, Verdict
from tests.unit.cli.conftest import autolab
from tests.unit.repositories import AT, FOLDER, change_json, put, report
from tests.unit.stages.agents.test_stage import STATE, At, commit

AGENT = {"argv": ["agent"], "started_at": AT, "log": ".autolab/agent/hypothesis-1.log", "guard": "g1"}


@pytest.fixture
def hypothesis(repository):
    commit(repository)
    return At(repository, Stage.HYPOTHESIS)


def seen(at):
    return read_status(str(at.repository.root)).handover


@pytest.mark.parametrize("stage", list(BRINGS))
def test_what_is_handed_over_is_shown_until_it_is_taken_back(repository, stage):
    commit(repository)
    at = At(repository, stage)
    assert seen(at) is None

    at.run()

    shown, handover = seen(at), at.handover
    assert (shown.stage, shown.prompt, shown.context) == (stage, rendered_prompt(stage), rendered_context(stage))
    assert (shown.since, shown.awaited, shown.agent) == (handover.handed_over_at, handover.awaited, None)
    at.work()
    at.run()
    assert seen(at) is None


def test_a_stay_that_came_by_the_history_is_known_again(hypothesis):
    """The stage was entered from another one, and a retry was no entry."""
    at, earlier = {"timestamp_utc": AT, "summary": "x"}, "2026-01-01T00:00:00Z"
    entered = {**at, "timestamp_utc": earlier, "stage_before": "decide_repeat", "stage_after": "hypothesis"}
    retried = {**at, "stage_before": "hypothesis", "stage_after": "hypothesis", "status": "needs_retry"}
    change_json(hypothesis.repository, STATE, history=[{**entered, "status": "advance"}, retried])

    hypothesis.run()

    assert hypothesis.handover.entered_at == earlier
    assert seen(hypothesis).since == hypothesis.handover.handed_over_at


@pytest.mark.parametrize("changes", [{"stage": "design"}, {"iteration_id": "iter_b"}, {"entered_at": AT}])
def test_one_that_is_over_is_not_shown(hypothesis, changes):
    hypothesis.run()
    change_json(hypothesis.repository, HANDOVER, **changes)

    assert seen(hypothesis) is None


def test_what_was_objected_to_is_shown(hypothesis):
    hypothesis.run()
    hypothesis.work(" ")
    hypothesis.run()

    assert seen(hypothesis).objections == {f"{FOLDER}/hypothesis.md": "is empty"}
    assert f"\nobjected      {FOLDER}/hypothesis.md is empty\n" in autolab("status", cwd=hypothesis.repository.root).out


@pytest.mark.parametrize(
    ("more", "held", "said"),
    [
        ({}, True, "at work"),
        ({}, False, "cut short"),
        ({"ended_at": AT, "interrupted": True}, False, "cut short"),
        ({"ended_at": AT}, False, "ended"),
    ],
)
def test_whether_an_agent_is_at_work_is_said_and_its_lock_left_alone(hypothesis, more, held, said):
    hypothesis.run()
    change_json(hypothesis.repository, HANDOVER, agent={**AGENT, **more})
    root = hypothesis.repository.root
    lock = hypothesis.repository.stage_lock("run") if held else None

    shown, answer = seen(hypothesis), autolab("status", cwd=root)

    if lock is not None:
        lock.release()
    assert (shown.agent, shown.started_at, shown.log) == (said, AT, AGENT["log"])
    assert f"\nagent         {said}, started at {AT}: {AGENT['log']}\n" in answer.out


def test_the_lines_stand_between_stage_and_run(hypothesis):
    hypothesis.run()

    lines = autolab("status", cwd=hypothesis.repository.root).out.splitlines()

    assert lines[1:5] == [
        "stage         hypothesis",
        f"handed over   at {hypothesis.handover.handed_over_at}: {rendered_prompt('hypothesis')}",
        f"awaited       {FOLDER}/hypothesis.md",
        "run           r1: completed",
    ]
    document = autolab("status", "--json", cwd=hypothesis.repository.root).json["handover"]
    assert (document["stage"], document["awaited"]) == ("hypothesis", [f"{FOLDER}/hypothesis.md"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_broken_hand_over_is_what_is_broken(hypothesis, content):
    put(hypothesis.repository, HANDOVER, content)

    answer = autolab("status", cwd=hypothesis.repository.root)

    assert answer.code == 2
    assert answer.err.startswith(f"autolab: {HANDOVER}")
    assert answer.err.count("\n") == 1
    assert "stage         hypothesis" in answer.out


@pytest.mark.parametrize("awaited", [None, 5, [5], {}])
def test_a_hand_over_of_another_shape_is_shown_as_far_as_it_goes(hypothesis, awaited):
    hypothesis.run()
    change_json(hypothesis.repository, HANDOVER, awaited=awaited, objections=awaited, agent=awaited)

    assert seen(hypothesis).agent is None
    assert autolab("status", cwd=hypothesis.repository.root).code == 0


def test_looking_loads_no_more_than_before(hypothesis):
    """No module is loaded to read a hand-over, and no lock is looked at where no agent was started."""
    program = (
        "import sys; from autolab_core.stages.status import read_status; found = read_status('.').handover;"
        "print(found is not None, *sorted(sys.modules))"
    )

    def loaded():
        done = [sys.executable, "-c", program]
        said = subprocess.run(done, cwd=hypothesis.repository.root, check=True, capture_output=True, text=True).stdout
        return said.split()

    without = loaded()
    hypothesis.run()

    assert without[0] == "False"
    assert loaded() == ["True", *without[1:]]


def test_the_first_objection_of_a_report_is_one_line():
    assert report("is no good", "nor this").first_objection == f"ST001 {FOLDER}/design.yaml:3 is no good"
    assert report().first_objection == "as told"


def test_a_warning_is_not_named_before_an_error():
    findings = (Finding("may be wrong", "a", severity=Severity.WARNING), Finding("is wrong", "b"))

    assert Check("v", "XY001", Verdict.FAIL, findings).objection == "XY001 b is wrong"
    assert Check("v", "XY001", Verdict.PASS, findings[:1]).objection is None
    assert Check("v", "XY001", Verdict.ERROR, reason="cannot be read").objection == "XY001 cannot be read"
