"""git's own folder is found by reading alone."""

import subprocess

from autolab_core.git.folder import git_folder


def test_it_lies_at_the_top_of_the_working_tree(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "deep/er").mkdir(parents=True)

    assert git_folder(str(tmp_path / "deep/er")) == str(tmp_path / ".git")


def test_of_several_working_trees_it_is_the_main_ones(tmp_path):
    main, other = tmp_path / "main", tmp_path / "other"
    subprocess.run(["git", "init", "-q", main], check=True)
    subprocess.run(["git", "-C", main, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run(["git", "-C", main, "worktree", "add", "-q", other], check=True)

    assert git_folder(str(other)) == str(main / ".git")


def test_where_git_is_not_there_is_none(tmp_path):
    (tmp_path / ".git").write_text("nonsense\n")

    assert git_folder(str(tmp_path)) is None
