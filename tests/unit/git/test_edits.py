"""What changed since a moment: committed or not, and nothing of what lay about then."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from autolab_core.git.edits import changed_since, edit_base
from autolab_core.git.history import History
from autolab_core.models.handover import EditBase
from autolab_core.vocab.errors import StoreError
from tests.unit.repositories import git

NOBODY = {
    **os.environ,
    **{f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def commit_all(folder):
    git(folder, "add", "-A")
    subprocess.run(["git", "commit", "-qm", "more"], cwd=folder, check=True, env=NOBODY)


@pytest.fixture
def folder(tmp_path):
    """A commit of ``a``, ``b`` and ``c``; ``b`` was edited since, ``c`` deleted, and ``new`` is not tracked."""
    git(tmp_path, "init", "-q", "-b", "main")
    for name in "abc":
        (tmp_path / name).write_text(name)
    (tmp_path / ".gitignore").write_text("ignored\n")
    commit_all(tmp_path)
    (tmp_path / "b").write_text("edited")
    (tmp_path / "c").unlink()
    (tmp_path / "new").write_text("new")
    return tmp_path


def changed(folder, base):
    return changed_since(History.at(str(folder)), base)


def base_of(folder):
    return edit_base(History.at(str(folder)))


def test_what_lay_about_is_nobody_s_edit(folder):
    base = base_of(folder)

    assert set(base.changed) == {"b", "c", "new"}
    assert base.changed["c"] == "deleted"
    assert base.commit == git(folder, "rev-parse", "HEAD")
    assert changed(folder, base) == ()


def test_committing_what_lay_about_edits_nothing(folder):
    base = base_of(folder)
    commit_all(folder)

    assert changed(folder, base) == ()


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("a", lambda path: path.write_text("edited")),
        ("a", lambda path: path.unlink()),
        ("a", lambda path: path.chmod(0o755)),
        ("b", lambda path: path.write_text("again")),
        ("b", lambda path: path.write_text("b")),
        ("b", lambda path: path.unlink()),
        ("c", lambda path: path.write_text("c")),
        ("new", lambda path: path.unlink()),
        ("new", lambda path: (path.unlink(), path.symlink_to("a"))),
        ("other", lambda path: path.write_text("")),
        ("ä\n", lambda path: path.write_text("")),
    ],
)
def test_every_edit_shows(folder, path, edit, committed):
    base = base_of(folder)
    edit(folder / path)
    if committed:
        commit_all(folder)

    assert changed(folder, base) == (path,)


def test_an_edit_that_was_undone_is_none(folder):
    base = base_of(folder)
    (folder / "b").write_text("again")
    commit_all(folder)
    (folder / "b").write_text("edited")

    assert changed(folder, base) == ()


@pytest.fixture(params=["a submodule", "a repository inside"])
def inner(folder, request):
    """A repository in ``folder``, with a file and something ignored, which is a submodule or only lies there."""
    path = folder / "inner"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    (path / "file").write_text("x")
    (path / ".gitignore").write_text("ignored\n")
    commit_all(path)
    if request.param == "a submodule":
        commit_all(folder)
    return path


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("name", ["file", "new"])
def test_an_edit_in_a_repository_inside_shows_as_one_of_it(folder, inner, name, committed):
    base = base_of(folder)
    (inner / name).write_text("edited")
    if committed:
        commit_all(inner)

    assert changed(folder, base) == ("inner",)


def test_what_lay_about_in_a_repository_inside_is_nobody_s_edit(folder, inner):
    (inner / "file").write_text("edited before")
    base = base_of(folder)
    (inner / "ignored").write_text("x")
    git(inner, "status")

    assert changed(folder, base) == ()


def test_a_repository_inside_that_is_broken_or_not_checked_out_is_held_by_its_files(folder, inner):
    for path in inner.rglob(".git"):
        shutil.rmtree(path)
    base = base_of(folder)
    assert changed(folder, base) == ()
    (inner / "more").write_text("x")

    assert changed(folder, base)

    (inner / "more").unlink()
    (inner / ".git").write_text("gitdir: nowhere\n")
    base = base_of(folder)
    assert changed(folder, base) == ()
    (inner / "more").write_text("x")

    assert changed(folder, base)


def test_ignored_files_do_not_count(folder):
    base = base_of(folder)
    (folder / "ignored").write_text("x")

    assert changed(folder, base) == ()


def test_before_the_first_commit_everything_is_looked_at(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a").write_text("a")
    base = base_of(tmp_path)
    (tmp_path / "b").write_text("b")

    assert (base.commit, base.note, set(base.changed)) == (None, None, {"a"})
    assert changed(tmp_path, base) == ("b",)
    commit_all(tmp_path)
    assert changed(tmp_path, base) == ("b",)


def test_without_git_nothing_is_claimed(tmp_path):
    base = base_of(tmp_path)

    assert (base.commit, base.changed, base.note) == (None, {}, "not a git repository")
    with pytest.raises(StoreError, match="not a git repository"):
        changed(tmp_path, base)


def test_a_commit_that_is_gone_is_said(folder):
    with pytest.raises(StoreError, match="knows no commit"):
        changed(folder, EditBase("0" * 40))
