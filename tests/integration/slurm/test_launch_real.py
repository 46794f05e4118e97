"""`autolab launch` on a real Slurm: one job for a run, whatever happens to the launch or to the cluster."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from autolab_verifiers.engine.verify import verify
from tests.cluster.cluster import Cluster
from tests.integration.crash.lab import FOLDER, Answer, Lab, finish, wait_until

KILLED = -signal.SIGKILL
LONG = "sleep 300"


@attrs.define
class Site:
    """A repository whose design asks for Slurm, and the cluster that it is launched on."""

    lab: Lab
    cluster: Cluster
    patient: bool = True

    @property
    def env(self) -> dict[str, str]:
        """Fresh answers each time; an impatient client gives a silent slurmctld 2 s."""
        given = self.cluster.environment if self.patient else self.cluster.impatient
        return {"SLURM_CONF": given["SLURM_CONF"], "AUTOLAB_SLURM_INTERVAL": "0"}

    def make(self, body: str = "", **options: Any) -> Site:
        self.lab.make(body, **({"location": "location: slurm, "} | options))
        return self

    def do(self, *argv: str, kill_at: int | None = None, counted: bool = False) -> Answer:
        return self.lab.fork(*argv, env=self.env, kill_at=kill_at, counted=counted)

    def start(self, *argv: str, **options: Any) -> subprocess.Popen[str]:
        return self.lab.start(*argv, env=self.env, **options)

    def jobs(self) -> list[str]:
        """The ids of all jobs that slurmctld knows of runs of this repository, ended ones too."""
        rows = self.cluster.must("squeue", "-h", "-t", "all", "-O", "JobID:0|,WorkDir:0").splitlines()
        pairs = (row.split("|", 1) for row in rows)
        return [job.strip() for job, folder in pairs if folder.strip() == str(self.lab.root)]

    def hang_at_sbatch(self) -> None:
        """The controller answers the launch's questions, and falls silent when the job is handed to it."""
        real, pid = shutil.which("sbatch"), self.cluster.daemon("slurmctld").pid
        self.lab.program("sbatch", f'#!/bin/sh\nkill -STOP {pid}\nexec {real} "$@"\n')

    def resume(self) -> None:
        (self.lab.bin / "sbatch").unlink(missing_ok=True)
        self.cluster.daemon("slurmctld").resume()

    def only_job(self) -> str:
        [job] = self.jobs()
        return job

    def ended(self) -> str:
        """Wait for the end of the only job; Slurm's word for it."""
        return self.cluster.wait_state(self.only_job())

    def ledger(self) -> list[str]:
        path = self.lab.root / "docs/slurm_job_list.md"
        run_id = self.lab.run.name
        return [line for line in path.read_text().splitlines() if f" {run_id} " in line] if path.exists() else []

    def check_one_job(self) -> None:
        """One job, which is the manifest's, started once; the launch is over and its record whole."""
        manifest, state = self.lab.manifest(), self.lab.state()
        assert [manifest["job_id"]] == self.jobs()
        assert (state["stage"], state["pending_run_id"]) == ("slurm_monitor", "")
        assert state["last_run_id"] == manifest["run_id"]
        assert len(self.ledger()) == 1
        assert self.ended() == "COMPLETED"
        assert self.lab.starts() == [manifest["run_id"]]


def sites(lab: Lab, cluster: Cluster) -> Iterator[Site]:
    site = Site(lab, cluster)
    yield site
    with contextlib.suppress(Exception):
        for name in ("munged", "slurmctld"):
            cluster.daemon(name).resume()
    cluster.cancel_all()
    wait_until(lambda: not lab.processes(), "the jobs' processes end")


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


# --- an ordinary launch


def test_a_launch_submits_the_run_which_tells_its_own_end(site):
    site.make("echo hello; echo trouble >&2; sleep 1")

    answer = site.do("launch", "--json")

    manifest, run = site.lab.manifest(), site.lab.run
    assert (answer.code, answer.json["outcome"]) == (0, "advance"), answer
    assert (manifest["status"], manifest["host_mode"], manifest["launch_mode"]) == ("submitted", "slurm", "slurm")
    assert f"job {manifest['job_id']}" in answer.json["summary"]
    assert manifest["verifier_snapshot"]["passed"], manifest["verifier_snapshot"]
    site.check_one_job()
    token = manifest["submission"]["token"]
    start, end = site.lab.json(run / "logs/start.json"), site.lab.json(run / "logs/exit.json")
    assert (start["token"], end["token"], end["exit_code"]) == (token, token, 0)
    assert (site.lab.log("stdout.log"), site.lab.log("stderr.log")) == ("hello\n", "trouble\n")
    report = verify(str(site.lab.root), stage="launch", iteration_id="iter_001", run_id=run.name)
    assert report.passed, report.message


