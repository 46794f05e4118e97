"""The private cluster is a real Slurm: jobs end in every way, and each of its parts can fail."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cluster.processes import ClusterError
from tests.cluster.scheduling import shares_cluster


def test_a_job_completes_and_accounting_sees_it(slurm):
    job = slurm.submit("echo hello")

    assert slurm.wait_state(job) == "COMPLETED"
    assert slurm.wait_accounted(job, "COMPLETED") == "COMPLETED|0:0"
    assert (slurm.work / f"{job}.out").read_text() == "hello\n"


def test_a_job_fails_with_its_exit_code(slurm):
    job = slurm.submit("exit 3")

    assert slurm.wait_state(job) == "FAILED"
    assert slurm.wait_accounted(job, "FAILED") == "FAILED|3:0"


def test_jobs_run_on_both_nodes(slurm):
    jobs = [slurm.submit("echo $SLURMD_NODENAME", "--nodelist", node) for node in slurm.nodes]

    assert [slurm.wait_state(job) for job in jobs] == ["COMPLETED", "COMPLETED"]
    assert [(slurm.work / f"{job}.out").read_text().strip() for job in jobs] == list(slurm.nodes)


def test_a_shortened_limit_ends_a_job_as_timed_out(slurm):
    job = slurm.submit("sleep 100")
    slurm.wait_state(job, "RUNNING")

    slurm.must("scontrol", "update", f"jobid={job}", "EndTime=now+1")

    assert slurm.wait_state(job, seconds=60) == "TIMEOUT"


def test_a_job_that_outgrows_its_memory_ends_as_out_of_memory_where_cgroups_bound_it(slurm):
    job = slurm.submit("""python3 -c 'print(len(b"x" * 300 * 2**20))'""", "--mem=40M")

    assert slurm.wait_state(job) == ("OUT_OF_MEMORY" if slurm.description.cgroups else "COMPLETED")


def test_a_stopped_controller_is_seen_and_comes_back(slurm):
    slurm.daemon("slurmctld").stop()
    asked = slurm.run("squeue", environment=slurm.impatient)
    slurm.daemon("slurmctld").start()

    assert asked.returncode == 1
    assert "Unable to contact slurm controller (connect failure)" in asked.stderr
    assert slurm.run("squeue").returncode == 0


def test_a_hung_controller_takes_questions_and_does_not_answer(slurm):
    slurm.daemon("slurmctld").hang()
    asked = slurm.run("squeue", environment=slurm.impatient)
    slurm.daemon("slurmctld").resume()

    assert asked.returncode == 1
    assert "Socket timed out" in asked.stderr
    assert slurm.run("squeue").returncode == 0


def test_without_slurmdbd_jobs_run_and_accounting_does_not_answer(slurm):
    slurm.daemon("slurmdbd").stop()
    job = slurm.submit("true")
    ended = slurm.wait_state(job)
    asked = slurm.run("sacct", "-j", job)
    slurm.daemon("slurmdbd").start()

    assert ended == "COMPLETED"
    assert (asked.returncode, "Problem talking to the database" in asked.stderr) == (1, True)
    assert slurm.wait_accounted(job, "COMPLETED") == "COMPLETED|0:0"


def test_a_stopped_munge_is_named_by_a_command(slurm):
    slurm.daemon("munged").stop()
    asked = slurm.run("squeue")

    assert asked.returncode == 1
    assert "Munge encode failed" in asked.stderr


def test_a_failed_node_ends_its_jobs_and_no_others(slurm):
    broken, whole = slurm.nodes
    lost = slurm.submit("sleep 100", "--no-requeue", "--nodelist", broken)
    kept = slurm.submit("sleep 100", "--no-requeue", "--nodelist", whole)
    for job in (lost, kept):
        slurm.wait_state(job, "RUNNING")

    slurm.fail_node(broken)

    assert slurm.wait_state(lost) == "NODE_FAIL"
    assert slurm.state(kept) == "RUNNING"


def test_a_test_leaves_a_cluster_that_works(slurm):
    """The tests before this one broke much of it."""
    assert slurm.must("squeue", "-h") == ""
    assert set(slurm.node_states().values()) == {"idle"}


def test_a_drained_node_takes_no_job(slurm):
    for node in slurm.nodes:
        slurm.drain(node)

    job = slurm.submit("true")
    time.sleep(1)

    assert slurm.state(job) == "PENDING"


def test_a_wiped_controller_starts_again_at_the_first_id(own_slurm):
    cluster = own_slurm(accounting=False)
    before = [cluster.submit("true") for _ in range(2)]

    cluster.wipe_state()

    assert before == ["1", "2"]
    assert cluster.state("2") == ""
    assert cluster.submit("true") == "1"


def test_without_accounting_sacct_says_so(slurm_without_accounting):
    asked = slurm_without_accounting.run("sacct")

    assert asked.returncode == 1
    assert "Slurm accounting storage is disabled" in asked.stderr


def test_a_daemon_that_cannot_start_is_reported_with_its_log(own_slurm):
    with pytest.raises(ClusterError, match=r"slurmctld has ended by itself[\s\S]*NoSuchKey"):
        own_slurm(accounting=False, extra=("NoSuchKey=1",))


def test_files_that_ask_for_a_shared_cluster_run_in_one_worker():
    here = Path(__file__)

    assert shares_cluster(here)
    assert not shares_cluster(here.with_name("test_leftovers.py"))
