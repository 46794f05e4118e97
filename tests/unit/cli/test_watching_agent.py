"""An agent that watches a run writes what other stages are there to find out: `autolab monitor` does not let it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autolab_core.git.record import Recorder
from autolab_core.io.layout import HANDOVER
from autolab_core.io.repository import Repository
from tests.unit.cli.conftest import autolab
from tests.unit.repositories import FOLDER, copied, new_repository, read_json

RUN = f"{FOLDER}/runs/r1"
OF_OTHERS = {
    f"{RUN}/metrics.json": "{}\n",
    f"{FOLDER}/analysis/summary.md": "# All is well\n",
    f"{FOLDER}/review_result.json": '{"status": "pass"}\n',
    f"{FOLDER}/decision_result.json": '{"decision": "stop"}\n',
}


@pytest.fixture(scope="module")
def _launched(tmp_path_factory) -> Path:
    root = new_repository(tmp_path_factory.mktemp("watched") / "repository").root
    for words in (["review", "approve", "--who", "ada"], ["launch", "--run-id", "r1", "--wait"]):
        assert autolab(*words, cwd=root).code == 0
    Recorder.at(str(root)).commit("launched")
    return root


@pytest.fixture
def watched(_launched, tmp_path) -> Path:
    """A run that is over, of which nobody has looked at the end; its stage is `slurm_monitor`."""
    root = copied(_launched, tmp_path / "watched").root
    assert read_json(Repository(root), ".autolab/state.json")["stage"] == "slurm_monitor"
    return root


def stage(root: Path) -> str:
    return json.loads((root / ".autolab/state.json").read_text())["stage"]


@pytest.mark.parametrize("path", OF_OTHERS)
def test_a_monitor_that_writes_another_stage_s_file_stays_until_it_is_put_back(watched, here, path):
    assert here("render", cwd=watched).code == 0
    before = (watched / path).read_bytes() if (watched / path).exists() else None
    (watched / path).parent.mkdir(exist_ok=True)
    (watched / path).write_text(OF_OTHERS[path])

    answer = here("monitor", cwd=watched)

    assert answer.code == 1
    assert f"slurm_monitor: needs_retry, back to slurm_monitor: ES002 {path} was changed after the stage" in answer.out
    assert "put it back" in answer.out
    assert stage(watched) == "slurm_monitor"

    (watched / path).unlink() if before is None else (watched / path).write_bytes(before)
    assert here("monitor", cwd=watched).code == 0
    assert stage(watched) == "extract_results"
    assert here("extract", cwd=watched).code == 0


def test_what_a_monitor_may_write_and_what_monitoring_writes_is_in_order(watched, here):
    assert here("render", cwd=watched).code == 0
    (watched / "docs/notes.md").write_text("It went well.\n")

    assert here("monitor", cwd=watched).code == 0
    assert stage(watched) == "extract_results"

    answer = here("render", cwd=watched)  # the next stage, and no word of the hand-over that is over
    assert (answer.code, "set aside" in answer.out + answer.err) == (0, False)
    assert json.loads((watched / HANDOVER).read_text())["stage"] == "extract_results"


def test_extraction_that_an_agent_watches_writes_its_results(watched, here):
    assert here("monitor", cwd=watched).code == 0
    assert here("render", cwd=watched).code == 0

    assert here("extract", cwd=watched).code == 0
    assert stage(watched) == "update_docs"


def test_a_launch_that_an_agent_watches_is_judged_before_it_starts(empty, here):
    assert here("review", "approve", "--who", "ada", cwd=empty).code == 0
    Recorder.at(str(empty)).commit("approved")
    assert here("render", cwd=empty).code == 0
    (empty / "tools.py").write_text("x = 1\n")

    refused = here("launch", "--run-id", "r1", cwd=empty)
    assert (refused.code, "tools.py" in refused.out + refused.err) == (1, True), refused
    (empty / "tools.py").unlink()

    assert here("launch", "--run-id", "r1", "--wait", cwd=empty).code == 0
    assert stage(empty) == "slurm_monitor"


def test_a_person_who_watches_without_a_hand_over_changes_what_they_like(watched, here):
    (watched / "tools.py").write_text("x = 1\n")
    (watched / FOLDER / "analysis").mkdir(exist_ok=True)
    (watched / FOLDER / "analysis/summary.md").write_text("# Notes\n")

    assert here("monitor", cwd=watched).code == 0
    assert here("extract", cwd=watched).code == 0
    assert not (watched / HANDOVER).exists()


def test_rendering_another_stage_hands_nothing_over(watched, here):
    assert here("render", "launch", "--run", "r2", cwd=watched).code == 0

    assert not (watched / HANDOVER).exists()


def test_rendering_once_more_keeps_the_base(watched, here):
    here("render", cwd=watched)
    before = (watched / HANDOVER).read_bytes()
    (watched / "tools.py").write_text("x = 1\n")

    assert here("render", cwd=watched).code == 0
    assert (watched / HANDOVER).read_bytes() == before
    assert "tools.py was changed" in here("monitor", cwd=watched).out


def test_a_hand_over_that_cannot_be_read_is_one_line(watched, here):
    (watched / HANDOVER).write_text("{")

    answer = here("monitor", cwd=watched)

    assert (answer.code, answer.err.count("\n"), HANDOVER in answer.err) == (2, 1, True)
    assert stage(watched) == "slurm_monitor"
