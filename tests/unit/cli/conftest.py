"""``autolab`` as a user runs it: a process of its own, in a repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from autolab_cli.main import main
from tests.unit.repositories import copied, new_repository, replace

AUTOLAB = (sys.executable, "-m", "autolab_cli")


@attrs.frozen
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def autolab(*arguments: str, cwd: Path) -> Answer:
    done = subprocess.run([*AUTOLAB, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def here(monkeypatch, capfd):
    """``autolab`` in this process: the same answers, and faster, where no process matters."""

    def run(*arguments: str, cwd: Path) -> Answer:
        monkeypatch.chdir(cwd)
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(str(ended.code))
        return Answer(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def _finished(tmp_path_factory) -> Path:
    """A repository whose run ``r1`` has gone all the way, by commands alone."""
    root = new_repository(tmp_path_factory.mktemp("cli") / "repository").root
    for arguments in (["review", "approve", "--who", "ada"], ["launch", "--run-id", "r1", "--wait"], ["run"], ["run"]):
        answer = autolab(*arguments, cwd=root)
        assert answer.code == 0, answer
    return root


@pytest.fixture
def finished(_finished, tmp_path) -> Path:
    """A copy of its own of a repository with a finished run."""
    return copied(_finished, tmp_path / "finished").root


@pytest.fixture
def empty(repository) -> Path:
    """A repository in which nothing has happened."""
    return repository.root


@pytest.fixture
def slow(launchable) -> Path:
    """A repository whose run prints a line at once, and ends when there is a file ``stop`` (or after 45 seconds)."""
    entrypoint = "  module: random_walk\n  args: {steps: 1000, seeds: [0, 1, 2]}\n"
    line = "  cli: \"bash -c 'echo begun; for i in {1..900}; do [ -e stop ] && break; sleep 0.05; done; echo ended'\"\n"
    replace(launchable, "experiments/plan/iter_a/design.yaml", entrypoint, line)
    return launchable.root
