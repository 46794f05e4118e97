"""Replicates as a job array on a real Slurm."""

from __future__ import annotations

import signal

import pytest

from autolab_verifiers.engine.verify import verify
from tests.integration.crash.lab import FOLDER, wait_until
from tests.integration.slurm import replicates as made
from tests.integration.slurm.test_launch_real import Site, sites

KILLED = -signal.SIGKILL


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


def arrays(site: Site) -> list[str]:
    """The ids of the arrays of this repository that slurmctld knows, ended ones too."""
    rows = site.cluster.must("squeue", "-h", "-t", "all", "-r", "-O", "ArrayJobID:0|,WorkDir:0").splitlines()
    pairs = (row.split("|", 1) for row in rows)
    return sorted({job.strip() for job, folder in pairs if folder.strip() == str(site.lab.root)})


def watched(site: Site) -> None:
    wait_until(lambda: site.do("monitor", "--json").json["outcome"] != "stay", "the group settles", 60)


def check(site: Site) -> None:
    """Every run passes the verifiers, and so does the ledger."""
    for run_id in site.lab.run_ids():
        report = verify(str(site.lab.root), stage=None, iteration_id="iter_001", run_id=run_id)
        assert report.passed, (run_id, report.message)


def test_all_replicates_end_well_and_their_numbers_are_put_together(site):
    made.make(site.lab)

    launched = site.do("launch", "--run-id", "g1", "--json")
    watched(site)
    answer = site.do("run", "--json")

    assert (launched.code, answer.json["outcome"]) == (0, "advance"), (launched, answer)
    group = made.manifest(site.lab, "g1")
    assert arrays(site) == [group["job_id"]]
    assert set(made.statuses(site.lab).values()) == {"completed"}
    tasks = [made.manifest(site.lab, f"g1-r{index}") for index in range(3)]
    assert [each["job_id"] for each in tasks] == [f"{group['job_id']}_{index}" for index in range(3)]
    assert [each["scheduler"]["state"] for each in tasks] == ["COMPLETED"] * 3
    metrics = site.lab.json(f"{FOLDER}/runs/g1/metrics.json")
    assert metrics["primary_metric"] == {"name": "distance", "value": 13.0, "delta_vs_baseline": 1.0}
    assert sorted(row["seed"] for row in metrics["per_run_metrics"]) == [10, 10, 11, 11, 12, 12]
    check(site)


def test_what_failed_is_launched_again_and_nothing_else(site):
    made.make(site.lab)
    made.fail(site.lab, 1)
    site.do("launch", "--run-id", "g1")
    watched(site)
    first = site.do("run", "--json")
    made.fail(site.lab)

    again = site.do("launch", "--run-id", "g2", "--json")
    watched(site)
    second = site.do("run", "--json")

    assert (first.json["outcome"], first.json["retry_stage"]) == ("needs_retry", "launch"), first
    assert made.manifest(site.lab, "g1")["status"] == "partial"
    assert made.manifest(site.lab, "g1-r1")["failure"]["exit"] == "3:0"
    assert "only replicate 1 of 3" in again.json["summary"]
    assert (second.json["outcome"], made.manifest(site.lab, "g2")["status"]) == ("advance", "completed"), second
    assert sorted(site.lab.starts()) == ["g1-r0", "g1-r1", "g1-r2", "g2-r1"]
    assert len(arrays(site)) == 2
    check(site)


def test_a_launch_that_is_killed_around_its_effects_leaves_one_array(site):
    made.make(site.lab)
    base = site.lab
    counted = Site(base.copy("whole"), site.cluster).do("launch", "--run-id", "g1", counted=True)
    assert counted.code == 0, counted
    effects = counted.effects
    (sbatch,) = (number for number, effect in enumerate(effects, 1) if "'sbatch'" in effect and "Popen" in effect)
    first = next(number for number, effect in enumerate(effects, 1) if "g1-r0" in effect)
    killed = []

    for number in (first + 3, sbatch - 2, sbatch, sbatch + 2, sbatch + 9, sbatch + 17, sbatch + 25):
        broken = Site(base.copy(f"kill-{number}"), site.cluster)
        if broken.do("launch", "--run-id", "g1", kill_at=number).code == KILLED:
            again = broken.do("launch", "--json")
            assert again.json["outcome"] == "advance" or "launched already" in again.json["summary"], (number, again)
            killed.append(broken)

    assert len(killed) >= 5, len(effects)
    for broken in killed:
        [array] = arrays(broken)
        ids = [made.manifest(broken.lab, f"g1-r{index}")["job_id"] for index in range(3)]
        assert ids == [f"{array}_{index}" for index in range(3)]
        wait_until(lambda lab=broken.lab: len(lab.starts()) == 3, "all tasks start")
        assert sorted(broken.lab.starts()) == ["g1-r0", "g1-r1", "g1-r2"]


def test_cancel_ends_the_array_and_one_task_of_it(site):
    made.make(site.lab, body="sleep 300")
    site.do("launch", "--run-id", "g1")
    wait_until(lambda: len(site.lab.starts()) >= 2, "tasks start")

    one = site.do("cancel", "g1-r1", "--json")
    running = made.statuses(site.lab)
    whole = site.do("cancel", "--json")

    assert one.json["outcome"] == "cancelled", one
    assert running["g1-r1"] == "failed"
    assert whole.json["outcome"] in {"cancelled", "killed"}, whole
    assert set(made.statuses(site.lab).values()) == {"failed"}
    assert {made.manifest(site.lab, f"g1-r{index}")["failure"]["native_state"] for index in range(3)} == {"CANCELLED"}
    assert site.do("cancel", "--json").json["outcome"] == "already ended"
