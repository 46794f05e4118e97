"""A pytest in an environment where Autolab itself is broken, or is told to stay away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_verifiers.selftest.repository import Repository, build

ROOT = Path(__file__).parents[3]


@pytest.fixture
def installed(tmp_path) -> Path:
    """A copy of our packages, in a folder that comes first on the path."""
    place = tmp_path / "site"
    for package in ("autolab_core", "autolab_verifiers"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", place / "autolab_core" / "schemas")
    return place


@pytest.fixture
def lab(tmp_path) -> Repository:
    return build(tmp_path / "lab")


def pytest_of(installed: Path, lab: Repository, *arguments: str, test: str = "") -> subprocess.CompletedProcess[str]:
    """A pytest that knows nothing of this checkout but the copy of its packages; it runs one test of the user."""
    folder = installed.parent / "tests"
    folder.mkdir(exist_ok=True)
    (folder / "test_it.py").write_text(test or "def test_it(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_it.py", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTEST_ADDOPTS": ""}
    command += [f"--autolab-root={lab.root}"] if "no:autolab" not in arguments else []
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def foreign(installed: Path) -> None:
    shutil.rmtree(installed / "autolab_core")
    (installed / "autolab_core").mkdir()
    (installed / "autolab_core" / "__init__.py").write_text("'''Somebody else's.'''\n")


def broken_core(installed: Path) -> None:
    (installed / "autolab_core" / "__init__.py").write_text("import nothing_of_that_name\n")


def no_syntax(installed: Path) -> None:
    (installed / "autolab_verifiers" / "builtin" / "result_sanity.py").write_text("def (:\n")


def no_import(installed: Path) -> None:
    (installed / "autolab_verifiers" / "builtin" / "run_health.py").write_text("import nothing_of_that_name\n")


def raises(installed: Path) -> None:
    (installed / "autolab_verifiers" / "builtin" / "run_health.py").write_text("raise SystemExit('two\\nlines')\n")


def half_of_it(installed: Path) -> None:
    (installed / "autolab_core" / "vocab" / "states.py").unlink()


FAULTS = [
    (foreign, "another distribution owns the name"),
    (broken_core, "No module named 'nothing_of_that_name'"),
    (no_syntax, "SyntaxError"),
    (no_import, "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    (raises, "SystemExit: two"),
    (half_of_it, "No module named 'autolab_core.vocab.states'"),
]


def test_the_copy_works(installed, lab):
    done = pytest_of(installed, lab, "--autolab")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("spoil", "words"), FAULTS)
def test_who_does_not_ask_is_not_disturbed(installed, lab, spoil, words):
    spoil(installed)

    done = pytest_of(installed, lab)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("spoil", "words", "more"),
    [*((*fault, ()) for fault in FAULTS), (*FAULTS[0], ("-n", "2")), (*FAULTS[2], ("-n", "2"))],
)
def test_who_asks_is_told_in_one_line(installed, lab, spoil, words, more):
    spoil(installed)

    done = pytest_of(installed, lab, "--autolab", *more)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    [line] = [line for line in done.stderr.splitlines() if line]
    assert line.startswith("ERROR: autolab: this installation cannot be used: ")
    assert words in line


def test_the_fixtures_tell_it_in_one_line(installed, lab):
    foreign(installed)

    done = pytest_of(installed, lab, test="def test_it(autolab_report): pass\n")

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "\nautolab: this installation cannot be used: the package autolab_core at" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_plugin_can_be_kept_out(installed, lab):
    done = pytest_of(installed, lab, "-p", "no:autolab")
    asked = pytest_of(installed, lab, "-p", "no:autolab", "--autolab")

    assert done.returncode == 0, done.stdout + done.stderr
    assert asked.returncode == pytest.ExitCode.USAGE_ERROR
    assert "unrecognized arguments: --autolab" in asked.stderr
