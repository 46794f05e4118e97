"""`autolab launch` inside an allocation of a real Slurm: what fits runs in it, and is judged as a local run is."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence

import attrs
import pytest

from autolab_verifiers.engine.verify import verify
from tests.integration.crash.lab import Answer, finish, wait_until
from tests.integration.slurm.test_launch_real import KILLED, LONG, Site, sites

ASKS = ("--time=10", "--nodes=1", "--ntasks=1", "--cpus-per-task=2", "--mem=1500")
AUTOLAB = f'"{sys.executable}" -m autolab_cli'
SAYS = 'echo "job $SLURM_JOB_ID on ${SLURMD_NODENAME-no node} with $SLURM_CPUS_ON_NODE cpus"; sleep 0.5'


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


def inside(site: Site, line: str, asks: Sequence[str] = ASKS, *, on_node: bool = False) -> Answer:
    """Hold an allocation as long as bash runs *line*, in which `$autolab` is the command; *on_node*: on its node."""
    step = ("srun", "--overlap") if on_node else ()
    words = ("salloc", "--quiet", *asks, *step, "bash", "-c", line.replace("$autolab", AUTOLAB))
    return finish(site.lab.spawn(*words, env=site.env))


def answers(said: Answer) -> list[dict]:
    """The JSON documents of *said*, one a command."""
    decoder, text, found = json.JSONDecoder(), said.stdout.strip(), []
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].strip()
    return found


def passes(site: Site, stage: str) -> None:
    report = verify(str(site.lab.root), stage=stage, iteration_id="iter_001", run_id=site.lab.run.name)
    assert report.passed, [check for check in report.checks if check.status == "fail"]


@pytest.mark.parametrize("on_node", [False, True])
def test_a_run_that_fits_runs_in_the_allocation_to_its_results(site, on_node):
    site.make(SAYS)

    said = inside(
        site, "$autolab launch --json && $autolab monitor --json && $autolab run --wait --json", on_node=on_node
    )

    launched, looked, extracted = answers(said)
    manifest, job = site.lab.manifest(), site.only_job()
    assert f"inside allocation {job}" in launched["summary"]
    assert (looked["outcome"], looked["runs"][0]["job_id"]) == ("advance", job)
    assert f"inside allocation {job}, nothing to monitor" in looked["summary"]
    assert extracted["outcome"] == "advance", extracted
    cpus = 2 if on_node else 1  # what the shell's own step has, or what the design asks for
    assert site.lab.log("stdout.log") == f"job {job} on {site.cluster.nodes[0]} with {cpus} cpus\n"
    assert (manifest["host_mode"], manifest["launch_mode"], manifest["job_id"]) == ("slurm", "slurm", job)
    assert (manifest["submission"]["allocation"], manifest["cluster"]) == (job, "c1")
    assert manifest["submission"]["script"].endswith(f"{site.lab.run.name}/run_local.sh")
    assert manifest["status"] == "completed"
    assert manifest["artifact_sync_to_local"]["method"] == "shared_filesystem"
    rows = site.ledger()
    assert [row.split("|")[6].strip() for row in rows][-1] == "completed"
    assert all(f" {job} " in row for row in rows)
    passes(site, "extract_results")


def test_what_does_not_fit_is_a_job_of_its_own_and_the_answer_says_why(site):
    site.make(LONG)

    said = inside(site, "$autolab launch --json", ("--time=10", "--ntasks=1", "--mem=300"))

    (launched,) = answers(said)
    manifest = site.lab.manifest()
    assert f"as job {manifest['job_id']}" in launched["summary"]
    assert "gives 300M of memory, the run needs 1G" in launched["summary"]
    assert (manifest["submission"]["allocation"], len(site.jobs())) == (None, 2)


def test_a_run_can_be_kept_out_of_the_allocation(site):
    site.make(LONG)

    said = inside(
        site,
        "$autolab launch --dry-run && $autolab launch --dry-run --no-allocation && $autolab launch --no-allocation",
    )

    allocation, job = sorted(site.jobs(), key=int)
    assert f"would start inside allocation {allocation}: sh job.sh\n" in said.stdout
    assert "would submit to Slurm: sh job.sh\n" in said.stdout
    assert (site.lab.manifest()["job_id"], site.lab.manifest()["submission"]["allocation"]) == (job, None)


def test_a_batch_job_that_launches_gets_a_job_for_its_run(site):
    site.make(LONG)
    script = site.lab.outside / "batch.sh"
    script.write_text(f'#!/bin/bash\n{AUTOLAB} launch --json >"$STARTS.launched"\nsleep 300\n')

    site.lab.spawn("sbatch", *ASKS, str(script), env=site.env).communicate(timeout=30)

    wait_until(lambda: len(site.jobs()) == 2, "the run's job is there")
    wait_until(lambda: site.lab.manifest()["job_id"], "the launch has recorded it")
    assert site.lab.manifest()["submission"]["allocation"] is None


def test_a_run_whose_allocation_is_taken_away_has_failed(site):
    site.make(LONG)

    inside(site, '$autolab launch --json && until [ -s "$STARTS" ]; do sleep 0.1; done')
    wait_until(lambda: site.do("monitor").code == 0 and site.lab.manifest()["status"] == "failed", "it is seen")

    manifest = site.lab.manifest()
    assert "left no exit marker" in manifest["failure"]["reason"] or manifest["failure"]["exit"], manifest["failure"]
    assert site.do("extract", "--json").json["retry_stage"] == "launch"
    passes(site, "extract_results")


@pytest.mark.parametrize("on_node", [False, True])
def test_cancel_stops_the_run_and_leaves_the_allocation(site, on_node):
    site.make("trap 'echo told; exit 9' INT; while :; do sleep 0.1; done", cli="bash job.sh")
    line = (
        '$autolab launch --json && until [ -s "$STARTS" ]; do sleep 0.1; done && sleep 0.5'
        " && $autolab cancel --json && squeue -h -j $SLURM_JOB_ID -o '\"%T\"'"
    )

    said = inside(site, line, on_node=on_node)

    _launched, cancelled, state = answers(said)
    assert (cancelled["outcome"], state) == ("cancelled", "RUNNING"), said
    assert site.lab.log("stdout.log") == "told\n"
    manifest = site.lab.manifest()
    assert (manifest["status"], manifest["failure"]["native_state"]) == ("failed", "CANCELLED")


@attrs.define
class Held(Site):
    """A site whose commands are called in an allocation that stays."""

    allocation: str = ""

    @property
    def env(self) -> dict[str, str]:
        return {**Site.env.fget(self), "SLURM_JOB_ID": self.allocation, "SLURM_CLUSTER_NAME": "c1"}


def hold(site: Site) -> Held:
    said = finish(site.lab.spawn("salloc", "--no-shell", *ASKS, env=site.env))
    (allocation,) = re.findall(r"Granted job allocation ([0-9]+)", said.stderr)
    return Held(site.lab, site.cluster, allocation=allocation)


def around_the_start(effects: Sequence[str]) -> list[int]:
    """Some effects (from 1), from the start of the supervisor to the end of the launch."""
    (start,) = (number for number, effect in enumerate(effects, 1) if "supervisor" in effect and "Popen" in effect)
    return [start, *range(start + 1, len(effects) + 1, 40)]


def test_a_launch_that_is_killed_anywhere_around_the_start_is_one_run_in_the_allocation(site):
    site.make()
    held = hold(site)
    whole = attrs.evolve(held, lab=held.lab.copy("whole"))
    counted = whole.do("launch", counted=True)
    assert counted.code == 0, counted
    killed = []

    for number in around_the_start(counted.effects):
        broken = attrs.evolve(held, lab=held.lab.copy(f"kill-{number}"))
        if broken.do("launch", kill_at=number).code != KILLED:
            continue
        again = broken.do("launch", "--json")
        assert again.json["outcome"] == "advance" or "launched already" in again.json["summary"], (number, again)
        killed.append(broken)

    assert len(killed) >= 3, len(counted.effects)
    for broken in (whole, *killed):
        broken.lab.job_ended()
        assert broken.lab.manifest()["job_id"] == held.allocation
        assert broken.lab.starts() == [broken.lab.run.name]
        assert broken.do("run", "--wait", "--json").json["outcome"] == "advance"
        assert broken.do("run", "--json").json["outcome"] == "advance"
        assert broken.lab.manifest()["status"] == "completed"


def test_a_run_is_stopped_at_its_own_limit_and_the_allocation_goes_on(site):
    site.make("trap 'echo told; exit 9' INT; while :; do sleep 0.1; done", cli="bash job.sh", walltime="00:00:03")
    held = hold(site)
    held.do("launch")

    wait_until(lambda: held.do("monitor").code == 0 and held.lab.manifest()["status"] == "failed", "it is stopped")

    failure = held.lab.manifest()["failure"]
    assert failure["native_state"] == "TIMEOUT"
    assert held.lab.log("stdout.log") == "told\n"
    assert site.cluster.must("squeue", "-h", "-j", held.allocation, "-o", "%T").strip() == "RUNNING"
