"""Time limits, cancelling, Ctrl-C, hangups, and what a job leaves behind: each is recorded as what it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.integration.crash.lab import FOLDER, Lab, assert_one_line, finish, wait_until

FOREVER = "while [ ! -e go ]; do sleep 0.05; done"
STUBBORN = "trap '' INT TERM; while :; do sleep 0.05; done"
# A job in Python that takes each signal in the list for a request to end well.
POLITE = """\
import os, signal, sys, time
open(os.environ["STARTS"], "a").write(os.environ["AUTOLAB_RUN_ID"] + "\\n")
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), lambda number, frame: sys.exit(0))
try:
    time.sleep(60)
except KeyboardInterrupt:
    open("interrupted", "w").close()
"""
PTY = """\
import pty, sys
sys.exit(pty.spawn(sys.argv[1:]))
"""


def supervision(lab: Lab):
    return lab.json(lab.run / "logs/supervisor.json")


def signals(lab: Lab) -> list[str]:
    return [each["signal"] for each in supervision(lab)["signals"]]


def run_to_the_end(lab: Lab) -> None:
    """``run`` until the run is judged; the last answer is no."""
    lab.ended()
    assert lab.fork("run").code == 0
    assert lab.fork("run").code == 1


def polite(lab: Lab, *names: str, **options: str) -> Lab:
    lab.make(cli=f"{sys.executable} polite.py {' '.join(names)}".strip(), **options)
    (lab.root / "polite.py").write_text(POLITE)
    return lab


def native_state(lab: Lab) -> str:
    manifest = lab.manifest()
    assert manifest["status"] == "failed"
    assert lab.state()["stage"] == "launch"
    assert lab.extractions() == []
    return str(manifest["failure"]["native_state"])


# --- the wall-time limit


def test_a_run_that_reaches_its_limit_is_stopped_and_says_so(lab):
    lab.make(FOREVER, walltime="0:01")
    assert lab.fork("launch", "--grace", "1").code == 0

    run_to_the_end(lab)

    assert signals(lab) == ["SIGINT"]
    assert supervision(lab)["stopping"] == "walltime"
    assert native_state(lab) == "TIMEOUT"
    failure = lab.manifest()["failure"]
    assert "wall-time limit of 1 s" in failure["reason"]
    assert "walltime_estimate" in failure["advice"]
    assert failure["outcome"] == "needs_retry"
    assert lab.json(lab.run / "metrics.json")["missing"] == [failure["reason"]]


def test_a_job_that_ignores_int_and_term_is_killed(lab):
    lab.make(STUBBORN, walltime="0:01")
    assert lab.fork("launch", "--grace", "1").code == 0

    run_to_the_end(lab)

    assert signals(lab) == ["SIGINT", "SIGTERM", "SIGKILL"]
    assert native_state(lab) == "TIMEOUT"
    assert "no exit marker" in lab.manifest()["failure"]["reason"]


def test_the_interrupt_reaches_the_job(lab):
    polite(lab, walltime="0:01")
    assert lab.fork("launch", "--grace", "5").code == 0

    run_to_the_end(lab)

    assert (lab.root / "interrupted").exists()
    assert signals(lab) == ["SIGINT"]
    assert native_state(lab) == "TIMEOUT"


@pytest.mark.parametrize("activation", [":", "trap '' INT TERM"])
def test_a_job_that_ends_well_when_it_is_stopped_was_stopped_all_the_same(lab, activation):
    """The second activation hides the signals from the script, so that its exit marker says 0."""
    polite(lab, "SIGINT", "SIGTERM", walltime="0:01", activation=activation)
    assert lab.fork("launch", "--grace", "1").code == 0

    run_to_the_end(lab)

    assert native_state(lab) == "TIMEOUT"
    assert lab.json(lab.run / "logs/exit.json")["exit_code"] == (130 if activation == ":" else 0)


def test_a_run_within_its_limit_is_left_alone(lab):
    lab.make("sleep 0.2", walltime="0:30")

    assert lab.cli("launch", "--wait").code == 0

    assert signals(lab) == []
    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"


# --- cancelling


def test_a_running_run_is_cancelled_for_the_reason_given(lab):
    lab.make(FOREVER)
    lab.fork("launch", "--grace", "1")
    lab.started()

    answer = lab.fork("cancel", "--reason", "the wrong seed")

    assert (answer.code, answer.stderr) == (0, "")
    assert "cancelled" in answer.stdout
    assert lab.processes() == []
    assert lab.manifest()["failure"]["native_state"] == "CANCELLED"
    assert "the wrong seed" in lab.manifest()["failure"]["reason"]
    assert lab.json(lab.run / "logs/cancel.json")["reason"] == "the wrong seed"
    run_to_the_end(lab)
    assert native_state(lab) == "CANCELLED"


def test_a_stubborn_run_is_cancelled_by_force(lab):
    lab.make(STUBBORN)
    lab.fork("launch", "--grace", "1")
    lab.started()

    answer = lab.fork("cancel", "--json")

    assert answer.json["outcome"] == "killed"
    assert signals(lab) == ["SIGINT", "SIGTERM", "SIGKILL"]
    assert lab.manifest()["failure"]["native_state"] == "CANCELLED"


def test_what_was_cancelled_or_has_ended_is_not_cancelled_again(lab):
    lab.make(FOREVER)
    lab.fork("launch", "--grace", "1")
    lab.started()
    first = lab.fork("cancel", "--json")
    before = lab.hashes(FOLDER)

    second = lab.fork("cancel", "--json")

    assert (first.json["outcome"], second.json["outcome"]) == ("cancelled", "already ended")
    assert second.code == 0
    assert lab.hashes(FOLDER) == before


def test_a_run_that_ended_by_itself_is_not_called_cancelled(lab):
    lab.make()
    lab.fork("launch")
    lab.job_ended()
    lab.ended()

    assert lab.fork("cancel", "--json").json["outcome"] == "already ended"

    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"


def test_where_there_is_no_run_there_is_nothing_to_cancel(lab):
    lab.make()

    assert_one_line(lab.fork("cancel"), "no run yet", "autolab launch")


def test_a_run_that_never_began_is_not_found(lab):
    lab.make()
    effects = lab.copy("counted").fork("launch", counted=True).effects
    (spawn,) = [n for n, label in enumerate(effects, 1) if "Popen" in label and "supervisor" in label]
    lab.fork("launch", kill_at=spawn)

    answer = lab.fork("cancel", lab.run.name, "--json")

    assert (answer.code, answer.json["outcome"]) == (1, "not found")
    lab.finish_iteration()
    assert len(lab.starts()) == 1


def test_a_run_without_its_supervisor_is_cancelled_too(lab):
    lab.make(FOREVER)
    lab.fork("launch")
    lab.started()
    os.kill(supervision(lab)["pid"], signal.SIGKILL)

    answer = lab.fork("cancel", "--reason", "nobody watches it", "--json")

    assert (answer.code, answer.json["outcome"]) == (0, "cancelled")
    assert lab.processes() == []
    assert lab.manifest()["failure"]["native_state"] == "CANCELLED"
    assert "nobody watches it" in lab.manifest()["failure"]["reason"]


@pytest.mark.long
def test_a_stubborn_run_without_its_supervisor_is_killed(lab):
    lab.make(STUBBORN)
    lab.fork("launch")
    lab.started()
    os.kill(supervision(lab)["pid"], signal.SIGKILL)

    answer = lab.fork("cancel", "--json")

    assert (answer.code, answer.json["outcome"]) == (0, "killed")
    assert lab.manifest()["failure"]["native_state"] == "CANCELLED"


def test_somebody_who_waits_hears_of_a_cancellation_elsewhere(lab):
    lab.make(FOREVER)
    waiting = lab.start("launch", "--wait", "--grace", "1")
    lab.started()

    cancelled = lab.fork("cancel", "--json")
    waited = finish(waiting)

    assert (cancelled.code, cancelled.json["outcome"]) == (0, "cancelled")
    assert waited.code == 1, waited
    assert waited.stderr == ""
    assert "cancelled" in waited.stdout


# --- the terminal


def test_ctrl_c_while_waiting_cancels_the_run(lab):
    lab.make(FOREVER)
    waiting = lab.start("launch", "--wait", "--grace", "1", start_new_session=True)
    lab.started()

    os.killpg(waiting.pid, signal.SIGINT)

    answer = finish(waiting)
    assert answer.code == 130, answer
    assert "Traceback" not in answer.stderr
    assert "cancelled" in answer.stderr
    assert lab.processes() == []
    assert lab.manifest()["failure"]["native_state"] == "CANCELLED"
    assert "Ctrl-C" in lab.manifest()["failure"]["reason"]
    run_to_the_end(lab)
    assert native_state(lab) == "CANCELLED"


def test_ctrl_c_while_run_waits_cancels_the_run(lab):
    lab.make(FOREVER)
    lab.fork("launch", "--grace", "1")
    lab.fork("run")
    lab.started()
    waiting = lab.start("run", "--wait", start_new_session=True)
    wait_until(lambda: "sleeping" in status_of(waiting.pid) and in_python(waiting.pid), "run waits")
    time.sleep(0.3)

    os.killpg(waiting.pid, signal.SIGINT)

    answer = finish(waiting)
    assert answer.code == 130, answer
    assert "Traceback" not in answer.stderr
    assert "Ctrl-C" in lab.manifest()["failure"]["reason"]


def status_of(pid: int) -> str:
    with open(f"/proc/{pid}/status") as file:
        return file.read()


def in_python(pid: int) -> bool:
    """True once the stages are loaded: before that, an interrupt is the interpreter's own affair."""
    with open(f"/proc/{pid}/maps") as file:
        return "_ruamel_yaml" in file.read()


