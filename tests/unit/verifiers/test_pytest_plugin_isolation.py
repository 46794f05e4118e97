"""Nothing of the repository that pytest judges is run: not what pytest would load, not what Python would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_verifiers.selftest.repository import Repository, build

# Each leaves its name in the folder of traps when it is run.
TRAP = "import os, pathlib\npathlib.Path(os.environ['TRAPS'], {name!r}).touch()\n"
MODULES = (
    "conftest.py",
    "tests/conftest.py",
    "experiments/conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "planted.py",
    "test_planted.py",
    "tests/test_planted.py",
)
INI = "[pytest]\naddopts = -p planted -k nothing\npythonpath = .\n"


@pytest.fixture
def hostile(tmp_path):
    made = build(tmp_path / "hostile")
    for path in MODULES:
        made.write(path, TRAP.format(name=path.replace("/", "_")))
    made.write("pytest.ini", INI)
    made.write("setup.cfg", INI.replace("[pytest]", "[tool:pytest]"))
    made.write("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-p planted -k nothing"\npythonpath = ["."]\n')
    (tmp_path / "traps").mkdir()
    (tmp_path / "elsewhere").mkdir()
    return made


def started(folder: Path, hostile: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest, started in *folder* as docs/pytest.md says."""
    environment = {**os.environ, "TRAPS": str(hostile.root.parent / "traps")}
    command = [sys.executable, "-I", "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def traps(hostile: Repository) -> list[str]:
    return sorted(path.name for path in (hostile.root.parent / "traps").iterdir())


SAFE = ("--rootdir", ".", "-c", os.devnull)


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
@pytest.mark.parametrize("option", ["--autolab", "--autolab-all"])
def test_the_documented_way_runs_nothing_of_a_hostile_repository(hostile, option, more):
    elsewhere = hostile.root.parent / "elsewhere"

    done = started(elsewhere, hostile, *SAFE, option, f"--autolab-root={hostile.root}", *more)

    assert traps(hostile) == []
    assert done.returncode == 0, done.stdout + done.stderr
    assert "deselected" not in done.stdout


def test_another_folder_and_the_equals_sign_are_enough(hostile):
    elsewhere = hostile.root.parent / "elsewhere"

    done = started(elsewhere, hostile, "--autolab", f"--autolab-root={hostile.root}")

    assert traps(hostile) == []
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_conftest_and_no_test_is_loaded_even_in_the_repository_itself(hostile):
    for name in ("pytest.ini", "setup.cfg", "pyproject.toml"):
        hostile.remove(name)

    done = started(hostile.root, hostile, "--autolab")

    assert traps(hostile) == []
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_traps_would_work(hostile):
    for name in ("pytest.ini", "setup.cfg", "pyproject.toml"):
        hostile.remove(name)

    started(hostile.root, hostile, "--autolab", "tests")

    assert traps(hostile) == ["conftest.py", "tests_conftest.py", "tests_test_planted.py"]


def test_a_configuration_that_pytest_is_started_with_would_work(hostile):
    environment = {**os.environ, "TRAPS": str(hostile.root.parent / "traps")}
    command = [sys.executable, "-m", "pytest", "--autolab"]
    subprocess.run(command, capture_output=True, cwd=hostile.root, env=environment, check=False)

    assert "planted.py" in traps(hostile)
