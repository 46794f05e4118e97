"""Real repositories, real processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.crash.lab import Zygote, labs


@pytest.fixture(scope="session")
def zygote():
    """One driver for each worker; every command it runs is a process of its own."""
    driver = Zygote()
    yield driver
    driver.close()


@pytest.fixture
def lab(tmp_path, zygote):
    """A place for a repository; nothing that was started there may be left at the end."""
    yield from labs(tmp_path, zygote)


@pytest.fixture(scope="module")
def example(request, tmp_path_factory) -> Path:
    """A copy of the package that the module calls its EXAMPLE: building it leaves files beside its source."""
    source = request.module.EXAMPLE
    return Path(shutil.copytree(source, tmp_path_factory.mktemp("source") / source.name))


@pytest.fixture(scope="module")
def site(example, tmp_path_factory) -> Path:
    """The folder that the example is installed in."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--no-index", "--no-build-isolation", "--no-deps", "--disable-pip-version-check", "--no-cache-dir"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options, "--target", str(folder), str(example)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder
