"""What is closed: found by its folder, by its metrics or by the backlog's word, never what is still worked on."""

from __future__ import annotations

from contextlib import suppress

import pytest

from autolab_core.guard.closed import closed, finished
from autolab_core.vocab.errors import DocumentError

BACKLOG = """\
experiments:
  - {id: e1, status: " Closed ", iteration_id: it_1}
  - {id: e2, status: open, iteration_id: it_2}
  - {id: e3, status: done}
  - {id: e4, status: resolved, iteration_id: it_gone}
"""


@pytest.fixture
def root(tmp_path):
    for folder in ("in_progress/it_1", "plan/it_2", "done/it_0"):
        (tmp_path / "experiments" / folder).mkdir(parents=True)
    for name in ("exp-001", "exp-002", "exp-003"):
        (tmp_path / "results" / name).mkdir(parents=True)
    for name in ("exp-001", "exp-002"):
        (tmp_path / "results" / name / "metrics.json").write_text("{}")
    (tmp_path / "results/metrics.json").write_text("{}")
    (tmp_path / ".autolab").mkdir()
    (tmp_path / ".autolab/backlog.yaml").write_text(BACKLOG)
    return tmp_path


def test_closed_iterations_and_finished_results_are_closed(root):
    assert closed(str(root)) == (
        "experiments/done/it_0",
        "experiments/in_progress/it_1",
        "results/exp-001",
        "results/exp-002",
    )
    assert sorted(finished(str(root))) == ["results/exp-001", "results/exp-002"]


@pytest.mark.parametrize(
    ("own", "left_out"),
    [
        ("results/exp-002", "results/exp-002"),
        ("results/exp-002/plots", "results/exp-002"),
        ("experiments/in_progress/it_1/runs/r1", "experiments/in_progress/it_1"),
    ],
)
def test_what_is_worked_on_is_not_closed(root, own, left_out):
    assert {*closed(str(root))} - {*closed(str(root), [own])} == {left_out}


def test_results_behind_a_link_are_named_by_their_real_path(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("disk")
    (root / "results").rename(elsewhere / "results")
    (root / "results").symlink_to(elsewhere / "results")

    assert f"{elsewhere.resolve()}/results/exp-001" in closed(str(root))


def test_an_empty_repository_has_nothing_closed(tmp_path):
    assert closed(str(tmp_path)) == ()


def test_a_backlog_that_cannot_be_read_is_said(root):
    (root / ".autolab/backlog.yaml").write_text("experiments: [{status: closed}")

    with pytest.raises(DocumentError, match=r"backlog\.yaml:1"):
        closed(str(root))


@pytest.mark.parametrize("text", ["done", "experiments: done", "experiments: [done, {status: [done]}, {status: done}]"])
def test_a_backlog_of_any_shape_is_looked_at(root, text):
    (root / ".autolab/backlog.yaml").write_text(text)

    found = ()
    with suppress(DocumentError):  # a text is no backlog at all
        found = closed(str(root))

    assert "experiments/in_progress/it_1" not in found