def test_what_is_submitted_is_what_was_hashed(site):
    site.make(LONG)
    site.do("launch")

    manifest = site.lab.manifest()
    given = site.cluster.must("scontrol", "write", "batch_script", manifest["job_id"], "-")
    script = (site.lab.root / manifest["submission"]["script"]).read_bytes()

    assert script == (site.lab.root / FOLDER / "launch/run_slurm.sbatch").read_bytes()
    assert hashlib.sha256(script).hexdigest() == manifest["submission"]["script_sha256"]
    assert given.rstrip("\n").encode() == script.rstrip(b"\n")
    asked = site.cluster.must("squeue", "-h", "-j", manifest["job_id"], "-O", "Name:0|,TimeLimit:0|,MinMemory:0")
    assert asked.strip() == f"{manifest['submission']['token']}|1:00|1G"


def test_a_dry_run_shows_the_batch_script_and_submits_nothing(site):
    site.make()
    before = site.lab.hashes("experiments")

    answer = site.do("launch", "--dry-run")

    assert answer.code == 0, answer
    assert answer.stdout.startswith("would submit to Slurm: sh job.sh\n")
    assert f"would write: {FOLDER}/launch/run_slurm.sbatch\n" in answer.stdout
    assert "#SBATCH --time=00:01:00\n#SBATCH --mem=1G\n" in answer.stdout
    assert (site.jobs(), site.lab.hashes("experiments")) == ([], before)


def test_every_look_at_the_run_names_its_job(site):
    site.make(LONG)
    site.do("launch")
    job = site.only_job()

    assert f"(job {job}" in site.do("status").stdout
    assert f"job {job}" in site.do("ls").stdout
    assert f"job       {job}" in site.do("show", site.lab.run.name).stdout
    assert f"job {job}" in site.do("launch").stdout
    doctor = site.do("doctor")
    assert doctor.code == 0
    assert "it forgets a job 300 s after its end" in doctor.stdout
    assert "sacct can be asked" in doctor.stdout


# --- a refusal


def test_an_unknown_partition_fails_the_run_with_slurm_s_own_words(site):
    site.make()
    design = f"{FOLDER}/design.yaml"
    site.lab.replace(design, "cpus: 1", "cpus: 1, partition: nosuch")
    site.lab.approve()

    answer = site.do("launch", "--json")

    manifest = site.lab.manifest()
    assert (answer.code, answer.json["outcome"], answer.json["retry_stage"]) == (1, "needs_retry", "launch")
    assert (manifest["status"], manifest.get("job_id"), site.jobs()) == ("failed", None, [])
    assert "invalid partition specified: nosuch" in manifest["failure"]["reason"]
    site.lab.replace(design, ", partition: nosuch", "")
    site.lab.approve()
    assert site.do("launch").code == 0
    assert len(site.jobs()) == 1


def test_a_design_without_a_time_limit_goes_back_to_the_design(site):
    site.make()
    site.lab.replace(f"{FOLDER}/design.yaml", 'walltime_estimate: "00:01:00", ', "")
    site.lab.approve()

    answer = site.do("launch", "--json")

    assert (answer.code, answer.json["outcome"], answer.json["retry_stage"]) == (1, "needs_retry", "design")
    assert "compute.walltime_estimate" in answer.json["summary"]
    assert (site.jobs(), site.lab.run_ids()) == ([], [])


# --- one job, whatever happens


def test_a_launch_that_is_killed_while_sbatch_waits_leaves_one_job(site):
    site.make()
    site.hang_at_sbatch()
    launch = site.start("launch", start_new_session=True)
    sbatch = wait_until(lambda: sbatches(site.lab.root), "sbatch is at work")
    os.kill(launch.pid, signal.SIGKILL)
    finish(launch)

    site.patient = False
    during = site.do("launch", "--json")
    site.resume()
    site.patient = True
    wait_until(lambda: not sbatches(site.lab.root), "sbatch ends")
    after = site.do("launch", "--json")

    assert sbatch
    assert (during.code, during.json["outcome"]) == (1, "stay"), during
    assert "not known whether run" in during.json["summary"]
    assert (after.code, after.json["outcome"]) == (0, "advance"), after
    site.check_one_job()


