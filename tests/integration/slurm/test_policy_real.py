"""The policy's words about Slurm on a real one: attempts that Slurm begins, and how often it is asked."""

from __future__ import annotations

import shutil

import pytest

from autolab_core.io.layout import POLICY
from autolab_verifiers.engine.verify import verify
from tests.integration.crash.lab import wait_until
from tests.integration.slurm.test_launch_real import LONG, Site, sites


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


def says(site: Site, text: str) -> None:
    site.lab.write(POLICY, f"slurm: {{{text}}}\n")


def asked(site: Site, program: str) -> int:
    log = site.lab.outside / f"{program}.calls"
    return len(log.read_text().splitlines()) if log.exists() else 0


def count(site: Site, program: str) -> None:
    """From now on each call of *program* about jobs is counted."""
    log, real = site.lab.outside / f"{program}.calls", shutil.which(program)
    site.lab.program(program, f'#!/bin/sh\ncase "$*" in *--jobs=*) echo x >>{log} ;; esac\nexec {real} "$@"\n')


def test_a_job_that_slurm_puts_back_is_followed_to_the_end_of_its_second_attempt(site):
    # The first attempt runs until it is taken away, the second one ends.
    site.make('[ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || sleep 300; echo "attempt ${SLURM_RESTART_COUNT:-0}"')
    says(site, "requeue: true")
    site.do("launch")
    job = site.only_job()
    site.lab.started()
    assert site.do("monitor", "--json").json["runs"][0]["status"] == "running"

    site.cluster.must("scontrol", "requeue", job)
    wait_until(lambda: site.do("monitor").code == 0 and site.lab.manifest()["status"] == "pending", "it waits again")
    wait_until(lambda: site.do("monitor").code == 0 and site.lab.manifest()["status"] == "synced", "it ends", 60)

    manifest, logs = site.lab.manifest(), site.lab.run / "logs"
    assert (manifest["job_id"], site.jobs()) == (job, [job])
    assert manifest["scheduler"]["attempt"] == 2
    assert len(site.lab.starts()) == 2
    assert "attempt 1\n" in site.lab.log("stdout.log")
    assert (logs / "start.attempt-0.json").exists()
    assert site.do("extract", "--json").json["outcome"] == "advance"
    report = verify(str(site.lab.root), stage="extract_results", iteration_id="iter_001", run_id=site.lab.run.name)
    assert report.passed, [check for check in report.checks if check.status == "fail"]
    assert site.do("monitor", "--replay", site.lab.run.name).code == 0


def test_without_a_word_of_the_policy_a_job_is_not_put_back(site):
    site.make(LONG)
    site.do("launch")
    site.lab.started()

    asked = site.cluster.run("scontrol", "requeue", site.only_job())

    assert asked.returncode != 0
    assert len(site.lab.starts()) == 1


def test_the_cluster_is_asked_once_within_the_time_that_the_policy_says(site):
    site.make(LONG)
    says(site, "poll_seconds: 600")
    site.do("launch")
    site.lab.started()
    count(site, "squeue")

    for _ in range(3):
        assert site.do("monitor").code == 0
    shared = asked(site, "squeue")
    says(site, "poll_seconds: 0")
    for _ in range(3):
        assert site.do("monitor").code == 0

    assert (shared, asked(site, "squeue")) == (1, 4)


def test_the_manifest_names_the_cluster_and_the_job_is_asked_about_where_it_is(site):
    site.make("sleep 1")

    launched = site.do("launch", "--json")
    manifest = site.lab.manifest()

    assert (manifest["cluster"], manifest["submission"]["own_cluster"]) == ("c1", True)
    assert f"as job {manifest['job_id']} of cluster c1" in launched.json["summary"]
    wait_until(lambda: site.do("monitor").code == 0 and site.lab.manifest()["status"] == "synced", "it ends", 60)


@pytest.fixture
def bare_site(lab, slurm_without_accounting):
    yield from sites(lab, slurm_without_accounting)


def test_a_cluster_without_accounting_is_asked_about_a_job_of_its_own_without_its_name(bare_site):
    site = bare_site
    site.make("sleep 1")
    site.do("launch")

    wait_until(lambda: site.do("monitor").code == 0 and site.lab.manifest()["status"] == "synced", "it ends", 60)

    assert site.lab.manifest()["cluster"] == "c1"


def test_a_bad_policy_is_one_line_and_changes_nothing(site):
    site.make(LONG)
    site.do("launch")
    before = site.lab.manifest()
    says(site, "poll_seconds: often")

    answer = site.do("monitor")

    assert answer.code == 2
    assert answer.stderr.startswith(f"autolab: {POLICY}:1: at /slurm/poll_seconds ")
    assert answer.stderr.count("\n") == 1
    assert site.lab.manifest() == before
