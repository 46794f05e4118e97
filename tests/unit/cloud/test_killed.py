"""``cloud-run run``, killed on its way: the same command finds its run, there is one job, results come home once."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from autolab_core.cloud import looking, running
from autolab_core.cloud.pulling import fetching, placing
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.io.journal import JournalFile
from autolab_core.vocab.errors import ExperimentRefused
from tests.unit.cloud import samples
from tests.unit.cloud.dying import killed_at
from tests.unit.cloud.labs import Lab, lab_at
from tests.unit.experiment.samples import metrics, state_of

EVERY = (
    (CloudRecords, "save"),
    (FolderStorage, "put_if_absent"),
    (FolderStorage, "put"),
    (samples.ProcessEngine, "submit"),
    (running, "hand_over"),
    (looking, "look"),
    (fetching, "_write"),
    (placing, "_carry_over"),
    (placing, "_rename"),
    (placing, "_remove"),
    (JournalFile, "append"),
)


def whole(lab: Lab) -> None:
    """What the command does without ``--detach``."""
    intent = lab.submit()
    looking.wait(lab.root, intent.run_id, lambda name: lab.engine, lambda address: lab.storage, every=0.05)
    lab.pull(intent.run_id)


def found_again(lab: Lab) -> None:
    """The same command, after it was killed; where nothing was left to do it says so."""
    before = [each.run_id for each in CloudRecords(lab.root).every()]
    with suppress(ExperimentRefused):  # the experiment has ended
        whole(lab)
    (run_id,) = [each.run_id for each in CloudRecords(lab.root).every()]
    assert before in ([], [run_id])
    assert [path.stem for path in lab.engine.folder.glob("*.json")] == [run_id]
    assert lab.look().standing.exit_code == 0
    assert [row["loss"] for row in metrics(lab.root)["per_seed"]] == [0.3, 0.31, 0.32]
    assert state_of(lab.root).end == "finished"
    assert (lab.results / "mine.txt").read_text() == "mine"
    assert [path.name for path in lab.results.parent.iterdir()] == [lab.results.name]


def used(place: Path) -> Lab:
    """A lab below *place* whose results hold something already, so that a pull has to put it aside."""
    lab = lab_at(place)
    lab.results.mkdir(parents=True)
    (lab.results / "mine.txt").write_text("mine")
    return lab


@pytest.mark.parametrize(
    ("effect", "place"),
    [
        ((looking, "look"), 2),  # while it waits
        ((placing, "_rename"), 1),  # while the results are put in their place
        ((JournalFile, "append"), 6),  # while the numbers are recorded
    ],
)
def test_killed_there_the_same_command_finds_its_run(tmp_path, effect, place):
    lab = used(tmp_path)

    assert killed_at(partial(whole, lab), [effect], place, "after")

    found_again(lab)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_anywhere_the_same_command_finds_its_run(tmp_path: Path, when):
    place, killed = 1, True
    while killed:
        (tmp_path / str(place)).mkdir()
        lab = used(tmp_path / str(place))
        killed = killed_at(partial(whole, lab), EVERY, place, when)
        found_again(lab)
        place += 1

    assert place > 30
