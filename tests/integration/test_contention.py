"""Many at once: one run is started, and the others say who holds it."""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.integration.crash.lab import Lab, finish, wait_until

MANY = 20
FOREVER = "while [ ! -e go ]; do sleep 0.05; done"
HOLDER = re.compile(r"pid \d+ on \S+,? since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# A parser that waits until it is let go, so that an extraction can be met while it works.
SLOW_PARSER = "sh parser.sh {{run_id}} {{metrics_path}}"


def with_slow_parser(lab: Lab) -> None:
    lab.make(parser=SLOW_PARSER)
    (lab.root / "parser.sh").write_text(
        'touch parsing; while [ ! -e go ]; do sleep 0.05; done; python extract.py "$1" "$2"\n'
    )
    lab.fork("launch")
    lab.job_ended()
    lab.ended()
    assert lab.fork("run").code == 0


def test_of_twenty_launches_at_once_one_starts_the_run(lab):
    lab.make(FOREVER)

    launches = [lab.start("launch", "--json") for _ in range(MANY)]
    answers = [finish(launch, timeout=100) for launch in launches]

    won = [answer for answer in answers if answer.code == 0]
    lost = [answer for answer in answers if answer.code != 0]
    assert len(won) == 1, answers
    assert won[0].json["outcome"] == "advance"
    assert {answer.code for answer in lost} == {1}
    assert {answer.stderr for answer in answers} == {""}
    assert {answer.json["outcome"] for answer in lost} == {"stay"}
    assert [answer.json["summary"] for answer in lost if not HOLDER.search(answer.json["summary"])] == []
    lab.started()
    assert lab.starts() == lab.run_ids() == [won[0].json["run_id"]]
    refusals = [entry for entry in lab.state()["history"] if entry["status"] == "stay"]
    assert len(refusals) == MANY - 1
    (lab.root / "go").touch()
    lab.finish_iteration()
    assert lab.starts() == lab.run_ids()


def test_of_many_runs_at_once_one_starts_the_run(lab):
    lab.make(FOREVER)

    answers = [finish(each) for each in [lab.start("run", "--json") for _ in range(6)]]

    assert {answer.stderr for answer in answers} == {""}
    assert {answer.code for answer in answers} <= {0, 1}
    lab.started()
    assert lab.starts() == lab.run_ids()
    (lab.root / "go").touch()
    lab.finish_iteration()


def test_the_lock_goes_with_its_holder(lab):
    # The activation block runs in the launch's own probe: a place to hold a launch for as long as wanted.
    lab.make(activation="touch held; while [ ! -e go ]; do sleep 0.05; done")
    holding = lab.start("launch", start_new_session=True)
    wait_until((lab.root / "held").exists, "the first launch holds the lock")

    refused = lab.fork("launch", "--json")

    assert (refused.code, refused.json["outcome"]) == (1, "stay")
    assert f"pid {holding.pid} on {os.uname().nodename} since " in refused.json["summary"]
    assert HOLDER.search(refused.json["summary"])
    assert lab.run_ids() == []
    os.kill(holding.pid, signal.SIGKILL)
    finish(holding)
    (lab.root / "go").touch()
    assert lab.fork("launch").code == 0
    lab.finish_iteration()
    assert lab.starts() == lab.run_ids()


def test_two_extractions_at_once_read_the_results_once(lab):
    with_slow_parser(lab)
    first = lab.start("extract", "--json")
    wait_until((lab.root / "parsing").exists, "the first extraction is at work")

    second = lab.fork("extract", "--json")

    assert (second.code, second.json["outcome"]) == (1, "stay")
    assert f"pid {first.pid} on " in second.json["summary"]
    (lab.root / "go").touch()
    assert finish(first).code == 0
    assert len(lab.extractions()) == 1
    assert lab.state()["stage"] == "update_docs"
    assert lab.manifest()["status"] == "completed"


@pytest.mark.parametrize("command", ["launch", "run"])
def test_nothing_is_launched_during_an_extraction(lab, command):
    with_slow_parser(lab)
    first = lab.start("extract", "--json")
    wait_until((lab.root / "parsing").exists, "the extraction is at work")

    answer = lab.fork(command, "--json")

    assert answer.json["outcome"] == "stay"
    assert answer.json["stage"] == ("launch" if command == "launch" else "extract_results")
    assert len(lab.run_ids()) == 1
    (lab.root / "go").touch()
    assert finish(first).code == 0
    assert lab.starts() == lab.run_ids()


def test_a_killed_extraction_is_done_again(lab):
    with_slow_parser(lab)
    first = lab.start("extract", start_new_session=True)
    wait_until((lab.root / "parsing").exists, "the extraction is at work")
    os.kill(first.pid, signal.SIGKILL)
    finish(first)

    (lab.root / "go").touch()
    lab.finish_iteration()

    lab.ended()
    assert lab.manifest()["status"] == "completed"
    assert lab.starts() == lab.run_ids()


def test_looking_never_disturbs_a_launch(lab):
    lab.make(FOREVER)
    looking = [lab.start("status") for _ in range(4)]

    assert lab.fork("launch").code == 0

    assert {finish(each).code for each in looking} == {0}
    (lab.root / "go").touch()
    lab.finish_iteration()


def test_of_many_decisions_at_once_one_leaves_human_review(lab):
    lab.make()
    state = lab.root / ".autolab/state.json"
    state.write_text(state.read_text().replace('"stage": "launch"', '"stage": "human_review"'))
    before = lab.state()["history"]

    stages = ("launch", "design", "stop", "hypothesis")
    words = ("--who", "ada", "--why", "x")
    answers = [finish(each) for each in [lab.start("resume", "--decision", stage, *words) for stage in stages]]

    after = lab.state()
    [entry] = after["history"][len(before) :]
    assert sorted(answer.code for answer in answers) == [0, 2, 2, 2], answers
    won = next(stage for stage, answer in zip(stages, answers, strict=True) if answer.code == 0)
    assert (after["stage"], entry["stage_after"], entry["who"]) == (won, won, "ada")
    refused = ("only human_review is left by a decision", "held by ")
    assert [each for each in answers if each.code and not any(words in each.stderr for words in refused)] == []
