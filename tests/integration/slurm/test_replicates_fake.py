"""Replicates as a job array, on the fake cluster: launch, watch, extract, launch again what failed."""

from __future__ import annotations

import json

import pytest

from autolab_core.testing import FaultySlurm
from autolab_verifiers.engine.verify import verify
from tests.integration.crash.lab import FOLDER, wait_until
from tests.integration.slurm import replicates as made


class Site:
    """The repository, and a fake cluster that really runs what is submitted."""

    def __init__(self, lab, folder, **settings):
        self.lab = lab
        self.slurm = FaultySlurm(folder, **{"execute": True, **settings})

    def do(self, *argv, **options):
        env = {**self.slurm.environment, "AUTOLAB_SLURM_INTERVAL": "0"}
        env["PATH"] = f"{self.lab.bin}:{env['PATH']}"
        return self.lab.fork(*argv, env=env, **options)

    def arrays(self):
        """The ids of the arrays that were submitted."""
        return sorted({job.id.partition("_")[0] for job in self.slurm.jobs() if job.task is not None})

    def watched(self):
        """Look until the current group has settled."""

        def settled():
            answer = self.do("monitor", "--json")
            return answer if answer.json["outcome"] != "stay" else None

        return wait_until(settled, "the group settles", 60)

    def verified(self):
        """Every run passes the verifiers."""
        for run_id in self.lab.run_ids():
            report = verify(str(self.lab.root), stage=None, iteration_id="iter_001", run_id=run_id)
            assert report.passed, (run_id, report)


@pytest.fixture
def site(lab, tmp_path):
    yield Site(made.make(lab), tmp_path / "slurm")
    wait_until(lambda: not lab.processes(), "the jobs' processes end")


# --- the whole way


def test_a_group_is_one_array_whose_tasks_are_runs(site):
    answer = site.do("launch", "--run-id", "g1", "--json")

    group = made.manifest(site.lab, "g1")
    assert (answer.code, answer.json["outcome"]) == (0, "advance"), answer
    assert site.arrays() == [group["job_id"]]
    assert group["replicates"] == [{"index": k, "run_id": f"g1-r{k}", "seed": 10 + k} for k in range(3)]
    assert group["command"] == "sh job.sh '{seed}' '{replicate}'"
    for index in range(3):
        each = made.manifest(site.lab, f"g1-r{index}")
        assert each["replicate"] == {"group": "g1", "index": index, "seed": 10 + index}
        assert (each["job_id"], each["status"]) == (f"{group['job_id']}_{index}", "submitted")
        assert each["command"] == f"sh job.sh {10 + index} {index}"
        assert each["submission"] == group["submission"]
    assert group["submission"]["script"] == f"{FOLDER}/runs/g1/run_slurm.sbatch"


def test_a_group_that_ends_well_has_the_numbers_of_all_its_replicates(site):
    site.do("launch", "--run-id", "g1")
    watched = site.watched()
    asked = [line.split(chr(34))[1] for line in (site.slurm.folder / "calls.jsonl").read_text().splitlines()]
    answer = site.do("run", "--json")

    assert (watched.code, watched.json["outcome"]) == (0, "advance"), watched
    assert asked.count("sbatch") == 1
    assert (answer.code, answer.json["outcome"]) == (0, "advance"), answer
    assert set(made.statuses(site.lab).values()) == {"completed"}
    metrics = site.lab.json(f"{FOLDER}/runs/g1/metrics.json")
    assert metrics["status"] == "completed"
    assert metrics["primary_metric"] == {"name": "distance", "value": 13.0, "delta_vs_baseline": 1.0}
    assert metrics["baseline_results"] == [{"name": "plain", "value": 12.0, "loss": 0.5}]
    assert metrics["variant_results"] == [{"name": "drift", "value": 13.0, "loss": 0.25}]
    assert metrics["per_run_metrics"][-1] == {
        "name": "drift",
        "run_id": "g1-r2",
        "seed": 12,
        "distance": 14.0,
        "loss": 0.25,
    }
    assert len(metrics["per_run_metrics"]) == 6
    site.verified()


