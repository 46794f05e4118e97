"""The example of a third party's scheduler: built and installed as any package, and used by the real commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.layout import POLICY
from autolab_verifiers.engine.verify import verify
from tests.integration.crash.lab import wait_until

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/scheduler_plugin"


@pytest.fixture
def rehearsed(lab, site):
    """A repository on a host that has Slurm by its looks, whose policy names the scheduler; how to run commands."""
    for program in ("sinfo", "squeue"):
        lab.program(program, "#!/bin/sh\necho slurm 22.05.8\n")

    def do(*argv: str, scheduler: str = "rehearsal", path: Path = site):
        lab.write(POLICY, f"launch: {{scheduler: {scheduler}}}\n")
        return lab.cli(*argv, env={"PYTHONPATH": os.pathsep.join([str(ROOT), str(path)])})

    lab.make("echo hello; sleep 0.5", location="location: slurm, ")
    return do


def test_a_run_goes_through_all_stages_by_the_scheduler_that_the_policy_names(rehearsed, lab):
    launched = rehearsed("launch", "--json")
    assert launched.code == 0, launched
    manifest = lab.manifest()
    assert (manifest["job_id"], manifest["host_mode"]) == (str(manifest["submission"]["pid"]), "slurm")
    assert manifest["submission"]["script"].endswith("/run_slurm.sbatch")

    wait_until(lambda: rehearsed("monitor").code == 0 and lab.manifest()["status"] == "synced", "it is synced")
    assert rehearsed("extract", "--json").json["outcome"] == "advance"

    assert lab.log("stdout.log") == "hello\n"
    assert len(lab.starts()) == 1
    assert lab.manifest()["scheduler"]["state"] == "COMPLETED"
    report = verify(str(lab.root), stage="extract_results", iteration_id="iter_001", run_id=lab.run.name)
    assert report.passed, [check for check in report.checks if check.status == "fail"]


def test_it_cancels(rehearsed, lab):
    lab.write("job.sh", 'echo "$AUTOLAB_RUN_ID" >> "$STARTS"\nsleep 300\n')
    rehearsed("launch")
    lab.started()

    assert rehearsed("cancel", "--json").json["outcome"] == "cancelled"
    assert lab.manifest()["failure"]["native_state"] == "CANCELLED"


def test_slurm_itself_may_be_named(rehearsed, lab):
    """Its commands here answer nothing that could be understood, so nothing is submitted."""
    answer = rehearsed("launch", "--json", scheduler="slurm")

    assert (answer.code, answer.json["outcome"]) == (1, "stay")
    assert "squeue" in answer.json["summary"]


def one_line(answer, *said: str) -> None:
    assert (answer.code, answer.stderr.count("\n")) == (2, 1), answer
    assert answer.stderr.startswith("autolab: ")
    for text in said:
        assert text in answer.stderr


@pytest.mark.parametrize("command", ["launch", "monitor", "cancel"])
def test_a_name_that_nobody_brings_is_one_line_with_those_that_are_there(rehearsed, lab, command):
    if command != "launch":
        rehearsed("launch")

    answer = rehearsed(command, scheduler="pbs")

    one_line(answer, "no scheduler 'pbs' is installed", "slurm is built in", "installed: rehearsal")
    lab.write(POLICY, "")


def test_a_local_run_does_not_look_for_schedulers(rehearsed, lab):
    lab.make("true")
    for program in ("sinfo", "squeue"):
        (lab.bin / program).unlink()
        lab.program(program, "#!/bin/sh\nexit 1\n")

    assert rehearsed("launch", scheduler="pbs").code == 0


def test_a_broken_one_is_one_line_that_names_its_distribution(rehearsed, lab, tmp_path):
    info = tmp_path / "broken" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[autolab_schedulers]\nshaky = shaky_scheduler:make\n")

    answer = rehearsed("launch", scheduler="shaky", path=info.parent)

    one_line(answer, "'shaky' (shaky_scheduler:make of broken) cannot be made: ModuleNotFoundError")


def test_its_own_tests_pass(site, example, tmp_path):
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={tmp_path / 'child'}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}
    environment.pop("PYTEST_ADDOPTS", None)
    command = (sys.executable, "-P", "-m", "pytest", *options)

    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=example, check=False)

    assert done.returncode == 0, done.stdout
    assert "19 passed" in done.stdout
