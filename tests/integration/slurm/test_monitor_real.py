"""`autolab monitor` on a real Slurm: every end is judged right, and no trouble of the cluster's becomes a run's."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from tests.integration.crash.lab import finish, wait_until
from tests.integration.slurm.test_launch_real import LONG, Site, sites


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


def monitor(site: Site, *options: str):
    return site.do("monitor", "--json", *options)


def until_status(site: Site, *statuses: str, seconds: float = 60) -> dict:
    """Look until the run has one of *statuses*; its manifest."""
    end = time.monotonic() + seconds
    while True:
        answer = monitor(site)
        manifest = site.lab.manifest()
        if manifest["status"] in statuses:
            return manifest
        assert time.monotonic() < end, (manifest["status"], manifest["scheduler"], answer)
        time.sleep(0.3)


def statuses(manifest: dict) -> list[str]:
    return [entry["status"] for entry in manifest["history"]]


def check_replay(site: Site) -> None:
    answer = site.do("monitor", "--replay", site.lab.run.name, "--json")
    assert (answer.code, answer.json["differences"]) == (0, []), answer


def test_a_job_that_ends_well_is_synced_and_then_completed(site):
    site.make("echo hello; sleep 2")
    site.do("launch")
    manifest = until_status(site, "synced")

    sync, said = manifest["artifact_sync_to_local"], manifest["scheduler"]
    assert (sync["status"], sync["method"]) == ("ok", "shared_filesystem")
    assert sync["files"] >= 4
    assert len(sync["checksums_sha256"]) == 64
    assert (said["state"], said["exit"], said["limit"]) == ("COMPLETED", "0:0", "00:01:00")
    checked = subprocess.run(["sha256sum", "--check", "--strict", "artifacts.sha256"], cwd=site.lab.run, check=False)
    assert checked.returncode == 0
    state = site.lab.state()
    assert (state["stage"], state["sync_status"]) == ("extract_results", "ok")
    answer = site.do("extract", "--json")
    assert (answer.json["outcome"], site.lab.manifest()["status"]) == ("advance", "completed")
    assert b"metrics.json" in (site.lab.run / "artifacts.sha256").read_bytes()
    check_replay(site)


def test_a_job_that_fails_is_failed_with_its_code_and_its_logs_are_no_results(site):
    site.make("echo oops >&2; exit 3")
    site.do("launch")
    manifest = until_status(site, "failed")

    failure, sync = manifest["failure"], manifest["artifact_sync_to_local"]
    assert (failure["native_state"], failure["exit"], failure["stage"]) == ("FAILED", "3:0", "slurm_monitor")
    assert failure["advice"] == "read logs/stderr.log of the run"
    assert sync["diagnosis"].startswith("diagnostic: ")
    assert not (site.lab.run / "artifacts.sha256").exists()
    assert site.lab.state()["stage"] == "extract_results"
    answer = site.do("extract", "--json")
    assert (answer.code, answer.json["outcome"], answer.json["retry_stage"]) == (1, "needs_retry", "launch")
    check_replay(site)


def test_a_job_at_its_limit_is_timed_out_with_a_longer_one_to_ask_for(site):
    site.make(LONG)
    site.do("launch")
    site.lab.started()
    site.cluster.must("scontrol", "update", f"jobid={site.only_job()}", "EndTime=now+1")
    site.cluster.wait_state(site.only_job(), seconds=70)
    manifest = until_status(site, "failed")

    assert manifest["failure"]["native_state"] == "TIMEOUT"
    assert "set compute.walltime_estimate to 00:05:00 (--time=00:05:00)" in manifest["failure"]["advice"]
    check_replay(site)


def test_a_job_that_somebody_cancels_is_cancelled(site):
    site.make(LONG)
    site.do("launch")
    site.lab.started()
    assert until_status(site, "running")["scheduler"]["state"] == "RUNNING"
    site.cluster.must("scancel", site.only_job())
    manifest = until_status(site, "failed")

    assert manifest["failure"]["native_state"] == "CANCELLED"
    assert manifest["failure"]["reason"].startswith("cancelled")
    assert statuses(manifest)[-2:] == ["running", "failed"]
    check_replay(site)


def test_a_job_that_outgrows_its_memory_is_told_how_much_more_to_ask_for(site):
    if not site.cluster.description.cgroups:
        site.make("exit 1")  # without cgroups no job ends like this
    else:
        site.make("""python3 -c 'print(len(b"x" * 300 * 2**20))'""")
        site.lab.replace("experiments/plan/iter_001/design.yaml", "memory_estimate: 1G", "memory_estimate: 40M")
        site.lab.approve()
    site.do("launch")
    manifest = until_status(site, "failed")

    if site.cluster.description.cgroups:
        assert manifest["failure"]["native_state"] == "OUT_OF_MEMORY"
        assert "(--mem=64M)" in manifest["failure"]["advice"]
    check_replay(site)


def test_a_waiting_job_is_pending_with_its_reason_and_a_stuck_one_says_what_to_do(site):
    for node in site.cluster.nodes:
        site.cluster.drain(node)
    site.make()
    site.do("launch")
    job = site.only_job()

    manifest = until_status(site, "pending")
    site.cluster.must("scontrol", "hold", job)
    answer = monitor(site)

    assert manifest["scheduler"]["state"] == "PENDING"
    assert (answer.code, answer.json["outcome"]) == (0, "stay")
    assert "an administrator holds it" in site.lab.manifest()["scheduler"]["stuck"]
    assert answer.json["summary"].endswith(answer.json["runs"][0]["stuck"])


def test_a_stopped_controller_changes_no_status_and_is_one_row_of_the_ledger(site):
    site.make(LONG)
    site.patient = False
    site.do("launch")
    site.lab.started()
    until_status(site, "running")
    rows = len(site.ledger())
    site.cluster.daemon("slurmctld").stop()
    site.cluster.daemon("slurmdbd").stop()

    answers = [monitor(site) for _ in range(3)]
    during = site.lab.manifest()
    noted = site.ledger()
    site.cluster.daemon("slurmdbd").start()
    site.cluster.daemon("slurmctld").start()
    site.cluster.must("scancel", site.only_job())
    after = until_status(site, "failed")

    assert [(answer.code, answer.json["outcome"]) for answer in answers] == [(0, "stay")] * 3
    assert (during["status"], statuses(during)[-1]) == ("running", "running")
    assert during["scheduler"]["unknown_since"]
    assert len(noted) == rows + 1
    assert "not known since" in noted[-1]
    assert "unknown_since" not in after["scheduler"]
    assert after["failure"]["native_state"] == "CANCELLED"
    check_replay(site)


def test_a_job_that_was_forgotten_before_the_first_look_is_judged_by_the_accounting(lab, own_slurm):
    for site in sites(lab, own_slurm(min_job_age=2)):
        site.make("exit 3")
        site.do("launch")
        job = site.only_job()
        wait_until(lambda site=site, job=job: site.cluster.state(job) == "", "the job is purged", seconds=40)
        manifest = until_status(site, "failed")

        # The accounting keeps 7 bits of a code; the marker has all of them.
        assert manifest["failure"]["exit"] == "3:0"
        assert manifest["scheduler"]["sacct"][1].startswith(f"{job}|FAILED|3:0|")
        check_replay(site)


@pytest.mark.long
def test_a_purged_job_without_accounting_is_judged_by_its_own_marker(lab, own_slurm):
    for site in sites(lab, own_slurm(accounting=False, min_job_age=2)):
        site.make("exit 0")
        site.do("launch")
        job = site.only_job()
        wait_until(lambda site=site, job=job: site.cluster.state(job) == "", "the job is purged", seconds=40)
        answer = monitor(site)
        assert site.lab.manifest()["status"] in {"submitted", "synced"}, answer
        manifest = until_status(site, "synced", seconds=90)

        assert "its own exit marker does" in " ".join(manifest["scheduler"]["notes"])
        check_replay(site)


def test_wait_looks_until_the_end_and_says_by_its_code_how_that_was(site):
    site.make("sleep 3; exit 4")
    site.do("launch")

    answer = site.do("monitor", "--wait", "--json")

    rounds = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.code == 1
    assert rounds[-1]["next_look_seconds"] is None
    assert rounds[-1]["runs"][0]["status"] == "failed"
    assert all(each["next_look_seconds"] >= 5 for each in rounds[:-1])


def test_wait_says_what_changes_line_by_line_where_there_is_no_terminal(site):
    site.make("sleep 1")
    site.do("launch")

    answer = site.do("monitor", "--wait")

    assert answer.code == 0, answer
    assert f"{site.lab.run.name} job {site.only_job()}: COMPLETED, synced" in answer.stdout
    assert "extract_results" not in answer.stderr


def test_control_c_leaves_the_job_alone(site):
    site.make(LONG)
    site.do("launch")
    site.lab.started()
    waiting = site.start("monitor", "--wait", start_new_session=True)
    wait_until(lambda: site.lab.manifest()["status"] == "running", "the first look is made")
    time.sleep(0.5)
    waiting.send_signal(signal.SIGINT)
    end = finish(waiting)

    assert end.code == 130
    assert "the job is left alone" in end.stderr
    assert site.cluster.state(site.only_job()) == "RUNNING"


def test_a_look_that_is_killed_anywhere_is_made_good_by_the_next(site):
    site.make("exit 0")
    site.do("launch")
    site.ended()
    base = site.lab
    whole = Site(base.copy("whole"), site.cluster)
    counted = whole.do("monitor", counted=True)
    assert counted.code == 0, counted

    for number in range(1, len(counted.effects) + 1, 7):
        broken = Site(base.copy(f"kill-{number}"), site.cluster)
        broken.do("monitor", kill_at=number)
        manifest = until_status(broken, "synced")
        assert statuses(manifest).count("synced") == 1
        assert broken.lab.state()["stage"] == "extract_results"
        assert "| synced |" in broken.ledger()[-1]
        check_replay(broken)


def test_a_history_that_was_edited_does_not_agree_with_the_answers(site):
    site.make("exit 3")
    site.do("launch")
    manifest = until_status(site, "failed")
    path = site.lab.run / "run_manifest.json"
    manifest["history"][-1]["status"] = manifest["status"] = "completed"
    path.write_text(json.dumps(manifest))

    answer = site.do("monitor", "--replay", site.lab.run.name)

    assert answer.code == 1
    assert "does NOT agree" in answer.stdout
