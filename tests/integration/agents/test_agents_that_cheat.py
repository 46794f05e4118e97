"""What an unguarded agent may try so that its stage passes: what judges the stage sees it, or the docs name it.

Under the guard most of it cannot be written at all (``test_agent_command``).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from autolab_core.io.layout import HANDOVER
from autolab_core.stages.agents.options import AgentOptions
from autolab_core.stages.launch import LaunchOptions
from autolab_core.stages.step import step
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_verifiers import verify
from tests.unit.git.test_edits import NOBODY
from tests.unit.repositories import Clock, change_json, context, git, new_repository, put

STATE = ".autolab/state.json"
POLICY = ".autolab/verifier_policy.yaml"
FOLDER = "experiments/plan/iter_a"
MINE = f"{FOLDER}/hypothesis.md"
SUMMARY = f"{FOLDER}/analysis/summary.md"
STRAY = "README.md"


class Cheat:
    """A stage in an agent's hand, and what the agent has at its disposal: the whole repository."""

    def __init__(self, root: Path, stage: Stage = Stage.HYPOTHESIS) -> None:
        self.root = root / "repository"
        self.repository = new_repository(self.root)
        self.stage = stage
        self.clock = Clock()
        put(self.repository, STRAY, "what people wrote\n")
        put(self.repository, POLICY, "{}\n")
        put(self.repository, ".gitignore", "/.autolab/locks/\n/ignored/\n")
        change_json(self.repository, STATE, stage=stage.value)
        git(self.root, "init", "-q", "-b", "main")
        self.commit()

    def run(self):
        self.clock.forward(seconds=1)
        return step(context(self.repository, verify=verify, now=self.clock), LaunchOptions(), agent=AgentOptions())

    def handed(self) -> Cheat:
        assert self.run().outcome is StageOutcome.STAY
        return self

    def write(self, path: str = MINE, text: str = "It is faster.\n") -> Path:
        return put(self.repository, path, text)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "all")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, check=True, env=NOBODY, capture_output=True)

    def caught(self) -> str:
        """What the agent is told: the stage did not pass."""
        result = self.run()
        assert (result.outcome, self.repository.state().stage) == (StageOutcome.NEEDS_RETRY, self.stage), result
        return result.summary


@pytest.fixture
def cheat(tmp_path):
    return Cheat(tmp_path).handed()


def test_without_a_trick_it_passes(cheat):
    cheat.write()
    assert cheat.run().outcome is StageOutcome.ADVANCE, cheat.run().summary


# What is brought.


def move_behind_a_link(cheat, elsewhere):
    folder, real = cheat.root / FOLDER, cheat.root / elsewhere / "moved"
    folder.rename(real)
    folder.symlink_to(real)
    cheat.write()


def test_a_file_behind_a_linked_folder_is_no_work(cheat):
    """Nobody would look for it where it lies."""
    move_behind_a_link(cheat, "docs")

    assert "lies behind a link" in cheat.caught()


def test_a_folder_outside_of_the_repository_is_none_of_its_iterations(cheat):
    move_behind_a_link(cheat, "..")

    with pytest.raises(DocumentError, match="leads out of the repository"):
        cheat.run()
    assert cheat.repository.state().stage is Stage.HYPOTHESIS


@pytest.mark.parametrize("target", [POLICY, STRAY, ".autolab/backlog.yaml"])
def test_what_is_written_through_a_hard_link_is_seen_where_it_lies(cheat, target):
    os.link(cheat.root / target, cheat.root / MINE)
    with open(cheat.root / MINE, "a") as file:
        file.write("# It is faster.\n")

    assert target in cheat.caught()


def test_a_device_or_a_pipe_is_no_work_and_is_not_waited_for(cheat):
    os.mkfifo(cheat.root / MINE)

    assert "is no regular file" in cheat.caught()


# What is changed beside it.


def spoil_commit(cheat):
    cheat.write(STRAY, "mine\n")
    cheat.commit()


def spoil_amended(cheat):
    cheat.write(STRAY, "mine\n")
    cheat.git("add", "-A")
    cheat.git("commit", "-q", "--amend", "-m", "as it always was")


def spoil_branch(cheat):
    cheat.git("checkout", "-q", "--orphan", "another")
    cheat.write(STRAY, "mine\n")
    cheat.commit()


def spoil_renamed(cheat):
    cheat.git("mv", STRAY, "docs/README.md")


def spoil_renamed_out(cheat):
    (cheat.root / FOLDER / "design.yaml").rename(cheat.root / "design.yaml")


def spoil_deleted(cheat):
    (cheat.root / STRAY).unlink()


