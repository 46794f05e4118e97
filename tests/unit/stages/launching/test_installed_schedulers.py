"""Schedulers of other distributions: found by name alone, and a broken one is a clear line."""

from __future__ import annotations

import secrets

import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io import installed
from autolab_core.io.layout import POLICY
from autolab_core.schedulers.local.adapter import LocalScheduler
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.stages.launching.schedulers import Schedulers
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import HostMode
from tests.unit.repositories import put

GOOD = """\
class Mine:
    def __init__(self, root, runner):
        self.given = (root, runner)
    submit = find = observe = cancel = lambda self: None
make = Mine
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install(text, *names)`` makes a module *text* findable under *names*, each by a distribution of its own."""
    monkeypatch.syspath_prepend(tmp_path)

    def put_there(text, *names):
        module = f"scheduler_{secrets.token_hex(4)}"
        (tmp_path / f"{module}.py").write_text(text)
        for number, name in enumerate(names):
            info = tmp_path / f"dist{number}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dist{number}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(f"[autolab_schedulers]\n{name} = {module}:make\n")
        return module

    return put_there


def made(repository, name):
    put(repository, POLICY, f"launch: {{scheduler: {name}}}\n")
    return Schedulers(repository.root, LocalRunner(), repository.policy)[HostMode.SLURM]


def test_one_is_made_of_the_repository_and_the_runner(repository, install):
    install(GOOD, "mine")

    root, runner = made(repository, "mine").given

    assert root == repository.root
    assert isinstance(runner, LocalRunner)


def test_it_is_made_once(repository, install):
    install(GOOD, "mine")
    put(repository, POLICY, "launch: {scheduler: mine}\n")
    schedulers = Schedulers(repository.root, LocalRunner(), repository.policy)

    assert schedulers[HostMode.SLURM] is schedulers[HostMode.SLURM]


@pytest.mark.parametrize("text", ["", "launch: {scheduler: slurm}\n", "launch: {scheduler: null}\n"])
def test_our_own_is_taken_without_looking_for_others(repository, monkeypatch, text):
    monkeypatch.setattr(installed, "entry_points", None)
    put(repository, POLICY, text or "{}\n")

    made = Schedulers(repository.root, LocalRunner(), repository.policy)

    assert isinstance(made[HostMode.SLURM], SlurmScheduler)


def test_a_local_run_reads_no_policy(repository):
    def unreadable():
        raise DocumentError(POLICY, "cannot be read")

    schedulers = Schedulers(repository.root, LocalRunner(), unreadable)

    assert isinstance(schedulers[HostMode.LOCAL], LocalScheduler)
    with pytest.raises(DocumentError):
        schedulers[HostMode.SLURM]


def refusal(repository, name):
    with pytest.raises(UsageError) as raised:
        made(repository, name)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_name_that_nobody_brings_is_refused_with_those_that_are_there(repository, install):
    install(GOOD, "mine", "yours")

    said = refusal(repository, "pbs")

    assert "no scheduler 'pbs' is installed" in said
    assert "slurm is built in; installed: mine, yours" in said


def test_two_of_one_name_are_refused(repository, install):
    install(GOOD, "twin", "twin")

    assert "several distributions bring 'twin': dist0, dist1" in refusal(repository, "twin")


def test_the_name_of_local_processes_is_not_a_cluster_s(repository):
    assert "no scheduler 'local' is installed" in refusal(repository, "local")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nosuchmodule\n", "ModuleNotFoundError: No module named 'nosuchmodule'"),
        ("def make(root):\n    return None\n", "TypeError: make() takes 1 positional argument but 2 were given"),
        ("def other():\n    pass\n", "has no attribute 'make'"),
        ("def make(root, runner):\n    raise SystemExit(3)\n", "SystemExit: 3"),
        ("def make(root, runner):\n    return None\n", "has no submit, find, observe, cancel"),
        ("make =\n", "SyntaxError"),
        ("def make(root, runner):\n    raise ValueError('two\\nlines')\n", "ValueError: two lines"),
    ],
)
def test_a_broken_one_is_one_line_that_names_its_distribution(repository, install, text, said):
    install(text, "broken")

    found = refusal(repository, "broken")

    assert said in found
    assert "dist0" in found
