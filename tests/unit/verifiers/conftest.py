"""Repositories of several iterations, for tests of many runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.many import make


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two iterations of three good runs, and the sample's own run; nobody writes into it."""
    root = tmp_path_factory.mktemp("many") / "valid"
    make(root, 6, 2)
    return root


@pytest.fixture
def valid(made, tmp_path):
    """The same, to be broken."""
    return Path(shutil.copytree(made, tmp_path / "valid", symlinks=True))
