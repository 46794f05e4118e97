"""What changed since a commit, and what was said in each commit since, of real repositories."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.git.history import History
from autolab_core.git.record import Recorder
from autolab_core.vocab.errors import StoreError
from tests.unit.repositories import git


def commit(folder: Path, **files: str | None) -> str:
    """Write *files* (None: remove), commit everything and return the commit."""
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a commit")
    return git(folder, "rev-parse", "HEAD")


def make(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *options)
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("history") / "repository")
    commit(folder, a="one\n", b="two\n", **{"below/c": "three\n"})
    return folder


@pytest.fixture
def repo(made, tmp_path):
    """A repository with the files ``a``, ``b`` and ``below/c``, committed on ``main``."""
    return Path(shutil.copytree(made, tmp_path / "repository", symlinks=True))


def changed(folder: Path, base: str = "HEAD") -> set[str]:
    return set(History.at(str(folder)).changed_paths(base))


def staged_then_put_back(repo):
    (repo / "a").write_text("changed\n")
    git(repo, "add", "a")
    (repo / "a").write_text("one\n")


def committed_then_put_back_on_disk(repo):
    commit(repo, a="changed\n")
    (repo / "a").write_text("one\n")


def linked(repo):
    (repo / "a").unlink()
    (repo / "a").symlink_to("b")


CHANGES = {
    "nothing": (lambda repo: None, set()),
    "an edit": (lambda repo: (repo / "a").write_text("changed\n"), {"a"}),
    "an edit that is committed": (lambda repo: commit(repo, a="changed\n"), {"a"}),
    "an edit that was put back in another commit": (
        lambda repo: (commit(repo, a="changed\n"), commit(repo, a="one\n")),
        set(),
    ),
    "a staged edit that was put back on disk": (staged_then_put_back, {"a"}),
    "a committed edit that was put back on disk": (committed_then_put_back_on_disk, {"a"}),
    "a deletion": (lambda repo: (repo / "a").unlink(), {"a"}),
    "a deletion that is committed": (lambda repo: commit(repo, a=None), {"a"}),
    "a removal from the index alone": (lambda repo: git(repo, "rm", "-q", "--cached", "a"), {"a"}),
    "an untracked file": (lambda repo: (repo / "new").write_text(""), {"new"}),
    "an intent to add": (lambda repo: ((repo / "new").write_text(""), git(repo, "add", "-N", "new")), {"new"}),
    "a move": (lambda repo: git(repo, "mv", "a", "below/a"), {"a", "below/a"}),
    "an executable bit": (lambda repo: (repo / "a").chmod(0o755), {"a"}),
    "a symlink for a file": (linked, {"a"}),
    "a folder for a file": (lambda repo: ((repo / "a").unlink(), (repo / "a").mkdir()), {"a"}),
    "a pipe for a file": (lambda repo: ((repo / "a").unlink(), os.mkfifo(repo / "a")), {"a"}),
    "a repository inside": (lambda repo: commit(make(repo / "inner"), x="x"), {"inner"}),
}


@pytest.mark.parametrize(("change", "paths"), CHANGES.values(), ids=CHANGES)
def test_a_path_that_differs_from_the_base_is_named(repo, change, paths):
    base = git(repo, "rev-parse", "HEAD")

    change(repo)

    assert changed(repo, base) == paths


def test_a_base_is_any_name_of_a_commit(repo):
    first = git(repo, "rev-parse", "HEAD")
    git(repo, "tag", "-a", "-m", "a tag", "v1")
    commit(repo, a="changed\n")

    for name in (first, first[:10], "v1", "HEAD~1", "main~1", "main@{1}"):
        assert changed(repo, name) == {"a"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nowhere",
        "-x",
        "--all",
        "--output=sprung",
        "^HEAD",
        "HEAD..HEAD",
        "HEAD^@",
        "HEAD:a",
        "HEAD^{tree}",
        "HEAD\n",
        "HEAD HEAD",
        "a\0b",
        "\ud800",
        "é\udcff",
        "@{upstream}",
        "0" * 40,
        "x" * 5000,
    ],
)
def test_what_names_no_commit_is_refused_and_is_no_option(repo, name):
    before = sorted(path for path in repo.rglob("*") if ".git/" not in str(path))

    assert History.at(str(repo)).commit(name) is None
    with pytest.raises(StoreError, match="git knows no commit"):
        changed(repo, name)
    assert sorted(path for path in repo.rglob("*") if ".git/" not in str(path)) == before


def test_ignored_files_are_no_changes_unless_the_base_has_them(repo):
    base = commit(repo, kept_log="x\n")
    (repo / ".gitignore").write_text("*_log\n")
    (repo / "other_log").write_text("")
    git(repo, "rm", "-q", "--cached", "kept_log")

    assert changed(repo, base) == {".gitignore", "kept_log"}


def test_below_the_top_only_what_lies_there_counts_and_is_named_from_there(repo):
    (repo / "a").write_text("changed\n")
    (repo / "below" / "c").write_text("changed\n")
    (repo / "below" / "d").write_text("new\n")

    assert changed(repo / "below") == {"c", "d"}


def test_a_root_that_the_base_does_not_have_is_new_as_a_whole(repo):
    (repo / "later").mkdir()
    (repo / "later" / "x").write_text("")

    assert changed(repo / "later") == {"x"}


def test_names_that_are_not_text_survive(repo):
    odd = (b"line\nbreak", b"not \xff utf-8", b'quo"te', b"tab\t", b"-x", b"? y", b" space ")
    names = {os.fsdecode(name) for name in odd}
    for name in names:
        (repo / name).write_text("one\n")
    assert changed(repo) == names
    commit(repo)
    assert changed(repo) == set()

    (repo / os.fsdecode(b"not \xff utf-8")).write_text("changed\n")
    (repo / "line\nbreak").unlink()

    assert changed(repo) == {os.fsdecode(b"not \xff utf-8"), "line\nbreak"}


def test_an_unmerged_path_is_named(repo):
    base = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "-b", "other")
    commit(repo, a="other\n")
    git(repo, "checkout", "-q", "main")
    commit(repo, a="main\n")
    with pytest.raises(Exception, match="merge"):
        git(repo, "merge", "-q", "other")
    (repo / "a").write_text("one\n")

    assert changed(repo, base) == {"a"}


def test_a_file_that_is_marked_as_unchanged_is_looked_at_all_the_same(repo):
    git(repo, "update-index", "--skip-worktree", "a")
    git(repo, "update-index", "--assume-unchanged", "b")
    (repo / "a").write_text("changed\n")
    (repo / "b").write_text("changed\n")

    assert changed(repo) == {"a", "b"}


def test_what_a_sparse_checkout_leaves_out_is_not_named(repo):
    commit(repo, **{"left/y": "y\n"})
    git(repo, "sparse-checkout", "set", "below")
    assert not (repo / "left").exists()

    assert changed(repo) == set()


def test_of_a_submodule_the_commit_that_is_staged_counts(repo, made):
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(made), "sub")
    base = commit(repo)
    (repo / "sub" / "a").write_text("changed\n")
    assert changed(repo, base) == set()

    commit(repo / "sub")
    commit(repo)

    assert changed(repo, base) == {"sub"}


def test_a_sha256_repository_is_read_too(tmp_path):
    repo = make(tmp_path / "new", "--object-format=sha256")
    base = commit(repo, a="one\n")

    assert (len(base), changed(repo, base)) == (64, set())
    (repo / "a").write_text("changed\n")
    assert changed(repo, base) == {"a"}


@attrs.frozen
class Hidden:
    """A runner for which git is not on PATH."""

    def run(self, command):
        return LocalRunner().run(command._replace(env={**(command.env or {}), "PATH": "/nonexistent"}))


def test_that_nothing_can_be_said_is_an_error_that_says_why(repo, tmp_path):
    with pytest.raises(StoreError, match="not a git repository"):
        changed(tmp_path)
    with pytest.raises(StoreError, match="git: not found"):
        History(Hidden(), str(repo)).changed_paths("HEAD")
    with pytest.raises(StoreError, match="git knows no commit 'HEAD'"):
        changed(make(tmp_path / "new"))
    shutil.rmtree(repo / ".git" / "objects")
    (repo / ".git" / "objects").mkdir()
    with pytest.raises(StoreError):
        changed(repo)


def test_the_fork_point_is_where_the_branch_left_the_other(repo):
    fork = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "-b", "side")
    commit(repo, a="side\n")
    git(repo, "checkout", "-q", "main")
    tip = commit(repo, b="main\n")
    git(repo, "checkout", "-q", "side")
    history = History.at(str(repo))

    assert history.fork_point(tip) == fork
    assert history.fork_point("@{upstream}") is None
    git(repo, "branch", "-q", "--set-upstream-to=main")
    assert history.fork_point("@{upstream}") == fork


def test_without_a_common_commit_there_is_no_fork_point(repo):
    tip = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "--orphan", "other")
    commit(repo, a="other\n")

    assert History.at(str(repo)).fork_point(tip) is None


def test_the_log_has_what_touches_the_path_with_parents_among_its_own(repo):
    base = git(repo, "rev-parse", "HEAD")
    commit(repo, b="not asked about\n")
    first = commit(repo, a="1\n")
    git(repo, "checkout", "-q", "-b", "side")
    commit(repo, b="nor this\n")
    second = commit(repo, a="2\n")
    back = commit(repo, a="1\n")
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--no-ff", "-m", "a merge", "side")
    merge = git(repo, "rev-parse", "HEAD")
    commit(repo, b="last\n")
    history = History.at(str(repo))

    log = history.log("a", base)

    # The side branch ends with the content that it began with, and is not left out for that.
    assert log == [(first, (base,)), (second, (first,)), (back, (second,)), (merge, (first, back))]
    assert history.contents("a", [base, second, merge]) == {base: b"one\n", second: b"2\n", merge: b"1\n"}


def test_a_log_that_is_too_long_is_an_error(repo, monkeypatch):
    monkeypatch.setattr("autolab_core.git.history._MAX_COMMITS", 2)
    base = git(repo, "rev-parse", "HEAD")
    for number in range(2):
        commit(repo, a=f"{number}\n")
    assert len(History.at(str(repo)).log("a", base)) == 2

    commit(repo, a="more\n")

    with pytest.raises(StoreError, match="more than 2 commits since"):
        History.at(str(repo)).log("a", base)


def test_contents_are_those_below_the_root_and_missing_ones_are_none(repo):
    first = git(repo, "rev-parse", "HEAD")
    second = commit(repo, **{"below/c": "missing\n\nx blob 3\n"})
    third = commit(repo, **{"below/c": None, "below/c/d": "a folder now\n"})
    history = History.at(str(repo / "below"))

    found = history.contents("c", [first, second, third])

    assert found == {first: b"three\n", second: b"missing\n\nx blob 3\n", third: None}
    assert history.contents("c", []) == {}


def test_a_recorder_makes_a_repository_and_commits_what_is_there(tmp_path):
    (tmp_path / "a").write_text("one\n")
    first = Recorder.at(str(tmp_path)).commit("first")
    (tmp_path / "a").write_text("two\n")
    Recorder.at(str(tmp_path)).branch("then")
    second = Recorder.at(str(tmp_path)).commit("second")

    assert git(tmp_path, "log", "--format=%H %s", "--reverse").splitlines() == [f"{first} first", f"{second} second"]
    assert git(tmp_path, "rev-parse", "then") == first
    assert changed(tmp_path, "then") == {"a"}
    assert changed(tmp_path) == set()