def sbatches(root: Path) -> list[int]:
    """The processes that submit a script of the repository *root*."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"sbatch") and any(word.startswith(os.fsencode(root)) for word in words):
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("moment", ["before it is asked anything", "at the submission"])
def test_a_hung_controller_leaves_the_run_undecided_until_it_answers(site, moment):
    site.make()
    site.patient = False
    if moment == "at the submission":
        site.hang_at_sbatch()
    else:
        site.cluster.daemon("slurmctld").hang()

    first, second = (site.do("launch", "--json") for _ in range(2))
    state, manifest = site.lab.state(), site.lab.manifest()
    site.resume()
    third = site.do("launch", "--json")

    for answer in (first, second):
        assert (answer.code, answer.json["outcome"]) == (1, "stay"), answer
        assert "not known whether run" in answer.json["summary"]
        assert "autolab launch" in answer.json["advice"]
    assert (state["stage"], state["pending_run_id"]) == ("launch", manifest["run_id"])
    assert (manifest["status"], manifest.get("job_id")) == ("pending", None)
    assert (third.code, third.json["outcome"], third.json["run_id"]) == (0, "advance", manifest["run_id"])
    site.check_one_job()


def test_a_stopped_controller_leaves_no_job_and_the_next_launch_submits(site):
    site.make()
    site.patient = False
    slurmctld = site.cluster.daemon("slurmctld")
    slurmctld.stop()

    answer = site.do("launch", "--json")
    slurmctld.start()
    again = site.do("launch", "--json")

    assert (answer.code, answer.json["outcome"]) == (1, "stay"), answer
    assert (again.code, again.json["outcome"]) == (0, "advance"), again
    site.check_one_job()


def test_two_launches_at_once_are_one_job(site):
    site.make()

    ends = [finish(launch) for launch in [site.start("launch", "--json") for _ in range(2)]]

    assert sorted(end.code for end in ends) == [0, 1], ends
    site.check_one_job()


# --- cancel


@pytest.mark.parametrize("begun", [True, False])
def test_cancel_ends_the_job(site, begun):
    site.make(LONG)
    if not begun:
        for node in site.cluster.nodes:
            site.cluster.drain(node)
    site.do("launch")
    if begun:
        site.lab.started()

    answer = site.do("cancel", "--reason", "enough", "--json")

    assert (answer.code, answer.json["outcome"]) == (0, "cancelled"), answer
    assert site.ended() == "CANCELLED"
    assert len(site.lab.starts()) == begun
    assert site.do("cancel", "--json").json["outcome"] == "already ended"


def test_cancel_finds_the_job_of_a_launch_that_never_heard_of_it(site):
    site.make(LONG)
    site.patient = False
    site.hang_at_sbatch()
    launch = site.do("launch", "--json")
    site.resume()
    assert launch.json["outcome"] == "stay", launch
    wait_until(site.jobs, "the job that was asked for is there")

    answer = site.do("cancel", "--reason", "enough", "--json")

    # A job that was stopped before its script could begin has no end of its own to show.
    assert (answer.code, answer.json["outcome"] in {"cancelled", "killed"}) == (0, True), answer
    assert site.ended() == "CANCELLED"


# --- to the end


def test_autolab_run_takes_a_slurm_run_to_its_results(site):
    site.make()

    outcomes = []
    for _ in range(60):
        if site.lab.state()["stage"] == "update_docs":
            break
        answer = site.do("run", "--json")
        outcomes.append((answer.json["stage"], answer.json["outcome"]))
        if answer.json["outcome"] == "stay":
            time.sleep(0.5)

    manifest = site.lab.manifest()
    assert [each for each in outcomes if each[1] != "stay"] == [
        ("launch", "advance"),
        ("slurm_monitor", "advance"),
        ("extract_results", "advance"),
    ]
    assert (manifest["status"], manifest["failure"], manifest["host_mode"]) == ("completed", None, "slurm")
    assert manifest["verifier_snapshot"]["passed"]
    # A look that got no answer is a row of its own, with the same word: it is passed over here.
    words = [word for word, _ in itertools.groupby(line.split(" | ")[5] for line in site.ledger())]
    assert words in (
        ["submitted", "synced", "completed"],
        ["submitted", "pending", "synced", "completed"],
        ["submitted", "running", "synced", "completed"],
        ["submitted", "pending", "running", "synced", "completed"],
    )
    report = verify(str(site.lab.root), stage="extract_results", iteration_id="iter_001", run_id=manifest["run_id"])
    assert report.passed, report.message