def test_what_failed_is_launched_again_and_nothing_else(site):
    made.fail(site.lab, 1)
    site.do("launch", "--run-id", "g1")
    watched, extracted = site.watched(), site.do("run", "--json")

    group = made.manifest(site.lab, "g1")
    assert group["status"] == "partial"
    assert group["failure"]["missing"] == ["replicate 1 (run g1-r1): it ended with exit code 3"]
    assert "is partial: 1 of 3 replicates did not succeed" in watched.json["summary"]
    assert (extracted.json["outcome"], extracted.json["retry_stage"]) == ("needs_retry", "launch"), extracted
    assert made.statuses(site.lab) == {
        "g1": "partial",
        "g1-r0": "completed",
        "g1-r1": "failed",
        "g1-r2": "completed",
    }
    metrics = site.lab.json(f"{FOLDER}/runs/g1/metrics.json")
    assert (metrics["status"], len(metrics["per_run_metrics"])) == ("partial", 4)
    site.verified()

    made.fail(site.lab)
    again = site.do("launch", "--run-id", "g2", "--json")
    site.watched()
    answer = site.do("run", "--json")

    assert "only replicate 1 of 3, because 2 succeeded in run g1" in again.json["summary"]
    assert sorted(site.lab.starts()) == ["g1-r0", "g1-r1", "g1-r2", "g2-r1"]
    assert [each["run_id"] for each in made.manifest(site.lab, "g2")["replicates"]] == ["g1-r0", "g2-r1", "g1-r2"]
    assert (answer.json["outcome"], made.manifest(site.lab, "g2")["status"]) == ("advance", "completed"), answer
    assert site.lab.json(f"{FOLDER}/runs/g2/metrics.json")["primary_metric"]["value"] == 13.0
    site.verified()


def partial(site, *failed):
    """A group of which these failed, extracted; the state is back at launch."""
    made.fail(site.lab, *failed)
    site.do("launch", "--run-id", "g1")
    site.watched()
    site.do("run")
    made.fail(site.lab)
    assert site.lab.state()["stage"] == "launch"


def test_all_are_launched_again_when_asked_for_or_when_the_code_has_changed(site):
    partial(site, 0)
    whole = site.do("launch", "--dry-run", "--whole", "--run-id", "g2", "--json")
    site.lab.write("extract.py", made.EXTRACT + "# another\n")
    made.commit(site.lab)
    changed = site.do("launch", "--run-id", "g2", "--json")

    for listed in (whole.json["manifest"], made.manifest(site.lab, "g2")):
        assert [each["run_id"] for each in listed["replicates"]] == ["g2-r0", "g2-r1", "g2-r2"]
    assert "all replicates again: the commit is not that of run g1-r1" in changed.json["summary"]


def test_what_autolab_itself_writes_is_no_change_of_the_code(site):
    """Somebody keeps runs, scripts and ledger in git: the next launch changes them, and the work is still the same."""
    made.fail(site.lab, 2)
    site.do("launch", "--run-id", "g0", "--whole")
    site.watched()
    site.do("run")
    made.commit(site.lab)
    site.do("launch", "--run-id", "g1", "--whole")
    site.watched()
    site.do("run")
    made.fail(site.lab)

    again = site.do("launch", "--run-id", "g2", "--json")

    assert "only replicate 2 of 3" in again.json["summary"], again
    assert made.manifest(site.lab, "g1")["commit"]["dirty"] is False


# --- cancel, and looking at it


def test_cancel_ends_the_whole_array_by_one_command(lab, tmp_path):
    site = Site(made.make(lab, body="sleep 100"), tmp_path / "slurm")
    site.do("launch", "--run-id", "g1")
    wait_until(lambda: len(lab.starts()) == 3, "the tasks start")

    answer = site.do("cancel", "--json")

    calls = (site.slurm.folder / "calls.jsonl").read_text().splitlines()
    assert (answer.code, answer.json["outcome"]) == (0, "cancelled"), answer
    assert len([line for line in calls if '"scancel"' in line]) == 1
    assert set(made.statuses(lab).values()) == {"failed"}
    assert site.do("cancel", "--json").json["outcome"] == "already ended"
    wait_until(lambda: not lab.processes(), "the jobs' processes end")


