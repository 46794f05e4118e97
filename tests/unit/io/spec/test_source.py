"""Finding a spec's bytes, and the path of the next one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autolab_core.io.experiment_layout import experiment_number
from autolab_core.io.spec import MAX_SPEC_BYTES, spec_source
from autolab_core.io.spec.source import next_spec
from autolab_core.vocab.errors import DocumentError, UsageError
from tests.unit.io.spec.conftest import PATH, SAMPLE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".autolab").mkdir()
    (tmp_path / "experiments").mkdir()
    (tmp_path / PATH).write_text(SAMPLE)
    return tmp_path


def test_the_bytes_are_those_of_the_file(root: Path):
    assert spec_source(str(root), PATH) == SAMPLE.encode()


def link(root: Path) -> None:
    (root / PATH).rename(root / "elsewhere.md")
    (root / PATH).symlink_to(root / "elsewhere.md")


def pipe(root: Path) -> None:
    (root / PATH).unlink()
    os.mkfifo(root / PATH)


def folder(root: Path) -> None:
    (root / PATH).unlink()
    (root / PATH).mkdir()


def huge(root: Path) -> None:
    os.truncate(root / PATH, 100 * 1024 * 1024)


def outside(root: Path) -> None:
    (root / "experiments").rename(root.parent / "outside")
    (root / "experiments").symlink_to(root.parent / "outside")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (link, "is a symbolic link"),
        (pipe, "is a named pipe, not a file"),
        (folder, "is a folder, not a file"),
        (huge, f"the limit is {MAX_SPEC_BYTES} bytes"),
        (outside, "leads out of the repository"),
        (lambda root: (root / PATH).unlink(), "does not exist"),
    ],
)
def test_anything_but_a_file_of_a_fair_size_is_refused(root: Path, change, words: str):
    change(root)

    with pytest.raises(DocumentError, match=words):
        spec_source(str(root), PATH)


def test_the_next_number_follows_on_everything_that_has_one(root: Path):
    assert next_spec(str(root), "a") == "experiments/exp-002-a.md"
    (root / "results/exp-007").mkdir(parents=True)
    assert next_spec(str(root), "a-1") == "experiments/exp-008-a-1.md"
    (root / ".autolab/experiments/exp-1000-b").mkdir(parents=True)
    assert next_spec(str(root), "a") == "experiments/exp-1001-a.md"


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a-", "../a", "a.md", "é", "a" * 81, "exp-003-a"])
def test_a_name_that_is_none_is_refused(root: Path, name: str):
    with pytest.raises(UsageError):
        next_spec(str(root), name)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("exp-012-name", 12),
        ("exp-012-name.md", 12),
        ("exp-012", 12),
        ("exp-1000-x", 1000),
        ("exp-12-x", None),
        ("exp-012-", None),
        ("exp-abc", None),
        ("expert-012-x", None),
        ("notes.md", None),
    ],
)
def test_a_number_is_found_in_names_of_experiments_alone(name: str, number: int | None):
    assert experiment_number(name) == number