def spoil_mode(cheat):
    (cheat.root / STRAY).chmod(0o755)


def spoil_link(cheat):
    (cheat.root / "stray").symlink_to("/etc")


def spoil_hidden(cheat):
    """Git's index can be told that a file is as it was."""
    cheat.git("update-index", "--assume-unchanged", STRAY)
    cheat.write(STRAY, "mine\n")


def spoil_sparse(cheat):
    cheat.git("update-index", "--skip-worktree", STRAY)
    cheat.write(STRAY, "mine\n")


def spoil_replaced(cheat):
    """Git can be told to show another commit in place of the one that the hand-over names."""
    base = git(cheat.root, "rev-parse", "HEAD")
    spoil_commit(cheat)
    cheat.git("replace", base, "HEAD")


def spoil_inner(cheat):
    """A repository in the repository."""
    put(cheat.repository, "inner/file", "x")
    subprocess.run(["git", "init", "-q", "inner"], cwd=cheat.root, check=True, env=NOBODY)


def spoil_submodule(cheat):
    put(cheat.repository, "inner/file", "x")
    subprocess.run(["git", "init", "-q", "inner"], cwd=cheat.root, check=True, env=NOBODY)
    subprocess.run(["git", "add", "-A"], cwd=cheat.root / "inner", check=True, env=NOBODY)
    subprocess.run(["git", "commit", "-qm", "x"], cwd=cheat.root / "inner", check=True, env=NOBODY)
    cheat.git("add", "inner")
    cheat.git("commit", "-qm", "a submodule")


def spoil_lost(cheat):
    """Git cannot say what changed since a commit that it has not any more."""
    spoil_branch(cheat)
    cheat.git("branch", "-D", "main")
    cheat.git("reflog", "expire", "--expire=now", "--all")
    cheat.git("gc", "-q", "--prune=now")


def spoil_no_git(cheat):
    (cheat.root / ".git").rename(cheat.root.parent / "gone")


@pytest.mark.parametrize("spoil", [value for name, value in list(globals().items()) if name.startswith("spoil_")])
def test_an_edit_out_of_scope_is_seen(cheat, spoil):
    cheat.write()
    spoil(cheat)

    assert "ES00" in cheat.caught()


def test_an_edit_in_a_submodule_is_seen(tmp_path):
    cheat = Cheat(tmp_path)
    spoil_submodule(cheat)
    cheat.handed().write()
    put(cheat.repository, "inner/file", "mine")

    assert "ES001 inner" in cheat.caught()


# What is not seen, and what is said of it in docs/agents.md ("What is not seen").


def test_ignored_files_are_no_edits(cheat):
    put(cheat.repository, "ignored/file", "x")
    cheat.write()

    assert cheat.run().outcome is StageOutcome.ADVANCE


def test_what_an_ignored_file_says_counts_once_git_tracks_it(cheat):
    cheat.write()
    put(cheat.repository, "ignored/file", "x")
    cheat.git("add", "-f", "ignored/file")

    assert "ES001 ignored/file" in cheat.caught()


def test_ignoring_more_is_an_edit_itself(cheat):
    cheat.write()
    put(cheat.repository, "stray/file", "x")
    put(cheat.repository, ".gitignore", "*\n")

    assert "ES001 .gitignore" in cheat.caught()


def test_a_hand_over_that_is_written_anew_hides_what_was_done_before(cheat):
    """Who may write Autolab's own folder can say that it was all there: the guard and the harness's hook forbid it."""
    cheat.write(STRAY, "mine\n")
    cheat.commit()
    base = {"commit": git(cheat.root, "rev-parse", "HEAD"), "changed": {}, "note": None}
    change_json(cheat.repository, HANDOVER, base=base)
    cheat.write()

    assert cheat.run().outcome is StageOutcome.ADVANCE


def test_a_state_that_is_moved_by_an_agent_is_still_held_at_the_gate(cheat):
    """No launch without a review that passes, whatever the state says; its history then shows the move that is none."""
    cheat.write()
    change_json(cheat.repository, STATE, stage="launch")

    result = cheat.run()

    assert (result.outcome, result.refused) == (StageOutcome.NEEDS_RETRY, True)
    assert cheat.repository.state().stage is not Stage.SLURM_MONITOR


def test_a_placeholder_that_is_left_open_in_a_design_does_not_wait_for_the_launch(tmp_path):
    cheat = Cheat(tmp_path, Stage.DESIGN).handed()
    with open(cheat.root / FOLDER / "design.yaml", "a") as file:
        file.write('notes: "see runs/<RUN_ID>"\n')

    assert "TF00" in cheat.caught()
