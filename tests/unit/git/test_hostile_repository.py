"""A repository that would start a program for each thing that git can be made to start: none of them runs.

Each trap is first set off by an ordinary git command, so that a trap that does not work cannot make its test pass.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.git.history import History
from autolab_core.git.reader import GitReader
from autolab_core.vocab.errors import StoreError
from tests.unit.repositories import git


class Trap:
    """A repository with a program beside it that leaves ``sprung`` behind."""

    def __init__(self, folder: Path) -> None:
        self.repo = folder / "repository"
        self.mark = folder / "sprung"
        self.program = folder / "program"
        self.program.write_text(f"#!/bin/sh\n: >'{self.mark}'\ncat\n")
        self.program.chmod(0o755)
        self.repo.mkdir()
        git(self.repo, "init", "-q", "-b", "main")
        (self.repo / "a").write_text("one\n")
        git(self.repo, "add", "-A")
        git(self.repo, "commit", "-q", "-m", "first")

    def config(self, key: str, value: str | None = None) -> None:
        git(self.repo, "config", key, value or str(self.program))

    def attributes(self, line: str) -> None:
        (self.repo / ".git" / "info").mkdir(exist_ok=True)
        (self.repo / ".git" / "info" / "attributes").write_text(line + "\n")

    def hook(self, name: str) -> None:
        hooks = self.repo / ".git" / "hooks"
        hooks.mkdir(exist_ok=True)
        (hooks / name).write_text(self.program.read_text())
        (hooks / name).chmod(0o755)

    def springs_for(self, *arguments: str) -> bool:
        """Whether an ordinary ``git`` with *arguments* sets it off."""
        subprocess.run(["git", *arguments], cwd=self.repo, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        sprung = self.mark.exists()
        self.mark.unlink(missing_ok=True)
        return sprung


def fsmonitor(trap: Trap) -> tuple[str, ...]:
    trap.config("core.fsmonitor")
    return ("status",)


def clean_filter(trap: Trap) -> tuple[str, ...]:
    trap.config("filter.trap.clean")
    trap.attributes("* filter=trap")
    return ("add", "--renormalize", ".")


def committed_filter(trap: Trap) -> tuple[str, ...]:
    (trap.repo / ".gitattributes").write_text("* filter=trap\n")
    git(trap.repo, "add", ".gitattributes")
    trap.config("filter.trap.process")
    return ("add", "--renormalize", ".")


def text_conversion(trap: Trap) -> tuple[str, ...]:
    trap.config("diff.trap.textconv")
    trap.attributes("* diff=trap")
    return ("diff",)


def external_diff(trap: Trap) -> tuple[str, ...]:
    trap.config("diff.external")
    return ("diff",)


def index_hook(trap: Trap) -> tuple[str, ...]:
    trap.hook("post-index-change")
    return ("add", "a")


def hooks_elsewhere(trap: Trap) -> tuple[str, ...]:
    trap.hook("post-index-change")
    (trap.repo / ".git" / "hooks").rename(trap.repo / "planted")
    trap.config("core.hooksPath", str(trap.repo / "planted"))
    return ("add", "a")


def pager(trap: Trap) -> tuple[str, ...]:
    trap.config("core.pager")
    return ("-c", "core.pager=" + str(trap.program), "-p", "log")


def alias(trap: Trap) -> tuple[str, ...]:
    for name in ("ls-files", "ls-tree", "rev-parse", "symbolic-ref", "own"):
        trap.config(f"alias.{name}", f"!{trap.program}")
    return ("own",)


def lazy_fetch(trap: Trap) -> tuple[str, ...]:
    """A partial clone whose trees are missing: git would ask the remote for them, by a program it names."""
    tree = git(trap.repo, "rev-parse", "HEAD^{tree}")
    trap.config("core.repositoryFormatVersion", "1")
    trap.config("extensions.partialClone", "origin")
    trap.config("remote.origin.promisor", "true")
    trap.config("remote.origin.url", str(trap.repo))
    trap.program.write_text(f"#!/bin/sh\n: >'{trap.mark}'\nexit 1\n")
    trap.config("remote.origin.uploadpack")
    trap.config("protocol.allow", "always")
    (trap.repo / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    return ("ls-tree", "-r", "HEAD")


TRAPS = [
    fsmonitor,
    clean_filter,
    committed_filter,
    text_conversion,
    external_diff,
    index_hook,
    hooks_elsewhere,
    pager,
    alias,
    lazy_fetch,
]


@pytest.mark.parametrize("plant", TRAPS, ids=lambda plant: plant.__name__)
def test_nothing_that_the_repository_names_is_started(tmp_path, plant):
    trap = Trap(tmp_path)
    sets_it_off = plant(trap)
    (trap.repo / "a").write_text("changed\n")
    if plant is not pager:  # git starts a pager on a terminal only; there is none here
        assert trap.springs_for(*sets_it_off)

    reader = GitReader(LocalRunner(), str(trap.repo))
    absence = reader.absence()
    if plant is lazy_fetch:  # what is missing is not fetched, so nothing can be said
        with pytest.raises(StoreError, match="git ls-tree failed"):
            reader.checkout()
    else:
        assert reader.checkout().dirty
    assert absence is None
    assert not trap.mark.exists()


@pytest.mark.parametrize("plant", TRAPS, ids=lambda plant: plant.__name__)
def test_nothing_is_started_when_the_history_is_asked_either(tmp_path, plant):
    trap = Trap(tmp_path)
    sets_it_off = plant(trap)
    (trap.repo / "a").write_text("changed\n")
    if plant is not pager:
        assert trap.springs_for(*sets_it_off)

    history = History.at(str(trap.repo))
    head = history.commit("HEAD")
    assert history.fork_point("HEAD") == head
    assert [history.log("a", head), len(history.contents("a", [head]))] == [[], 1]
    if plant is lazy_fetch:
        with pytest.raises(StoreError, match="git ls-tree failed"):
            history.changed_paths("HEAD")
    else:
        assert "a" in history.changed_paths("HEAD")
    assert not trap.mark.exists()


def test_a_replaced_commit_is_not_taken_for_the_real_one(tmp_path):
    repo = Trap(tmp_path).repo
    (repo / "a").write_text("two\n")
    git(repo, "commit", "-q", "-a", "-m", "second")
    real = git(repo, "rev-parse", "HEAD")
    git(repo, "replace", "HEAD", "HEAD~1")
    (repo / "a").write_text("one\n")  # as in the commit that pretends to be HEAD
    git(repo, "add", "a")
    assert git(repo, "show", "HEAD:a") == "one"

    found = GitReader(LocalRunner(), str(repo)).checkout()

    assert (found.sha, found.dirty) == (real, True)


def test_reading_leaves_the_index_as_it_was(tmp_path):
    repo = Trap(tmp_path).repo
    (repo / "a").touch()
    before = (repo / ".git" / "index").read_bytes()

    GitReader(LocalRunner(), str(repo)).checkout()

    assert (repo / ".git" / "index").read_bytes() == before
