"""What a run could rely on: asked of the environment that the activation block makes, and hashed from the inputs."""

from __future__ import annotations

import hashlib
import os
import platform

import attrs
import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io.environment import Activation
from autolab_core.io.repository import Repository
from autolab_core.models.design import Design, Entrypoint, MetricsPlan, PrimaryMetric
from autolab_core.stages.launching.provenance import commit_of, environment_of
from tests.unit.repositories import git, put

DESIGN = Design("iter_a", Entrypoint(module="m"), MetricsPlan(PrimaryMetric("x")))


@pytest.fixture
def root(tmp_path) -> Repository:
    return Repository(tmp_path)


def asked(repository, activation="", **changes):
    return environment_of(LocalRunner(), repository, Activation(activation, "0" * 64), attrs.evolve(DESIGN, **changes))


def inputs(repository, *paths):
    return asked(repository, "exit 1", inputs=paths).inputs


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_the_environment_is_that_of_the_activated_python(root):
    found = asked(root)

    assert (found.python, found.note, found.hostname) == (platform.python_version(), None, os.uname().nodename)
    assert len(found.packages_sha256) == 64


def test_it_is_the_activation_s_own_python_that_is_asked(root):
    put(root, "bin/python", '#!/bin/sh\necho noise\necho \'{"python": "4.0"}\'\n').chmod(0o755)

    assert asked(root, 'export PATH="$PWD/bin:$PATH"').python == "4.0"


@pytest.mark.parametrize(
    ("activation", "note"),
    [
        ("echo oops >&2; exit 3", "the environment could not be asked: oops"),
        ("false", "the environment could not be asked: exit code 1"),
        ("PATH=/nowhere", "python: command not found"),
        ("python() { :; }", "the environment could not be asked: its python gave no answer"),
        ("python() { echo nonsense; }", "the environment could not be asked: its python gave no answer"),
    ],
)
def test_an_activation_that_fails_is_a_note_and_no_error(root, activation, note):
    found = asked(root, activation)

    assert found.python is None
    assert note in found.note


def test_an_activation_that_reads_its_input_does_not_eat_the_question(root):
    assert asked(root, "cat >/dev/null").python == platform.python_version()


def test_a_file_is_hashed_by_its_bytes(root):
    put(root, "data/train.csv", "1,2\n")

    assert inputs(root, "data/train.csv") == {"data/train.csv": sha(b"1,2\n")}


def test_an_input_that_is_not_there_is_called_missing(root):
    assert inputs(root, "data/train.csv") == {"data/train.csv": "missing"}


@pytest.mark.parametrize(
    "kind", ["a link out", "a dangling link out", "a pipe", "a pipe in a folder", "a link in a loop"]
)
def test_what_cannot_be_hashed_is_said_with_the_reason(root, tmp_path_factory, kind):
    outside = tmp_path_factory.mktemp("outside")
    path = root.root / "input"
    if kind == "a link out":
        path.symlink_to(outside)
    elif kind == "a dangling link out":
        path.symlink_to(outside / "nothing")
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a pipe in a folder":
        path.mkdir()
        os.mkfifo(path / "pipe")
    else:
        path.symlink_to("input")

    assert inputs(root, "input")["input"].startswith("unreadable: ")


def test_a_link_inside_the_repository_is_the_file_that_it_leads_to(root):
    put(root, "a", "1")
    (root.root / "b").symlink_to("a")

    assert inputs(root, "a", "b") == {"a": sha(b"1"), "b": sha(b"1")}


def folder_hash(root, change=None):
    for name in ("data/a", "data/b/c"):
        put(root, name, name)
    if change:
        change(root.root / "data")
    return inputs(root, "data")["data"]


def test_a_folder_has_one_hash_for_equal_content(tmp_path):
    first = folder_hash(Repository(tmp_path / "first"))

    assert first == folder_hash(Repository(tmp_path / "second"))
    assert first.startswith("sha256:")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: (data / "a").write_text("changed"),
        lambda data: (data / "a").rename(data / "z"),
        lambda data: (data / "b" / "c").unlink(),
        lambda data: (data / "link").symlink_to("a"),
        lambda data: (data / "dangling").symlink_to("nothing"),
        lambda data: (data / "linked folder").symlink_to("/etc"),
    ],
)
def test_a_folder_with_other_content_has_another_hash(tmp_path, change):
    changed = folder_hash(Repository(tmp_path / "second"), change)

    assert changed != folder_hash(Repository(tmp_path / "first"))
    assert changed.startswith("sha256:")


def test_arguments_that_name_files_are_inputs_too(root):
    put(root, "configs/train.yaml", "a: 1\n")
    put(root, "x", "")
    args = {"config": "configs/train.yaml", "more": ["x", "nothing.txt", 5], "absolute": "/etc/hosts", "up": "../x"}

    found = asked(root, "exit 1", entrypoint=Entrypoint(module="m", args=args))

    assert set(found.inputs) == {"configs/train.yaml", "x"}


def test_without_git_the_commit_says_so(root):
    assert commit_of(LocalRunner(), root).note == "not a git repository"


def test_before_the_first_commit_the_commit_says_so(root):
    git(root.root, "init", "-q", "-b", "main")

    found = commit_of(LocalRunner(), root)

    assert (found.sha, found.branch, found.note) == (None, "main", "no commit yet")
