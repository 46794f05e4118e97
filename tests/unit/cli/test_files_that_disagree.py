"""State, backlog and focus files that are missing, broken, old, edited or at odds: one line, and nothing moves."""

from __future__ import annotations

import json

import pytest

from tests.unit.repositories import FOLDER, change_json, copied, manifest, new_repository, put, read_json, snapshot

STATE = ".autolab/state.json"
BACKLOG = ".autolab/backlog.yaml"
FOCUS = ".autolab/todo_focus.json"
PERSON = ("--who", "ada", "--why", "x")
COMMANDS = {
    "status": ["status"],
    "run": ["run"],
    "launch": ["launch"],
    "monitor": ["monitor"],
    "extract": ["extract"],
    "render": ["render"],
    "cancel": ["cancel"],
    "resume": ["resume", "--decision", "launch", *PERSON],
    "reopen": ["reopen", *PERSON],
    "approve": ["review", "approve", "--who", "ada"],
}
# What decides by the backlog. The others look at a run, or stop one, whoever's it is.
BY_THE_BACKLOG = ("run", "launch", "extract", "resume", "reopen", "approve")


@pytest.fixture(scope="module")
def _with_a_run(tmp_path_factory):
    """A repository whose run ``r1`` is with Slurm, at ``slurm_monitor``."""
    repository = new_repository(tmp_path_factory.mktemp("odds") / "repository")
    of_slurm = {"host_mode": "slurm", "launch_mode": "slurm", "job_id": "4242", "submission": {"token": "t-r1"}}
    put(repository, f"{FOLDER}/runs/r1/run_manifest.json", manifest("r1", status="submitted", **of_slurm))
    history = [
        {"timestamp_utc": "2026-02-01T12:00:00Z", "stage_before": "launch", "stage_after": "slurm_monitor"}
        | {"status": "advance", "summary": "run r1 was started", "stage_attempt": 0, "who": None, "why": None}
    ]
    change_json(repository, STATE, stage="slurm_monitor", last_run_id="r1", history=history)
    return repository


@pytest.fixture
def lab(_with_a_run, tmp_path):
    return copied(_with_a_run.root, tmp_path / "lab")


def kept(root):
    """Every file but locks, which are no record of anything."""
    return {path: content for path, content in snapshot(root).items() if not path.startswith(".autolab/locks")}


def refused(answer, *said, codes=(2,)):
    """One line on standard error that says all of *said*."""
    assert answer.code in codes, answer
    assert answer.err.count("\n") == 1, answer
    assert answer.err.startswith("autolab: ")
    assert [words for words in said if words not in answer.err] == [], answer.err


def changed(**changes):
    return lambda lab: change_json(lab, STATE, **changes)


def without(key):
    def change(lab):
        data = read_json(lab, STATE)
        del data[key]
        put(lab, STATE, data)

    return change


