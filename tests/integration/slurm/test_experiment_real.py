"""A spec that is carried out in a real job of Slurm's: under the guard of its run, with a journal, and verified."""

from __future__ import annotations

import pytest

from tests.integration.crash.lab import wait_until
from tests.integration.experiment.laboratory import RESULTS
from tests.integration.experiment.launching import (
    COMMAND,
    SCRIPT,
    assert_carried_out,
    assert_verifies,
    journal,
    with_experiment,
)
from tests.integration.slurm.test_launch_real import sites


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


@pytest.mark.parametrize("cli", [COMMAND, SCRIPT], ids=["command", "python"])
def test_a_job_carries_out_its_spec_and_the_iteration_verifies(site, cli):
    lab = with_experiment(site.lab, cli, location="location: slurm, ")
    answer = site.do("launch", "--json")
    assert answer.code == 0, answer
    assert site.ended() == "COMPLETED", lab.log("stderr.log")

    wait_until(lambda: site.do("run") and lab.state()["stage"] == "update_docs", "the results are read")

    assert lab.manifest()["status"] == "completed"
    assert lab.manifest()["guard"]["verified"] is True
    assert_carried_out(lab)
    # The hours of an allocation without a GPU are none, and nobody had to ask for them.
    assert lab.json(f"{RESULTS}/metrics.json")["resource_usage"]["gpu_hours"] == 0
    assert_verifies(lab)


def test_a_job_whose_experiment_is_aborted_fails_and_leaves_its_numbers(site):
    lab = with_experiment(site.lab, location="location: slurm, ")
    lab.write("behaviour.json", '{"treatment 1": {"lines": ["{\\"step\\": 7, \\"loss\\": 1e9}"], "sleep": 300}}')
    assert site.do("launch", "--json").code == 0
    assert site.ended() == "FAILED"

    wait_until(lambda: site.do("run") and lab.manifest()["failure"], "the failure is seen")

    assert lab.manifest()["failure"]["exit"] == "1:0"
    (aborted,) = journal(lab, "aborted")
    assert (aborted["criterion"], aborted["step"]) == ("A1", 7)
    found = lab.json(f"{RESULTS}/metrics.json")
    assert (found["abort_triggered"], found["per_seed"][0]) == (True, {"seed": 0, "loss": 0.5})
