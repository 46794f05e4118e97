"""``kill -9`` of what a launch leaves behind: the supervisor at each of its effects, the script, everything at once."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.integration.crash.lab import Lab, wait_until
from tests.integration.crash.test_kill_everywhere import check_truth

INJECT = Path(__file__).with_name("inject")
KILL = signal.SIGKILL
SLEEPING = "while [ ! -e go ]; do sleep 0.05; done"


def crashing(lab: Lab, number: int) -> dict[str, str]:
    """An environment in which the supervisor counts its effects, and dies at *number* (0: does not)."""
    return {"PYTHONPATH": str(INJECT), "CRASH_SUPERVISOR": f"{lab.outside}/supervisor.labels|{number}"}


def supervisor_effects(lab: Lab) -> list[str]:
    path = lab.outside / "supervisor.labels"
    return path.read_text().splitlines() if path.exists() else []


def supervisor_pid(lab: Lab) -> int:
    record = lab.run / "logs/supervisor.json"
    wait_until(record.exists, "the supervisor writes its record")
    return int(lab.json(record)["pid"])


def script_pid(lab: Lab) -> int:
    lab.started()
    return int(lab.json(lab.run / "logs/start.json")["pid"])


def kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, KILL)


def count(lab: Lab) -> list[str]:
    counted = lab.copy("counted")
    assert counted.fork("launch", env=crashing(counted, 0)).code == 0
    counted.job_ended()
    counted.ended()
    return supervisor_effects(counted)


def kill_supervisor_at(base: Lab, number: int) -> None:
    lab = base.copy(f"supervisor-{number}")
    try:
        assert lab.fork("launch", env=crashing(lab, number)).code == 0
        lab.ended()
        assert len(supervisor_effects(lab)) == number
        lab.finish_iteration()
        assert len(lab.starts()) == 1
        last = lab.state()["last_run_id"]
        assert lab.starts() == [last]
        manifests = {run_id: lab.json(f"{lab.root}/{manifest_of(run_id)}") for run_id in lab.run_ids()}
        assert manifests.pop(last)["status"] == "completed"
        # A supervisor that died before it started the script: that run never began, and says so.
        assert [m["failure"]["reason"] for m in manifests.values()] == ["it never began"] * len(manifests)
    except AssertionError as error:
        raise AssertionError(f"supervisor killed at {number}: {supervisor_effects(lab)[-1:]}") from error
    finally:
        lab.kill_left_over()


def manifest_of(run_id: str) -> str:
    return f"experiments/plan/iter_001/runs/{run_id}/run_manifest.json"


@pytest.mark.parametrize("moment", ["first", "before-the-script", "after-the-script", "last"])
def test_a_killed_supervisor_loses_nothing(lab, moment):
    lab.make()
    effects = count(lab)
    (script,) = [number for number, label in enumerate(effects, 1) if "Popen" in label]
    number = {"first": 1, "before-the-script": script, "after-the-script": script + 1, "last": len(effects)}[moment]

    kill_supervisor_at(lab, number)


@pytest.mark.long
def test_a_supervisor_killed_at_any_effect_loses_nothing(lab):
    lab.make()

    for number in range(1, len(count(lab)) + 1):
        kill_supervisor_at(lab, number)


@pytest.mark.parametrize("number", [1, 8])
def test_a_launcher_and_its_supervisor_may_both_die(lab, number):
    lab.make()
    effects = lab.copy("counted").fork("launch", counted=True).effects
    (spawn,) = [n for n, label in enumerate(effects, 1) if "Popen" in label and "supervisor" in label]
    lab.fork("launch", kill_at=spawn + 2, env=crashing(lab, number))
    lab.ended()

    lab.finish_iteration()

    check_truth(lab)


def test_a_supervisor_killed_in_the_middle_leaves_the_job_running(lab):
    lab.make(SLEEPING)
    lab.fork("launch")
    script = script_pid(lab)
    os.kill(supervisor_pid(lab), KILL)

    answer = lab.fork("run"), lab.fork("run")

    assert [a.code for a in answer] == [0, 0]
    assert os.getpgid(script) == script
    (lab.root / "go").touch()
    lab.finish_iteration()
    check_truth(lab)


def failed_run(lab: Lab) -> None:
    """What must be true of a run that was killed: it failed, says why, kept its logs, and is to be launched again."""
    lab.ended()
    answers = [lab.fork("run"), lab.fork("run")]
    assert [answer.code for answer in answers] == [0, 1], answers
    assert "no exit marker" in answers[1].stdout
    manifest = lab.manifest()
    assert manifest["status"] == "failed"
    assert "no exit marker" in manifest["failure"]["reason"]
    assert manifest["failure"]["outcome"] == "needs_retry"
    assert manifest["timestamps"]["completed_at"]
    assert lab.state()["stage"] == "launch"
    metrics = lab.json(lab.run / "metrics.json")
    assert metrics["status"] == "failed"
    assert metrics["primary_metric"]["value"] is None
    assert "no exit marker" in metrics["missing"][0]
    assert lab.log("stdout.log") == "said before the end\n"
    assert lab.extractions() == []


def launched_and_saying(lab: Lab) -> None:
    lab.make(f"echo said before the end; {SLEEPING}")
    assert lab.fork("launch").code == 0
    wait_until(lambda: (lab.run / "logs/stdout.log").exists() and lab.log("stdout.log"), "the job says something")


def test_a_killed_script_is_a_failed_run(lab):
    launched_and_saying(lab)

    os.kill(script_pid(lab), KILL)

    failed_run(lab)
    assert "SIGKILL" in lab.manifest()["failure"]["reason"]


def test_a_killed_process_group_is_a_failed_run(lab):
    launched_and_saying(lab)

    kill_group(script_pid(lab))

    failed_run(lab)
    assert "SIGKILL" in lab.manifest()["failure"]["reason"]


def test_when_everything_is_killed_the_run_failed(lab):
    launched_and_saying(lab)
    os.kill(supervisor_pid(lab), KILL)

    kill_group(script_pid(lab))

    failed_run(lab)
    assert "processes are gone" in lab.manifest()["failure"]["reason"]


def test_after_a_failed_run_the_next_launch_makes_a_new_one(lab):
    launched_and_saying(lab)
    kill_group(script_pid(lab))
    failed_run(lab)
    (lab.root / "go").touch()

    lab.finish_iteration()

    assert len(lab.run_ids()) == 2
    assert sorted(lab.starts()) == lab.run_ids()
    assert lab.state()["last_run_id"] == lab.starts()[-1]
