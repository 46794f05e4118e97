"""What a user types and reads: exit codes, one JSON object, one line for an error."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from autolab_cli.parser import build_parser
from autolab_core import __version__
from tests.unit.cli.conftest import AUTOLAB, Answer, autolab
from tests.unit.repositories import snapshot

COMMANDS = [
    "status",
    "ls",
    "show",
    "logs",
    "doctor",
    "init",
    "completion",
    "launch",
    "render",
    "run",
    "monitor",
    "extract",
    "cancel",
    "reopen",
    "resume",
]


def words(value):
    return " ".join(value) if isinstance(value, list) else ""


def test_every_command_is_tested_here():
    [commands] = [action.choices for action in build_parser()._actions if action.dest == "name"]

    assert set(commands) == {*COMMANDS, "review", "ledger", "guard", "experiment", "remote"}


@pytest.mark.parametrize(
    "command",
    [
        *([name] for name in COMMANDS),
        ["review"],
        ["review", "approve"],
        *(["ledger", action] for action in ("append", "verify", "show", "merge")),
        *(["guard", doing] for doing in ("run", "check", "seal", "verify", "hook", "config")),
        *(["experiment", step] for step in ("advise",)),
        *(["remote", question] for question in ("list", "check")),
    ],
    ids=" ".join,
)
def test_help_says_what_the_command_does_with_an_example(capsys, command):
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*command, "--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: autolab {' '.join(command)} " in said
    assert f"\nexample: autolab {' '.join(command)}" in said


def test_help_of_the_whole_shows_a_first_run_and_the_exit_codes(tmp_path):
    for arguments in ([], ["--help"]):
        answer = autolab(*arguments, cwd=tmp_path)

        assert (answer.code, answer.err) == (0, "")
        assert "autolab review approve --who NAME" in answer.out
        assert "exit codes: 0 well; 1 the answer is no; 2 it could not be decided; 130 interrupted" in answer.out


def test_the_version_is_printed(tmp_path):
    assert autolab("--version", cwd=tmp_path).out == f"autolab {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "invalid choice: 'bogus'"),
        (["launch", "--bogus"], "unrecognized arguments: --bogus"),
        (["launch", "--grace", "soon"], "invalid int value: 'soon'"),
        (["launch", "--grace", "0"], "--grace must be at least 1 second"),
        (["show"], "required: RUN"),
        (["review"], "required: ANSWER"),
        (["review", "approve"], "required: --who"),
        (["reopen", "--who", "ada"], "required: --why"),
        (["reopen", "--who", "ada", "--why", "x"], "nothing to re-open"),
        (["reopen", "--who", "ada", "--why", "x", "--stage", "y"], "'y' is not a stage; one of hypothesis, design"),
        (["show", "nothing"], "has no run 'nothing'; `autolab ls` lists them"),
        (["show", "../r1"], "it holds a path separator"),
        (["ls", "--iteration", "iter_z"], "iteration 'iter_z' has no folder"),
        (["launch", "--run-id", "{{run_id}}"], "unresolved placeholder"),
        (["logs"], "there is no run yet; `autolab launch` starts one"),
        (["cancel"], "has no run yet; `autolab launch` starts one"),
        (["extract"], "has no run yet; `autolab launch` starts one"),
        (["monitor"], "has no run yet; `autolab launch` starts one"),
        (["init", "--iteration", "a/b"], "it holds a path separator"),
        (["review", "approve", "--who", "ada", "--file", "nothing"], "nothing: does not exist"),
    ],
    ids=words,
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_exit_2(empty, here, arguments, said):
    before = snapshot(empty / "experiments")

    answer = here(*arguments, cwd=empty)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("autolab")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert snapshot(empty / "experiments") == before


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if name not in {"init", "doctor", "completion", "show", "reopen", "resume"}]
)
def test_outside_of_a_repository_the_way_to_make_one_is_named(tmp_path, here, command):
    answer = here(command, cwd=tmp_path)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.endswith("is not in an Autolab repository (no .autolab folder); `autolab init` makes one\n")


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("status", ".autolab/state.json"),
        ("launch", ".autolab/state.json"),
        ("run", ".autolab/backlog.yaml"),
        ("extract", ".autolab/schemas/run_manifest.schema.json"),
        ("extract", "experiments/plan/iter_a/runs/r1/run_manifest.json"),
    ],
)
def test_a_broken_file_is_named_with_its_place(finished, here, command, path):
    (finished / path).write_text("{")

    answer = here(command, cwd=finished)

    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert path in answer.err


def test_in_an_empty_repository_everything_says_what_comes_next(empty):
    status, runs, launch = (autolab(command, cwd=empty) for command in ("status", "ls", "launch"))

    assert (status.code, status.err) == (0, "")
    assert status.out.splitlines() == [
        "iteration     iter_a (experiment e_iter_a)",
        "stage         implementation_review",
        "run           none yet",
        "verification  none yet",
        "next          review it (`autolab run` hands it over), or `autolab review approve --who NAME`",
    ]
    assert (runs.code, runs.out) == (0, "no runs yet; `autolab launch` starts one\n")
    assert launch.code == 1
    assert launch.out.startswith("launch: needs_retry, back to implementation_review: experiments/plan/iter_a/review")
    assert "\nnext: " in launch.out


def test_a_finished_run_is_shown(finished):
    status, runs, shown = (autolab(*words, cwd=finished) for words in (["status"], ["ls"], ["show", "r1"]))

    assert "stage         update_docs\nrun           r1: completed\nverification  passed (" in status.out
    assert runs.out.startswith("r1  completed  2")
    assert "mean_distance=" in runs.out
    lines = shown.out.splitlines()
    assert lines[:4] == [
        "run       r1 of iter_a",
        "status    completed",
        "command   python -m random_walk --steps 1000 --seeds 0 1 2",
        "commit    not a git repository",
    ]
    assert lines[4].startswith("times     created 2")
    assert lines[-2].startswith("metrics   mean_distance, ")
    assert lines[-1] == "files     experiments/plan/iter_a/runs/r1"


def test_a_run_whose_manifest_is_broken_is_listed_with_its_fault(finished):
    (finished / "experiments/plan/iter_a/runs/r1/run_manifest.json").write_text("{")
    (finished / "experiments/plan/iter_a/runs/r0").mkdir()

    runs, status = autolab("ls", cwd=finished), autolab("status", cwd=finished)

    assert [line.split()[:2] for line in runs.out.splitlines()] == [["r0", "unreadable"], ["r1", "unreadable"]]
    assert "run_manifest.json:1" in runs.out
    assert (status.code, "run_manifest.json:1" in status.err) == (2, True)


def test_a_step_of_an_agent_says_what_is_awaited_and_where_its_prompt_is(finished):
    answer = autolab("run", cwd=finished)

    assert (answer.code, answer.err) == (0, "")
    assert "awaited is experiments/plan/iter_a/analysis/summary.md\nnext: let an agent do" in answer.out
    handover = autolab("run", "--json", cwd=finished).json["handover"]
    assert handover["awaited"] == ["experiments/plan/iter_a/analysis/summary.md"]
    assert all((finished / handover[key]).is_file() for key in ("prompt", "context"))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--agent-command", "'"], "cannot be split"),
        (["--agent-command", " "], "is empty"),
        (["--agent-command", "true", "--done", "x"], "one of them"),
        (["--agent-timeout", "soon"], "--agent-timeout"),
        (["--done", ""], "--done must say why"),
        (["--agent-command", "no-such-agent"], "no-such-agent"),
    ],
)
def test_what_an_agent_cannot_be_told_is_one_line(finished, words, why):
    answer = autolab("run", *words, cwd=finished)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert why in answer.err
    assert not (finished / ".autolab/handover.json").exists()


def test_logs_print_what_the_run_printed(finished):
    (finished / "experiments/plan/iter_a/runs/r1/logs/stderr.log").write_text("a warning\n")

    current, named = autolab("logs", cwd=finished), autolab("logs", "-f", "r1", cwd=finished)

    assert (current.code, current.out.count("mean_distance"), current.err) == (0, 6, "a warning\n")
    assert named == current


@pytest.mark.parametrize(
    ("arguments", "keys", "code"),
    [
        (["status"], {"root", "iteration_id", "stage", "run_id", "run_status", "verified"}, 0),
        (["ls"], {"runs"}, 0),
        (["show", "r1"], {"manifest", "metrics", "folder"}, 0),
        (["logs"], {"run_id", "stdout.log", "stderr.log"}, 0),
        (["doctor"], {"abilities"}, 0),
        (["init"], {"root", "written"}, 0),
        (["run"], {"stage", "outcome", "summary", "advice", "run_id", "refused", "retry_stage"}, 0),
        (["monitor"], {"stage", "outcome", "run_id"}, 0),
        (["extract"], {"stage", "outcome", "run_id"}, 0),
        (["cancel"], {"run_id", "outcome"}, 0),
    ],
    ids=words,
)
def test_json_is_one_object_and_nothing_else(finished, arguments, keys, code):
    answer = autolab(*arguments, "--json", cwd=finished)

    assert (answer.code, answer.err) == (code, "")
    assert keys <= set(answer.json)


def test_what_people_say_is_answered_in_json_too(empty):
    approved = autolab("review", "approve", "--who", "ada", "--json", cwd=empty)
    dry = autolab("launch", "--dry-run", "--json", "--run-id", "r1", cwd=empty)
    launched = autolab("launch", "--wait", "--json", "--run-id", "r1", cwd=empty)
    again = autolab("launch", "--json", cwd=empty)

    assert (approved.code, approved.json["outcome"]) == (0, "advance")
    assert set(dry.json["files"]) == {
        "experiments/plan/iter_a/launch/run_local.sh",
        "experiments/plan/iter_a/runs/r1/run_local.sh",
    }
    assert dry.json["manifest"]["status"] == "pending"
    assert (launched.code, launched.json["manifest"]["run_id"]) == (0, "r1")
    assert (again.code, again.json["outcome"], again.json["refused"]) == (1, "stay", True)


def test_a_dry_run_prints_the_script_and_writes_only_the_verification(launchable):
    before = snapshot(launchable.root)

    answer = autolab("launch", "--dry-run", "--run-id", "r1", cwd=launchable.root)

    after = snapshot(launchable.root)
    assert answer.code == 0
    assert answer.out.startswith("would start: python -m random_walk --steps 1000 --seeds 0 1 2\nwould write: ")
    assert "\nset -euo pipefail\n" in answer.out
    assert {path for path in after if after[path] != before.get(path, b"")} == {".autolab/verification_result.json"}
    assert set(before) <= set(after)


def test_a_root_can_be_named_from_anywhere(finished, tmp_path):
    assert autolab("status", "--root", str(finished / "src"), cwd=tmp_path).code == 0


def test_doctor_needs_no_repository_and_names_what_is_missing(tmp_path):
    answer = autolab("doctor", cwd=tmp_path)

    marks = {line[8:].split()[0]: line[:7].strip() for line in answer.out.splitlines() if line[:1] != " "}
    assert answer.code == 0
    assert {"python", "bash", "git", "sinfo", "squeue", "ssh", "flock", "guard", "package"} <= set(marks)
    assert set(marks.values()) <= {"ok", "absent"}


def test_output_that_nobody_reads_is_no_error(finished):
    read, write = os.pipe()
    os.close(read)

    command = [*AUTOLAB, "show", "r1", "--json"]
    done = subprocess.run(command, cwd=finished, stdout=write, stderr=subprocess.PIPE, check=False)

    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_folder_in_the_place_of_a_log_is_an_error_and_no_traceback(finished):
    log = finished / "experiments/plan/iter_a/runs/r1/logs/stdout.log"
    log.unlink()
    log.mkdir()

    answer = autolab("logs", cwd=finished)

    assert (answer.code, "cannot be read: Is a directory" in answer.err) == (2, True)


def start(root, *arguments):
    return subprocess.Popen(
        [*AUTOLAB, *arguments], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )


def until(condition, seconds=20):
    """Wait for *condition*; the test fails when it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def said(root, text):
    log = root / "experiments/plan/iter_a/runs/r1/logs/stdout.log"
    return lambda: log.exists() and text in log.read_text()


