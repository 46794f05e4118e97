"""Laboratories in folders that a guard does not hide: new ones, and copies of one whose baseline is done."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.experiment.laboratory import SPEC, Laboratory


@pytest.fixture(scope="module")
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="experiments-", dir="/var/tmp"))
    yield folder
    shutil.rmtree(folder)


def _place(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder)) / "repository"


@pytest.fixture
def make(_folder):
    """Makes a laboratory whose spec has the given values."""
    return lambda **values: Laboratory.make(_place(_folder), **values)


@pytest.fixture
def lab(make) -> Laboratory:
    return make()


@pytest.fixture(scope="module")
def _prepared(_folder) -> Laboratory:
    """Sanity and baseline are done, the treatment was not begun."""
    laboratory = Laboratory.make(_place(_folder))
    done = laboratory.do("phase", "baseline", "--spec", SPEC)
    assert done.returncode == 0, done.stderr
    return laboratory


@pytest.fixture
def begun(_folder, _prepared) -> Laboratory:
    """A copy of one whose sanity and baseline are done."""
    return _prepared.copy(_place(_folder))


@pytest.fixture(scope="module")
def finished(_folder, _prepared) -> Laboratory:
    """One that has its results; ``said`` is what the last call printed. For tests that only look."""
    laboratory = _prepared.copy(_place(_folder))
    laboratory.behave(
        {
            "treatment 1": {
                "lines": ["a plain line", '{"note": "one worker was restarted"}', '{"usage": {"gpu_hours": 7}}']
            }
        }
    )
    laboratory.said = laboratory.run()
    assert laboratory.said.returncode == 0, laboratory.said.stderr
    return laboratory
