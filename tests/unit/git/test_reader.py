"""What the reader says about real repositories, and what hostile ones cannot make it do."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.git.reader import GitReader
from autolab_core.vocab.errors import StoreError
from tests.unit.repositories import git


@attrs.frozen
class Hidden:
    """A runner for which git is not on PATH."""

    def run(self, command):
        return LocalRunner().run(command._replace(env={**(command.env or {}), "PATH": "/nonexistent"}))


def reader(folder: Path) -> GitReader:
    return GitReader(LocalRunner(), str(folder))


def checkout(folder: Path):
    return reader(folder).checkout()


def commit(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a commit")
    return git(folder, "rev-parse", "HEAD")


def make(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *options)
    git(folder, "config", "core.hooksPath", ".git/hooks")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("git") / "repository")
    commit(folder, a="one\n", b="two\n")
    return folder


@pytest.fixture
def repo(made, tmp_path):
    """A repository with the files ``a`` and ``b``, committed on ``main``."""
    return Path(shutil.copytree(made, tmp_path / "repository", symlinks=True))


def test_a_clean_checkout_has_a_commit_a_branch_and_no_difference(repo):
    found = checkout(repo)

    assert found == (git(repo, "rev-parse", "HEAD"), "main", False, None, 0)


def test_touching_a_file_without_changing_it_is_no_difference(repo):
    os.utime(repo / "a", (1, 1))

    assert not checkout(repo).dirty


def staged(repo):
    (repo / "a").write_text("changed\n")
    git(repo, "add", "a")


def staged_then_put_back(repo):
    staged(repo)
    (repo / "a").write_text("one\n")


def staged_new(repo):
    (repo / "new").write_text("new\n")
    git(repo, "add", "new")


def removed_from_the_index(repo):
    git(repo, "rm", "-q", "--cached", "a")


def linked(repo):
    (repo / "a").unlink()
    (repo / "a").symlink_to("b")


def to_folder(repo):
    (repo / "a").unlink()
    (repo / "a").mkdir()


def to_pipe(repo):
    (repo / "a").unlink()
    os.mkfifo(repo / "a")


CHANGES = {
    "an edit": lambda repo: (repo / "a").write_text("changed\n"),
    "a staged edit": staged,
    "a staged edit that was put back on disk": staged_then_put_back,
    "a new file that is staged": staged_new,
    "a deletion": lambda repo: (repo / "a").unlink(),
    "a removal from the index alone": removed_from_the_index,
    "an executable bit": lambda repo: (repo / "a").chmod(0o755),
    "a symlink for a file": linked,
    "a folder for a file": to_folder,
    "a pipe for a file": to_pipe,
    "an intent to add": lambda repo: ((repo / "new").write_text(""), git(repo, "add", "-N", "new")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_difference_from_the_commit_is_seen(repo, change):
    change(repo)

    found = checkout(repo)

    assert found.dirty
    assert len(found.diff_sha256) == 64


def test_equal_changes_have_equal_hashes_and_other_changes_others(made, tmp_path):
    hashes = {}
    for name, change in CHANGES.items():
        for copy in ("first", "second"):
            folder = Path(shutil.copytree(made, tmp_path / name / copy, symlinks=True))
            change(folder)
            hashes[name, copy] = checkout(folder).diff_sha256
    by_name = {name: hashes[name, "first"] for name in CHANGES}

    assert all(hashes[name, "second"] == found for name, found in by_name.items())
    # The record is of what lies on the disk: the index does not change what a run reads.
    assert by_name.pop("a staged edit") == by_name["an edit"]
    assert by_name.pop("a removal from the index alone") == by_name["a staged edit that was put back on disk"]
    assert by_name.pop("a pipe for a file") == by_name["a folder for a file"]
    assert len(set(by_name.values())) == len(by_name)


def test_the_hash_is_of_path_mode_and_blob_of_each_changed_file(repo):
    (repo / "a").write_text("changed\n")
    blob = hashlib.sha1(b"blob 8\0changed\n", usedforsecurity=False).hexdigest()

    assert checkout(repo).diff_sha256 == hashlib.sha256(f"a\x00100644\0{blob}\n".encode()).hexdigest()


def test_an_unmerged_path_is_a_difference(repo):
    git(repo, "checkout", "-q", "-b", "other")
    commit(repo, a="other\n")
    git(repo, "checkout", "-q", "main")
    commit(repo, a="main\n")
    with pytest.raises(Exception, match="merge"):
        git(repo, "merge", "-q", "other")
    (repo / "a").write_text("main\n")

    assert checkout(repo).dirty


def test_before_the_first_commit_there_is_no_sha(tmp_path):
    repo = make(tmp_path / "new")
    (repo / "a").write_text("one\n")

    assert checkout(repo) == (None, "main", False, None, 1)
    git(repo, "add", "a")
    assert checkout(repo).dirty


def test_a_detached_head_has_no_branch(repo):
    sha = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "--detach")

    assert checkout(repo) == (sha, None, False, None, 0)


def test_a_sha256_repository_is_read_too(tmp_path):
    repo = make(tmp_path / "new", "--object-format=sha256")
    sha = commit(repo, a="one\n")

    assert (len(sha), checkout(repo)) == (64, (sha, "main", False, None, 0))
    (repo / "a").write_text("changed\n")
    assert checkout(repo).dirty


def test_a_worktree_has_its_own_head_and_its_own_changes(repo, tmp_path):
    git(repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    sha = commit(tmp_path / "side", a="side\n")
    (repo / "a").write_text("changed\n")

    assert checkout(tmp_path / "side") == (sha, "side", False, None, 0)
    assert checkout(repo).dirty


def test_a_folder_below_the_top_speaks_for_the_whole_repository(repo):
    (repo / "below").mkdir()
    (repo / "a").write_text("changed\n")
    (repo / "untracked").write_text("")

    assert checkout(repo / "below").dirty
    assert checkout(repo / "below").untracked == 1


def test_untracked_files_are_counted_and_ignored_ones_are_not(repo):
    commit(repo, **{".gitignore": "*.log\n"})
    for name in ("x", "y", "z.log"):
        (repo / name).write_text("")

    assert checkout(repo).untracked == 2


def test_paths_of_ours_do_not_count(repo):
    (repo / "a").write_text("changed\n")
    (repo / "x").write_text("")

    assert reader(repo).checkout(apart_from=("a", "x")) == checkout(repo)._replace(
        dirty=False, diff_sha256=None, untracked=0
    )


def test_names_that_are_not_text_are_read(repo):
    for name in (b"line\nbreak", b"not \xff utf-8", b'quo"te', b"tab\t", b" space ", b"-option", b":(glob)*"):
        (repo / os.fsdecode(name)).write_text("one\n")
    commit(repo)
    assert not checkout(repo).dirty

    (repo / os.fsdecode(b"not \xff utf-8")).write_text("changed\n")

    assert checkout(repo).dirty


def test_a_repository_whose_folder_has_a_line_break_in_its_name_is_read(tmp_path):
    repo = make(tmp_path / "line\nbreak ")
    commit(repo, a="one\n")

    assert not checkout(repo).dirty


def test_a_committed_symlink_is_its_target_and_is_not_followed(repo):
    (repo / "link").symlink_to("nowhere")
    commit(repo)
    assert not checkout(repo).dirty

    (repo / "link").unlink()
    (repo / "link").symlink_to("elsewhere")

    assert checkout(repo).dirty


def test_a_folder_that_became_a_link_to_an_equal_folder_is_a_difference(repo, tmp_path):
    (repo / "data").mkdir()
    (repo / "data" / "x").write_text("x\n")
    commit(repo)
    shutil.move(repo / "data", tmp_path / "elsewhere")
    (repo / "data").symlink_to(tmp_path / "elsewhere")

    assert checkout(repo).dirty


def test_files_that_a_sparse_checkout_leaves_out_are_no_difference(repo):
    (repo / "kept").mkdir()
    (repo / "left").mkdir()
    (repo / "kept" / "x").write_text("")
    commit(repo, **{"left/y": "y\n"})
    git(repo, "sparse-checkout", "set", "kept")
    assert not (repo / "left").exists()

    assert not checkout(repo).dirty


def test_a_file_that_is_marked_as_unchanged_is_looked_at_all_the_same(repo):
    git(repo, "update-index", "--skip-worktree", "a")
    git(repo, "update-index", "--assume-unchanged", "b")
    (repo / "a").write_text("changed\n")
    first = checkout(repo)
    (repo / "b").write_text("changed\n")

    assert first.dirty
    assert checkout(repo).diff_sha256 != first.diff_sha256


@pytest.fixture
def parent(repo, made):
    """*repo* with the repository ``sub`` as a submodule."""
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(made), "sub")
    git(repo, "commit", "-q", "-m", "submodule")
    return repo


def test_a_submodule_at_its_recorded_commit_is_no_difference(parent):
    assert checkout(parent) == (git(parent, "rev-parse", "HEAD"), "main", False, None, 0)


def test_a_submodule_at_another_commit_is_a_difference(parent):
    commit(parent / "sub", a="three\n")

    assert checkout(parent).dirty


def test_a_change_inside_a_submodule_is_a_difference(parent):
    (parent / "sub" / "a").write_text("changed\n")
    first = checkout(parent)
    (parent / "sub" / "a").write_text("changed again\n")

    assert first.dirty
    assert checkout(parent).diff_sha256 != first.diff_sha256


def test_a_submodule_that_is_not_checked_out_is_no_difference(parent, tmp_path):
    git(tmp_path, "clone", "-q", str(parent), "clone")

    assert not checkout(tmp_path / "clone").dirty


def test_a_folder_outside_of_git_is_said_to_be(tmp_path):
    assert reader(tmp_path).absence() == "not a git repository"


def test_that_git_is_missing_is_said(repo):
    assert GitReader(Hidden(), str(repo)).absence() == "git: not found"


def test_that_a_repository_is_somebody_elses_is_said_in_git_s_own_words(repo):
    if os.geteuid() != 0:
        return  # only root can give a folder away
    os.chown(repo, 12345, 12345)
    os.chown(repo / ".git", 12345, 12345)

    assert "dubious ownership" in (reader(repo).absence() or "")


def test_a_repository_is_there(repo):
    assert reader(repo).absence() is None


def test_a_broken_repository_is_a_store_error_that_names_the_question(repo):
    for file in (repo / ".git" / "objects").rglob("*"):
        if file.is_file():
            file.unlink()

    with pytest.raises(StoreError, match="git ls-tree failed"):
        checkout(repo)


def test_the_environment_of_the_caller_does_not_lead_to_another_repository(repo, tmp_path, monkeypatch):
    other = make(tmp_path / "other")
    commit(other, c="other\n")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))

    sha = checkout(repo).sha

    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_WORK_TREE")
    assert sha == git(repo, "rev-parse", "HEAD")


def test_a_repository_of_two_thousand_files_is_read_in_seconds(tmp_path):
    repo = make(tmp_path / "large")
    for number in range(2000):
        folder = repo / f"d{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}").write_text(f"{number}\n" * 50)
    commit(repo)
    began = time.perf_counter()

    found = checkout(repo)

    seconds = time.perf_counter() - began
    print(f"2,000 tracked files: {seconds:.2f} s")
    assert not found.dirty
    assert seconds < 20