def test_logs_follow_a_live_run_and_stop_at_its_end(slow):
    assert autolab("launch", "--run-id", "r1", cwd=slow).code == 0
    with start(slow, "logs", "-f") as following:
        assert following.stdout.readline() == "begun\n"
        assert following.poll() is None

        (slow / "stop").touch()

        out, err = following.communicate(timeout=20)
    assert (following.returncode, out, err) == (0, "ended\n", "")


def test_a_second_launch_while_one_runs_is_told_which(slow):
    autolab("launch", "--run-id", "r1", cwd=slow)
    answer = autolab("launch", cwd=slow)
    step = autolab("run", cwd=slow), autolab("run", cwd=slow)
    so_far = autolab("logs", cwd=slow)
    (slow / "stop").touch()

    assert (answer.code, answer.out.startswith("launch: stay: ")) == (1, True)
    assert so_far == Answer(0, "begun\n", "")
    assert "run r1" in answer.out
    assert (step[1].code, "extract_results: stay: run r1 is running" in step[1].out) == (0, True)
    until(said(slow, "ended"))


def test_ctrl_c_while_waiting_stops_the_run_and_ends_with_130(slow):
    with start(slow, "launch", "--run-id", "r1", "--wait", "--grace", "1") as waiting:
        until(said(slow, "begun"))

        os.killpg(waiting.pid, signal.SIGINT)

        _out, err = waiting.communicate(timeout=30)
    shown = autolab("show", "r1", "--json", cwd=slow).json["manifest"]
    assert waiting.returncode == 130
    assert "Ctrl-C: stopping the run" in err
    assert "Traceback" not in err
    assert (shown["status"], shown["failure"]["native_state"]) == ("failed", "CANCELLED")
    assert "Ctrl-C" in shown["failure"]["reason"] or "cancelled" in shown["failure"]["reason"]


def test_ctrl_c_while_following_logs_ends_the_following_and_not_the_run(slow):
    autolab("launch", "--run-id", "r1", cwd=slow)
    with start(slow, "logs", "-f") as following:
        assert following.stdout.readline() == "begun\n"
        os.killpg(following.pid, signal.SIGINT)
        _out, err = following.communicate(timeout=20)
    alive = not said(slow, "ended")()
    (slow / "stop").touch()

    assert (following.returncode, err, alive) == (130, "autolab: interrupted\n", True)
    until(said(slow, "ended"))


def test_cancel_stops_a_run_and_status_says_so(slow):
    autolab("launch", "--run-id", "r1", "--grace", "1", cwd=slow)
    until(said(slow, "begun"))

    answer = autolab("cancel", "--reason", "wrong data", cwd=slow)

    assert (answer.code, answer.out) == (0, "run r1: cancelled\n")
    assert "run           r1: failed" in autolab("status", cwd=slow).out
    assert "failure   cancelled" in autolab("show", "r1", cwd=slow).out
