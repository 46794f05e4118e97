"""The example experiments are what really comes out when they are carried out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.digest import sha256_of
from autolab_core.io.journal import read_journal
from autolab_core.models.experiment.state import fold
from autolab_core.vocab.experiment import ExperimentEnd, Phase, PhaseEnd

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FINISHED = ("golden_iteration", "exp-001-momentum")
ABORTED = ("stopped_experiments", "exp-001-high-rate")
LOST = ("stopped_experiments", "exp-002-lost-baseline")
OF_THE_MOMENT = {"timestamp", "resource_usage"}


@pytest.fixture(scope="module")
def made_again(tmp_path_factory):
    place = tmp_path_factory.mktemp("examples")
    command = (sys.executable, EXAMPLES / "regenerate_experiments.py", place)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


def metrics(place, example):
    repository, experiment = example
    return json.loads((place / repository / "results" / experiment / "metrics.json").read_text())


def state(place, example):
    repository, experiment = example
    journal = read_journal(place / repository / ".autolab/experiments" / experiment / "journal.jsonl")
    assert journal.faults == ()
    return fold(journal.entries)


@pytest.mark.parametrize("place", ["committed", "made again"])
def test_one_ended_one_was_aborted_one_has_no_baseline(place, request):
    folder = EXAMPLES if place == "committed" else request.getfixturevalue("made_again")

    assert state(folder, FINISHED).end is ExperimentEnd.FINISHED
    assert state(folder, ABORTED).end is ExperimentEnd.ABORTED
    lost = state(folder, LOST)
    assert lost.end is None
    assert [each.end for each in lost.of(Phase.BASELINE)] == [PhaseEnd.NOT_REPRODUCED]
    assert lost.of(Phase.TREATMENT) == ()


@pytest.mark.parametrize("example", [FINISHED, ABORTED])
def test_the_numbers_come_out_again(made_again, example):
    committed, fresh = metrics(EXAMPLES, example), metrics(made_again, example)

    assert list(fresh) == list(committed)
    assert {key for key in fresh if fresh[key] != committed[key]} <= OF_THE_MOMENT


@pytest.mark.parametrize("example", [FINISHED, ABORTED, LOST])
def test_every_command_was_held_by_the_kernel(example):
    repository, _ = example
    for attempt in state(EXAMPLES, example).attempts:
        for command in attempt.commands:
            record = json.loads((EXAMPLES / repository / command["guard"]["record"]).read_text())
            assert record["level"] == command["guard"]["level"] != "none"
            assert record["after"]["seals_ok"] is True


def test_the_spec_is_the_one_that_was_sealed():
    for example in (FINISHED, ABORTED, LOST):
        repository, experiment = example
        sealed = state(EXAMPLES, example).sealed
        assert sealed["sha256"] == sha256_of(EXAMPLES / repository / f"experiments/{experiment}.md")
