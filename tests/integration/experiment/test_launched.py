"""A spec that is carried out inside of a launched run: the run's guard holds its commands, and all of it verifies."""

from __future__ import annotations

import pytest

from tests.integration.crash.lab import Lab, labs, wait_until
from tests.integration.experiment.launching import (
    COMMAND,
    SCRIPT,
    assert_carried_out,
    assert_verifies,
    with_experiment,
)


@pytest.fixture
def lab(tmp_path, zygote):
    """A place for a repository with an iteration, as the tests of launches have it."""
    yield from labs(tmp_path, zygote)


def launched(lab: Lab) -> Lab:
    answer = lab.fork("launch", "--json")
    assert answer.code == 0, answer
    wait_until((lab.run / "logs/exit.json").exists, "the job ends", 120)
    lab.ended()
    return lab


@pytest.mark.parametrize("cli", [COMMAND, SCRIPT], ids=["command", "python"])
def test_a_launched_run_carries_out_its_spec_and_the_iteration_verifies(lab, cli):
    launched(with_experiment(lab, cli))
    assert lab.json(lab.run / "logs/exit.json")["exit_code"] == 0, lab.log("stderr.log")

    lab.finish_iteration()

    assert lab.manifest()["status"] == "completed"
    assert_carried_out(lab)
    assert_verifies(lab)