ENTRY = {"timestamp_utc": "2026-02-01T12:00:00Z", "stage_before": "launch", "stage_after": "slurm_monitor"}
BROKEN_STATES = {
    "missing": (lambda lab: (lab.root / STATE).unlink(), "does not exist"),
    "empty": (lambda lab: put(lab, STATE, b""), ""),
    "truncated": (lambda lab: put(lab, STATE, (lab.root / STATE).read_bytes()[:90]), ""),
    "a list": (lambda lab: put(lab, STATE, []), ""),
    "not UTF-8": (lambda lab: put(lab, STATE, b'{"iteration_id": "\xff"}'), ""),
    "a key twice": (lambda lab: put(lab, STATE, '{"stage": "launch", "stage": "stop"}'), "stage"),
    "a folder": (lambda lab: ((lab.root / STATE).unlink(), (lab.root / STATE).mkdir()), "is a folder"),
    "no stage": (without("stage"), "'stage'"),
    "no iteration": (without("iteration_id"), "'iteration_id'"),
    "a stage that is none": (changed(stage="monitoring"), "/stage"),
    "a stage that is a number": (changed(stage=6), "/stage"),
    "an id that leaves": (changed(iteration_id="../x"), "/iteration_id"),
    "a run id of a wrong type": (changed(last_run_id=["r1"]), "/last_run_id"),
    "negative attempts": (changed(stage_attempt=-1), "/stage_attempt"),
    "a limit that is text": (changed(max_stage_attempts="3"), "/max_stage_attempts"),
    "a history that is text": (changed(history="none"), "/history"),
    "an entry without a status": (changed(history=[ENTRY]), "/history/0"),
    "an entry of an unknown stage": (changed(history=[ENTRY | {"status": "stay", "stage_after": "x"}]), "/history/0"),
    "who is a number": (changed(history=[ENTRY | {"status": "stay", "who": 7}]), "/history/0/who"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("broken", BROKEN_STATES)
def test_a_state_that_cannot_be_read_stops_every_command(lab, here, command, broken):
    damage, key = BROKEN_STATES[broken]
    damage(lab)
    before = kept(lab.root)

    answer = here(*COMMANDS[command], cwd=lab.root)

    refused(answer, STATE, key)
    assert kept(lab.root) == before


BROKEN_BACKLOGS = {
    "missing": (lambda lab: (lab.root / BACKLOG).unlink(), "has no entry for experiment 'e_iter_a'"),
    "empty": (lambda lab: put(lab, BACKLOG, ""), ""),
    "truncated": (lambda lab: put(lab, BACKLOG, "experiments:\n  - {id: e_iter_a, sta"), ""),
    "experiments that are text": (lambda lab: put(lab, BACKLOG, "experiments: none\n"), "/experiments"),
    "no status": (lambda lab: put(lab, BACKLOG, "experiments: [{id: e_iter_a}]\n"), "'status'"),
    "a status that is a number": (
        lambda lab: put(lab, BACKLOG, "experiments: [{id: e_iter_a, status: 1}]\n"), "/experiments/0/status",
    ),
    "removed": (lambda lab: put(lab, BACKLOG, "experiments: []\n"), "has no entry for experiment 'e_iter_a'"),
    "twice": (
        lambda lab: put(lab, BACKLOG, "experiments: [{id: e_iter_a, status: a}, {id: e_iter_a, status: done}]\n"),
        "has 2 entries",
    ),
    "of another iteration": (
        lambda lab: put(lab, BACKLOG, "experiments: [{id: e_iter_a, status: open, iteration_id: iter_b}]\n"),
        "correct iteration_id in one of them",
    ),
}  # fmt: skip
AT = {"run": "slurm_monitor", "launch": "launch", "extract": "extract_results", "approve": "implementation_review"}


@pytest.mark.parametrize("command", BY_THE_BACKLOG)
@pytest.mark.parametrize("broken", BROKEN_BACKLOGS)
def test_a_backlog_that_cannot_say_whether_it_is_closed_stops_what_depends_on_it(lab, here, command, broken):
    damage, key = BROKEN_BACKLOGS[broken]
    damage(lab)
    change_json(lab, STATE, stage=AT.get(command, "human_review"))
    before = kept(lab.root)

    answer = here(*COMMANDS[command], cwd=lab.root)

    refused(answer, BACKLOG, key)
    assert kept(lab.root) == before


@pytest.mark.parametrize("command", ["status", "cancel"])
@pytest.mark.parametrize("broken", ["missing", "truncated", "removed", "of another iteration"])
def test_a_broken_backlog_hinders_nobody_from_looking_and_stopping(lab, here, command, broken):
    BROKEN_BACKLOGS[broken][0](lab)

    assert "backlog" not in here(*COMMANDS[command], cwd=lab.root).err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"open_task_count": "one"}', '{"focus_tasks": {"a": 1}}'])
@pytest.mark.parametrize("command", ["launch", "render"])
def test_a_broken_focus_stops_what_hands_it_on(lab, here, command, content):
    put(lab, FOLDER + "/review_result.json", {"status": "pass"})
    change_json(lab, STATE, stage="launch", last_run_id="")
    (lab.root / FOLDER / "runs/r1/run_manifest.json").unlink()
    put(lab, FOCUS, content)
    before = read_json(lab, STATE)

    answer = here(*COMMANDS[command], cwd=lab.root)

    after = read_json(lab, STATE)
    if command == "launch":  # the verification of the plan finds it
        assert (answer.code, FOCUS in answer.out, after["stage"]) == (1, True, "design"), answer
    else:
        refused(answer, FOCUS)
        assert after == before
    assert not (lab.root / FOLDER / "launch").exists()


def test_a_focus_of_another_stage_changes_nothing(lab, here):
    task = {"task_id": "t1", "text": "compare", "stage": "extract_results"}
    put(lab, FOCUS, {"stage": "update_docs", "open_task_count": 1, "focus_tasks": [task]})

    answer = here("status", cwd=lab.root)

    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize("stage", ["slurm_monitor", "extract_results"])
@pytest.mark.parametrize("command", ["run", "monitor", "extract", "cancel"])
def test_a_stage_of_a_run_without_a_run_is_nobody_s_guess(lab, here, command, stage):
    change_json(lab, STATE, stage=stage, last_run_id="")
    before = kept(lab.root)

    answer = here(*COMMANDS[command], cwd=lab.root)

    refused(answer, f"{STATE}: at /last_run_id is empty, but the stage is {stage}", "`autolab ls`")
    assert kept(lab.root) == before


@pytest.mark.parametrize("command", ["run", "monitor", "extract", "cancel"])
def test_a_run_of_another_iteration_is_not_taken_for_this_one_s(lab, here, command):
    change_json(lab, f"{FOLDER}/runs/r1/run_manifest.json", iteration_id="iter_b")
    if command in {"extract"}:
        change_json(lab, STATE, stage="extract_results")
    before = kept(lab.root)

    answer = here(*COMMANDS[command], cwd=lab.root)

    refused(answer, f"{FOLDER}/runs/r1/run_manifest.json:", "at /iteration_id is 'iter_b'", "last_run_id")
    assert kept(lab.root) == before


@pytest.mark.parametrize(
    ("command", "code"), [("run", 1), ("monitor", 1), ("extract", 2), ("cancel", 2), ("status", 2)]
)
def test_a_run_that_does_not_exist_never_leads_on(lab, here, command, code):
    change_json(lab, STATE, stage="extract_results" if command == "extract" else "slurm_monitor", last_run_id="r9")

    answer = here(*COMMANDS[command], cwd=lab.root)

    assert (answer.code, "runs/r9/run_manifest.json" in answer.out + answer.err) == (code, True), answer
    # A run that never was is for a launch; nothing leads on from it.
    assert read_json(lab, STATE)["stage"] in {"launch", "extract_results", "slurm_monitor"}
    assert (read_json(lab, STATE)["stage"] == "launch") is (command in {"run", "monitor"})


def test_an_iteration_that_is_nowhere_is_named(lab, here):
    change_json(lab, STATE, iteration_id="iter_z", experiment_id="")
    put(lab, BACKLOG, "experiments: [{id: e, status: open, iteration_id: iter_z}]\n")

    for command in ("run", "launch", "monitor", "extract", "render", "cancel"):
        change_json(lab, STATE, stage=AT.get(command, "slurm_monitor"))
        before = kept(lab.root)
        refused(here(*COMMANDS[command], cwd=lab.root), "iteration 'iter_z' has no folder")
        assert kept(lab.root) == before


@pytest.mark.parametrize("stage", ["launch", "design", "implementation_review"])
def test_a_stage_that_was_set_back_by_hand_starts_no_second_run(lab, here, stage):
    put(lab, FOLDER + "/review_result.json", {"status": "pass"})
    change_json(lab, STATE, stage=stage)

    answer = here("launch", cwd=lab.root)

    assert (answer.code, "one run at a time: run r1" in answer.out) == (1, True), answer
    assert read_json(lab, STATE)["stage"] == stage
    assert [path.name for path in (lab.root / FOLDER / "runs").iterdir()] == ["r1"]


def test_a_state_of_an_older_shape_is_read_and_goes_on(lab, here):
    put(lab, STATE, {"iteration_id": "iter_a", "stage": "human_review", "x_kept": [1]})

    answer = here("resume", "--decision", "design", *PERSON, cwd=lab.root)

    after = read_json(lab, STATE)
    assert (answer.code, after["stage"], after["x_kept"]) == (0, "design", [1])
    assert [(entry["who"], entry["why"]) for entry in after["history"]] == [("ada", "x")]


def test_entries_of_an_older_shape_stay_as_they_are(lab, here):
    old = {**ENTRY, "status": "human_review", "stage_after": "human_review", "by": "somebody"}
    change_json(lab, STATE, stage="human_review", history=[old])

    assert here("resume", "--decision", "stop", *PERSON, cwd=lab.root).code == 0

    assert json.loads((lab.root / STATE).read_text())["history"][0] == old