def test_one_replicate_may_be_cancelled_alone(lab, tmp_path):
    site = Site(made.make(lab, body='[ "$2" != 1 ] || sleep 100'), tmp_path / "slurm")
    site.do("launch", "--run-id", "g1")
    wait_until(lambda: len(lab.starts()) == 3, "the tasks start")

    answer = site.do("cancel", "g1-r1", "--json")
    site.watched()

    assert answer.json["outcome"] == "cancelled"
    assert made.statuses(lab) == {"g1": "partial", "g1-r0": "synced", "g1-r1": "failed", "g1-r2": "synced"}
    wait_until(lambda: not lab.processes(), "the jobs' processes end")


def test_every_command_that_looks_knows_groups(site):
    site.do("launch", "--run-id", "g1")
    site.watched()

    assert "run           g1: synced (job" in site.do("status").stdout
    assert [line.split()[0] for line in site.do("ls").stdout.splitlines()] == ["g1", "g1-r0", "g1-r1", "g1-r2"]
    assert "parts     g1-r0, g1-r1, g1-r2" in site.do("show", "g1").stdout
    assert "g1-r0, g1-r1, g1-r2" in site.do("logs", "g1").stderr
    assert site.do("logs", "g1-r1").code == 0
    assert site.do("monitor", "--replay", "g1-r1").code == 0
    assert "replay a replicate: g1-r0" in site.do("monitor", "--replay", "g1").stderr
    assert site.do("ledger", "verify").code == 0
    shown = site.do("ledger", "show", "--current").stdout
    assert all(f"{run}  " in shown for run in ("g1", "g1-r0", "g1-r1", "g1-r2"))


def test_a_group_that_runs_is_one_active_run(lab, tmp_path):
    site = Site(made.make(lab, body="sleep 100"), tmp_path / "slurm")
    site.do("launch", "--run-id", "g1")
    wait_until(lambda: len(lab.starts()) == 3, "the tasks start")

    site.do("monitor")
    report = verify(str(lab.root), stage=None, iteration_id="iter_001", run_id="g1")
    again = site.do("launch", "--json")

    assert set(made.statuses(lab).values()) == {"running"}
    assert report.passed, report
    assert "run g1 of iter_001 is running" in again.json["summary"]
    site.do("cancel")
    wait_until(lambda: not lab.processes(), "the jobs' processes end")


# --- a launch that did not come to its end, and a Slurm that does not answer


def test_a_monitor_gives_the_tasks_the_ids_that_a_killed_launch_did_not(site):
    site.do("launch", "--run-id", "g1")
    for index in range(3):
        path = f"{FOLDER}/runs/g1-r{index}/run_manifest.json"
        manifest = site.lab.json(path)
        manifest.update(job_id=None, status="pending", history=manifest["history"][:1])
        site.lab.write(path, json.dumps(manifest))

    site.watched()

    job = made.manifest(site.lab, "g1")["job_id"]
    assert [made.manifest(site.lab, f"g1-r{index}")["job_id"] for index in range(3)] == [f"{job}_{k}" for k in range(3)]
    assert set(made.statuses(site.lab).values()) == {"synced"}


def test_while_slurm_does_not_answer_nothing_changes_and_nothing_is_lost(site):
    site.do("launch", "--run-id", "g1")
    fault = site.slurm.fault("squeue", "time_out")
    other = site.slurm.fault("sacct", "time_out")
    silent = site.do("monitor", "--json")
    site.slurm.lift(fault)
    site.slurm.lift(other)

    site.watched()

    assert silent.json["outcome"] == "stay"
    assert set(made.statuses(site.lab).values()) == {"synced"}


def test_a_cluster_that_refuses_the_array_fails_the_group_and_its_replicates(site):
    site.slurm.configure(max_array_size=2)

    answer = site.do("launch", "--run-id", "g1", "--json")

    assert (answer.code, answer.json["retry_stage"]) == (1, "launch"), answer
    assert set(made.statuses(site.lab).values()) == {"failed"}
    assert site.arrays() == []
    site.slurm.configure(max_array_size=1001)
    assert site.do("launch", "--run-id", "g2").code == 0


def test_an_unclear_submission_is_settled_by_the_array_s_name(site):
    site.slurm.fault("sbatch", "accept_then_time_out", times=1)

    answer = site.do("launch", "--run-id", "g1", "--json")

    [array] = site.arrays()
    assert (answer.code, made.manifest(site.lab, "g1-r2")["job_id"]) == (0, f"{array}_2"), answer