def in_a_terminal(lab: Lab, *argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", PTY, sys.executable, "-m", "autolab_cli", *argv],
        cwd=lab.root,
        env=lab.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def test_ctrl_c_typed_at_a_terminal_cancels_the_run(lab):
    lab.make(FOREVER)
    terminal = in_a_terminal(lab, "launch", "--wait", "--grace", "1")
    lab.started()
    wait_until(lambda: lab.state()["last_run_id"], "the launch is recorded")
    time.sleep(0.3)

    output, _ = terminal.communicate(b"\x03", timeout=30)

    assert b"Traceback" not in output
    assert b"interrupted" in output
    assert lab.processes() == []
    assert "Ctrl-C" in lab.manifest()["failure"]["reason"]


def test_the_run_outlives_its_terminal(lab):
    lab.make(FOREVER)
    terminal = in_a_terminal(lab, "launch", "--wait")
    lab.started()
    wait_until(lambda: lab.state()["last_run_id"], "the launch is recorded")

    terminal.kill()
    terminal.communicate()

    (lab.root / "go").touch()
    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_the_run_outlives_its_launcher(lab, number):
    lab.make(FOREVER)
    waiting = lab.start("launch", "--wait", start_new_session=True)
    lab.started()
    wait_until(lambda: lab.state()["last_run_id"], "the launch is recorded")

    os.killpg(waiting.pid, number)
    finish(waiting)

    (lab.root / "go").touch()
    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"
    assert lab.starts() == lab.run_ids()


# --- the script on its own


@pytest.mark.parametrize("path", ["run", "launch"])
def test_the_script_of_a_run_starts_once_whoever_starts_it_again(lab, path):
    lab.make()
    lab.fork("launch")
    lab.job_ended()
    lab.ended()
    before = lab.hashes(FOLDER)
    script = lab.run / "run_local.sh" if path == "run" else lab.root / FOLDER / "launch/run_local.sh"

    again = subprocess.run(["bash", script], env=lab.env, cwd="/", capture_output=True, text=True, check=False)

    assert again.returncode == 75
    assert "started before" in again.stderr
    assert lab.starts() == lab.run_ids()
    assert lab.hashes(FOLDER) == before


# --- waiting, and what a job leaves behind


@pytest.mark.parametrize(("body", "code"), [("exit 0", 0), ("echo no >&2; exit 3", 1)])
def test_waiting_ends_with_the_run(lab, body, code):
    lab.make(body)

    answer = lab.cli("launch", "--wait")

    assert (answer.code, answer.stderr) == (code, "")
    assert "has ended" in answer.stdout
    if code:
        run_to_the_end(lab)
        assert native_state(lab) == "FAILED"
        assert "exit code 3" in lab.manifest()["failure"]["reason"]
        assert lab.log("stderr.log") == "no\n"


def test_what_a_job_left_in_the_background_ends_with_it(lab):
    lab.make("sleep 60 & nohup sleep 61 >/dev/null 2>&1 & echo done")
    lab.fork("launch")
    lab.job_ended()

    lab.ended()

    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"


def test_results_are_not_read_while_a_process_of_the_run_lives(lab):
    lab.make("setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $! > stray.pid")
    lab.fork("launch")
    lab.job_ended()
    wait_until(lambda: supervision(lab)["ended_at"], "the supervisor ends")
    stray = int((lab.root / "stray.pid").read_text())
    wait_until(lambda: lab.processes() == [stray], "the supervisor is gone")
    lab.fork("run")

    began = time.monotonic()
    answer = lab.fork("extract", "--json")
    took = time.monotonic() - began

    assert (answer.code, answer.json["outcome"]) == (1, "stay")
    assert "still" in answer.json["summary"]
    assert str(stray) in answer.json["summary"] + answer.json["advice"]
    assert lab.extractions() == []
    assert not (lab.run / "metrics.json").exists()
    assert took < 5
    again = lab.fork("launch", "--json")
    assert again.json["outcome"] == "stay"
    os.kill(stray, signal.SIGKILL)
    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"


def test_waiting_ends_although_a_process_of_the_run_lives(lab):
    lab.make("setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $! > stray.pid")

    answer = lab.cli("launch", "--wait")

    assert answer.code == 0, answer
    os.kill(int((lab.root / "stray.pid").read_text()), signal.SIGKILL)
    lab.finish_iteration()
