"""What counts as a change of a closed experiment, what re-opens it, and what is said when git cannot tell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import BACKLOG, POLICY
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.states import CLOSED_BACKLOG, Severity, Verdict
from autolab_verifiers.builtin import load
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.engine.judge import judge
from tests.unit.repositories import git

DONE = "experiments/done/i1"
NOTES = f"{DONE}/notes.md"


class Lab:
    """A git repository with a backlog. Experiment ``e1`` has the iteration ``i1``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> Lab:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return self

    def backlog(self, **statuses: str | None) -> Lab:
        """Write the backlog: experiment to status. ``e2`` is always there and open."""
        statuses = {"e2": "open", **statuses}
        lines = [
            f"  - {{id: {name}, status: {status}, iteration_id: i{name[1:]}}}" for name, status in statuses.items()
        ]
        return self.write(BACKLOG, "\n".join(["hypotheses: []", "experiments:", *lines, ""]))

    def commit(self) -> str:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "a commit")
        return git(self.root, "rev-parse", "HEAD")

    def checks(self, base: str | None = None):
        tree = Tree(str(self.root))
        context = VerifyContext(tree, stage=None, iteration_id=None, base=base)
        return {check.rule: check for check in judge(load("closed_experiments"), context)}

    def changed(self, base: str | None = None) -> list[str]:
        """The paths that CE001 objects to; the other rules have nothing to say."""
        checks = self.checks(base)
        assert checks["CE001"].status in {Verdict.PASS, Verdict.FAIL}, checks
        assert {checks["CE002"].status, checks["CE003"].status} == {Verdict.PASS}, checks
        return [found.path for found in checks["CE001"].findings if found.severity is Severity.ERROR]

    def statuses(self, base: str | None = None) -> set[Verdict]:
        return {check.status for check in self.checks(base).values()}

    def reasons(self, base: str | None = None) -> set[str | None]:
        return {check.reason for check in self.checks(base).values()}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("closed") / "lab")
    lab.backlog(e1="done").write(NOTES, "It did not help.\n").write(f"{DONE}/runs/r1/metrics.json", "{}\n")
    lab.write("experiments/plan/i2/notes.md", "Not yet.\n")
    git(lab.root, "init", "-q", "-b", "main")
    lab.commit()
    git(lab.root, "tag", "closed")
    return lab


@pytest.fixture
def lab(made, tmp_path):
    """``e1`` is closed in the only commit, which has the tag ``closed``."""
    return Lab(Path(shutil.copytree(made.root, tmp_path / "lab", symlinks=True)))


@pytest.fixture
def processes(monkeypatch):
    """The commands that are run."""
    seen = []
    run = LocalRunner.run

    def counted(self, command):
        seen.append(command.argv)
        return run(self, command)

    monkeypatch.setattr(LocalRunner, "run", counted)
    return seen


def test_nothing_that_changed_is_nothing_to_object_to(lab):
    lab.write("experiments/plan/i2/notes.md", "Now.\n").write("README.md", "new\n").commit()

    assert lab.changed("closed") == []


@pytest.mark.parametrize("status", [*sorted(CLOSED_BACKLOG), " Done ", "CLOSED"])
def test_every_word_that_closes_protects(lab, status):
    base = lab.backlog(e1=f'"{status}"').commit()

    assert lab.write(NOTES, "changed\n").changed(base) == [NOTES]


CHANGES = {
    "an edit": lambda lab: lab.write(NOTES, "changed\n"),
    "a staged edit": lambda lab: git(lab.write(NOTES, "changed\n").root, "add", "-A"),
    "a staged edit that was put back": lambda lab: (
        git(lab.write(NOTES, "changed\n").root, "add", "-A"),
        lab.write(NOTES, "It did not help.\n"),
    ),
    "a committed edit": lambda lab: lab.write(NOTES, "changed\n").commit(),
    "a deletion": lambda lab: (lab.root / NOTES).unlink(),
    "an executable bit": lambda lab: (lab.root / NOTES).chmod(0o755),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_an_objection(lab, change):
    change(lab)

    assert lab.changed("closed") == [NOTES]


def test_a_change_that_was_put_back_is_none(lab):
    lab.write(NOTES, "changed\n").commit()
    lab.write(NOTES, "It did not help.\n").commit()

    assert lab.changed("closed") == []


def test_a_file_that_is_untracked_counts_and_one_that_is_ignored_does_not(lab):
    lab.write(".gitignore", "*.log\n").write(f"{DONE}/x.log", "").write(f"{DONE}/x.txt", "")

    assert lab.changed("closed") == [f"{DONE}/x.txt"]


def test_the_answer_of_a_verification_is_no_change(lab):
    lab.write(f"{DONE}/runs/r1/verification_result.json", "{}\n")

    assert lab.changed("closed") == []
    assert lab.write(f"{DONE}/verification_result.json", "{}\n").changed("closed") == [
        f"{DONE}/verification_result.json"
    ]


def test_many_changes_are_cut_politely(lab):
    for number in range(30):
        lab.write(f"{DONE}/more/{number:02}", "")

    findings = lab.checks("closed")["CE001"].findings

    assert len(findings) == 21
    assert [found.message for found in findings if "30 paths" in found.message] == [
        "30 paths of the closed experiment 'e1' changed; the first 20 are named"
    ]


def test_names_that_are_not_text_are_named(lab):
    name = f"{DONE}/" + os.fsdecode(b"not \xff\nutf-8")
    lab.write(name, "")

    assert lab.changed("closed") == [name]


@pytest.mark.parametrize("place", ["experiments/i1", "experiments/plan/i1", "experiments/in_progress/i1"])
@pytest.mark.parametrize("how", ["moved", "staged", "committed"])
def test_a_folder_that_was_only_moved_did_not_change(lab, place, how):
    (lab.root / place).parent.mkdir(exist_ok=True)
    (lab.root / DONE).rename(lab.root / place)
    if how != "moved":
        git(lab.root, "add", "-A")
    if how == "committed":
        lab.commit()
    assert lab.changed("closed") == []

    lab.write(f"{place}/notes.md", "changed\n").write(f"{place}/new", "")

    assert lab.changed("closed") == [f"{place}/new", f"{place}/notes.md"]


def test_a_second_folder_of_the_iteration_is_an_addition(lab):
    lab.write("experiments/plan/i1/notes.md", "It did not help.\n")

    assert lab.changed("closed") == ["experiments/plan/i1/notes.md"]


def test_a_folder_that_is_gone_is_one_objection(lab):
    shutil.rmtree(lab.root / DONE)

    assert lab.changed("closed") == [DONE]
    lab.commit()
    assert lab.changed("closed") == [DONE]


def test_a_folder_that_became_a_link_to_its_equal_is_a_change(lab, tmp_path):
    shutil.move(lab.root / DONE, tmp_path / "elsewhere")
    (lab.root / DONE).symlink_to(tmp_path / "elsewhere")

    assert DONE in lab.changed("closed")


def test_an_iteration_with_a_longer_name_is_another_one(lab):
    lab.write("experiments/done/i10/notes.md", "").write("experiments/done/i1.md", "")

    assert lab.changed("closed") == []


def test_an_experiment_without_an_iteration_has_nothing_to_change(lab):
    lab.write(BACKLOG, "experiments: [{id: e1, status: done}, {id: e3, status: done, iteration_id: ../x}]\n")
    base = lab.commit()

    assert lab.write(NOTES, "changed\n").changed(base) == []


# --- re-opening


def test_what_is_open_again_in_the_working_tree_may_be_changed(lab):
    lab.backlog(e1="open").write(NOTES, "changed\n")

    assert lab.statuses("closed") == {Verdict.SKIP}
    assert lab.reasons("closed") == {"no experiment was closed before"}


def test_what_was_reopened_and_changed_and_is_closed_by_the_working_tree_is_in_order(lab):
    lab.backlog(e1="open").commit()
    lab.write(NOTES, "changed\n").backlog(e1="done")

    assert lab.statuses("closed") == {Verdict.SKIP}


def test_what_was_reopened_in_a_commit_and_closed_again_may_have_changed_in_between_only(lab):
    lab.backlog(e1="open").commit()
    lab.write(NOTES, "changed\n").commit()
    lab.backlog(e1="done").commit()
    assert lab.changed("closed") == []

    lab.write(NOTES, "changed again\n")
    assert lab.changed("closed") == [NOTES]
    lab.commit()
    assert lab.changed("closed") == [NOTES]


def test_a_change_before_the_reopening_is_forgiven_by_it(lab):
    lab.write(NOTES, "changed\n").commit()
    lab.backlog(e1="open").commit()
    lab.backlog(e1="done").commit()

    assert lab.changed("closed") == []


def test_another_word_for_closed_is_no_reopening(lab):
    lab.backlog(e1="resolved").commit()

    assert lab.write(NOTES, "changed\n").changed("closed") == [NOTES]


def test_what_was_closed_after_the_base_is_protected_since_then(lab):
    base = lab.backlog(e1="done", e2="in_progress").commit()
    lab.write("experiments/plan/i2/notes.md", "Now.\n").commit()
    lab.backlog(e1="done", e2="done").commit()
    assert lab.changed(base) == []

    lab.write("experiments/plan/i2/notes.md", "And then.\n").commit()

    assert lab.changed(base) == ["experiments/plan/i2/notes.md"]


def test_a_reopening_on_a_branch_that_was_merged_counts(lab):
    git(lab.root, "checkout", "-q", "-b", "side")
    lab.backlog(e1="open").commit()
    lab.write(NOTES, "changed\n").commit()
    lab.backlog(e1="done").commit()
    git(lab.root, "checkout", "-q", "main")
    lab.write("README.md", "meanwhile\n").commit()
    git(lab.root, "merge", "-q", "--no-ff", "-m", "a merge", "side")
    assert lab.changed("closed") == []

    lab.write(NOTES, "changed after the merge\n")

    assert lab.changed("closed") == [NOTES]


@pytest.fixture
def diverged(lab):
    """The branch ``old`` left before ``e1`` was closed on ``trunk``, and the commit that closed it there."""
    git(lab.root, "checkout", "-q", "--orphan", "old")
    lab.backlog(e1="open").commit()
    git(lab.root, "checkout", "-q", "-b", "trunk")
    base = lab.backlog(e1="done").commit()
    git(lab.root, "checkout", "-q", "old")
    return base


@pytest.mark.parametrize("status", ["open", "done"])
def test_a_branch_that_left_before_the_closing_is_held_to_it(lab, diverged, status):
    """Not knowing of the closing re-opens nothing, nor does closing it once more with other content."""
    lab.write(NOTES, "changed\n").backlog(e1=status, e3="open").commit()
    git(lab.root, "checkout", "-q", "trunk")
    subprocess.run(["git", "merge", "-q", "--no-ff", "-m", "a merge", "old"], cwd=lab.root, check=False)
    lab.backlog(e1="done", e3="open").commit()

    assert lab.changed(diverged) == [NOTES]


def test_a_merge_that_leaves_the_entry_open_reopens_it(lab):
    git(lab.root, "checkout", "-q", "-b", "side")
    lab.backlog(e1="open").commit()
    git(lab.root, "checkout", "-q", "main")
    lab.write("README.md", "meanwhile\n").commit()
    git(lab.root, "merge", "-q", "--no-ff", "-m", "a merge", "side")
    lab.write(NOTES, "changed\n").commit()

    assert lab.statuses("closed") == {Verdict.SKIP}


def test_a_backlog_that_was_unreadable_or_gone_for_a_while_reopens_nothing(lab):
    lab.write(BACKLOG, "experiments: [").commit()
    (lab.root / BACKLOG).unlink()
    lab.commit()
    lab.write(BACKLOG, "experiments: []\n").commit()
    lab.write(NOTES, "changed\n").backlog(e1="done").commit()

    assert lab.changed("closed") == [NOTES]


@pytest.mark.parametrize("order", [1, -1])
def test_an_entry_that_stands_twice_is_closed_when_one_of_them_is(lab, order):
    entries = [f"  - {{id: e1, status: {status}, iteration_id: i1}}\n" for status in ("done", "open")]
    lab.write(BACKLOG, "experiments:\n" + "".join(entries[::order])).commit()

    assert lab.write(NOTES, "changed\n").changed("closed") == [NOTES]


# --- the entry itself


@pytest.mark.parametrize("committed", [False, True])
def test_an_entry_that_is_gone_is_an_objection_and_protects_all_the_same(lab, committed):
    lab.backlog().write(NOTES, "changed\n")
    if committed:
        lab.commit()

    checks = lab.checks("closed")

    assert [found.path for found in checks["CE001"].findings] == [NOTES]
    assert [found.message for found in checks["CE002"].findings] == [
        "the closed experiment 'e1' is not listed any more"
    ]


def test_an_entry_that_was_reopened_may_go(lab):
    lab.backlog(e1="open").commit()
    lab.backlog().commit()

    assert lab.statuses("closed") == {Verdict.SKIP}


@pytest.mark.parametrize("base", [None, "closed"])
def test_a_backlog_that_vanished_is_an_objection(lab, base):
    (lab.root / BACKLOG).unlink()

    check = lab.checks(base)["CE002"]

    assert check.status is Verdict.FAIL
    assert [found.message for found in check.findings] == ["does not exist, but listed 1 closed experiments: 'e1'"]


def test_an_experiment_under_another_id_is_not_the_one_that_was_closed(lab):
    lab.write(BACKLOG, (lab.root / BACKLOG).read_text().replace("id: e1,", "id: e9,"))

    assert lab.checks("closed")["CE002"].status is Verdict.FAIL


def test_a_closed_entry_keeps_its_iteration(lab):
    lab.write(BACKLOG, (lab.root / BACKLOG).read_text().replace("iteration_id: i1", "iteration_id: i9"))
    lab.write(NOTES, "changed\n")

    checks = lab.checks("closed")

    assert [found.path for found in checks["CE001"].findings] == [NOTES]
    assert [(found.pointer, found.line) for found in checks["CE003"].findings] == [("/experiments/1/iteration_id", 4)]


# --- the base


def test_without_a_base_only_what_is_not_committed_is_seen_and_that_is_said(lab):
    lab.write(NOTES, "changed\n").commit()
    lab.write(f"{DONE}/new", "")

    findings = lab.checks()["CE001"].findings

    assert [(found.severity, found.path) for found in findings] == [
        (Severity.NOTE, BACKLOG),
        (Severity.ERROR, f"{DONE}/new"),
    ]


def test_the_upstream_is_the_base_where_none_is_named(lab):
    git(lab.root, "branch", "-q", "upstream")
    git(lab.root, "branch", "-q", "--set-upstream-to=upstream")
    lab.write(NOTES, "changed\n").commit()

    findings = lab.checks()["CE001"].findings

    assert [(found.severity, found.path) for found in findings] == [(Severity.ERROR, NOTES)]


def test_the_policy_names_the_base_and_the_caller_has_the_last_word(lab):
    lab.write(POLICY, "settings: {closed_experiments: {base: closed}}\n").write(NOTES, "changed\n").commit()

    assert lab.changed() == [NOTES]
    assert lab.changed("HEAD") == []


def test_a_branch_that_is_behind_its_base_did_not_change_anything(lab):
    git(lab.root, "checkout", "-q", "-b", "ahead")
    lab.backlog(e1="open").commit()
    lab.write(NOTES, "changed\n").backlog(e1="done", e2="done").commit()
    git(lab.root, "checkout", "-q", "main")
    lab.write("experiments/plan/i2/notes.md", "Still open here.\n").commit()

    assert lab.changed("ahead") == []


@pytest.mark.parametrize("base", ["gone", "-x", "--all", "", "HEAD..HEAD", "a\0b", "\ud800", "HEAD:.autolab"])
def test_a_base_that_is_none_is_an_error_and_no_option(lab, base):
    assert lab.statuses(base) == {Verdict.ERROR}
    assert "cannot be used: git knows no such commit" in lab.reasons(base).pop()


@pytest.mark.parametrize("base", ["gone", "3", "[]", "''", "-x", '"a\\0b"'])
def test_a_base_of_the_policy_that_is_none_is_an_error_with_its_place(lab, base):
    lab.write(POLICY, f"settings:\n  closed_experiments:\n    base: {base}\n")

    check = lab.checks()["CE001"]

    assert check.status is Verdict.ERROR
    assert [(found.path, found.line) for found in check.findings] == [(POLICY, 3)]


def test_a_base_of_another_history_is_an_error(lab):
    git(lab.root, "checkout", "-q", "--orphan", "other")
    lab.commit()

    assert lab.statuses("closed") == {Verdict.ERROR}
    assert "it has no commit in common with HEAD" in lab.reasons("closed").pop()


def test_a_shallow_clone_that_lacks_the_base_is_an_error(lab, tmp_path):
    lab.write(NOTES, "changed\n").commit()
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{lab.root}", "clone")
    clone = Lab(tmp_path / "clone")

    assert clone.statuses(git(lab.root, "rev-parse", "closed")) == {Verdict.ERROR}
    assert clone.statuses() == {Verdict.PASS}


def test_a_backlog_that_the_base_cannot_show_is_an_error(lab):
    base = lab.write(BACKLOG, "experiments: [\n").commit()
    lab.backlog(e1="done").commit()

    assert lab.statuses(base) == {Verdict.ERROR}


def test_a_backlog_that_this_clone_lacks_is_an_error(lab):
    blob = git(lab.root, "rev-parse", f"HEAD:{BACKLOG}")
    (lab.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    assert lab.statuses("closed") == {Verdict.ERROR}


def test_a_backlog_that_cannot_be_read_now_is_an_error(lab):
    lab.write(BACKLOG, "experiments: [\n")

    assert lab.statuses() == {Verdict.ERROR}


# --- where git has nothing to say


def test_outside_of_git_there_is_nothing_to_compare_unless_a_base_is_named(lab):
    shutil.rmtree(lab.root / ".git")

    assert lab.statuses() == {Verdict.SKIP}
    assert lab.reasons() == {"not a git repository"}
    assert lab.statuses("closed") == {Verdict.ERROR}
    assert "the base 'closed' cannot be used: not a git repository" in lab.reasons("closed").pop()
    lab.write(POLICY, "settings: {closed_experiments: {base: closed}}\n")
    assert lab.statuses() == {Verdict.ERROR}


@pytest.mark.parametrize("path", [BACKLOG, POLICY])
def test_outside_of_git_a_document_that_cannot_be_read_is_left_to_others(lab, path):
    lab.write(path, "stages: [")
    assert lab.statuses() == {Verdict.ERROR}

    shutil.rmtree(lab.root / ".git")

    assert (lab.statuses(), lab.reasons()) == ({Verdict.SKIP}, {"not a git repository"})
    assert lab.statuses("closed") == {Verdict.ERROR}


def test_where_nothing_is_closed_git_does_not_matter(lab):
    shutil.rmtree(lab.backlog(e1="open").root / ".git")

    assert lab.reasons() == {"no experiment is closed"}


def test_what_only_looks_like_a_repository_is_none(lab):
    shutil.rmtree(lab.root / ".git")
    (lab.root / ".git").mkdir()

    assert lab.reasons() == {"not a git repository"}


def test_without_git_there_is_nothing_to_compare_unless_a_base_is_named(lab, monkeypatch):
    def hidden(self, command):
        raise RunnerError("git: not found")

    monkeypatch.setattr(LocalRunner, "run", hidden)

    assert (lab.statuses(), lab.reasons()) == ({Verdict.SKIP}, {"git: not found"})
    assert lab.statuses("closed") == {Verdict.ERROR}


def test_a_repository_that_git_refuses_is_an_error(lab):
    (lab.root / ".git" / "config").write_text("[broken")

    assert lab.statuses() == {Verdict.ERROR}


def test_before_the_first_commit_nothing_was_closed(tmp_path):
    lab = Lab(tmp_path / "lab").backlog(e1="done")
    git(lab.root, "init", "-q")

    assert lab.reasons() == {"there is no commit yet"}


def test_a_detached_head_and_a_worktree_are_like_any_other(lab, tmp_path):
    git(lab.root, "worktree", "add", "-q", "--detach", str(tmp_path / "side"), "closed")
    side = Lab(tmp_path / "side").write(NOTES, "changed\n")

    assert side.changed() == [NOTES]
    side.commit()
    assert side.changed("closed") == [NOTES]
    assert lab.changed("closed") == []


def test_the_root_may_lie_below_the_top_of_the_repository(lab, tmp_path):
    shutil.rmtree(lab.root / ".git")
    top = tmp_path / "top"
    (top / "projects").mkdir(parents=True)
    git(top, "init", "-q", "-b", "main")
    below = Lab(Path(shutil.move(lab.root, top / "projects" / "lab")))
    base = below.commit()
    (top / "experiments" / "done" / "i1").mkdir(parents=True)
    (top / NOTES).write_text("of another project\n")
    assert below.changed(base) == []

    below.write(NOTES, "changed\n").commit()

    assert below.changed(base) == [NOTES]
    below.backlog(e1="open").commit()
    below.backlog(e1="done").commit()
    assert below.changed(base) == []


def test_a_submodule_of_a_closed_experiment_is_its_commit(lab, made):
    git(lab.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(made.root), f"{DONE}/sub")
    base = lab.commit()
    inner = Lab(lab.root / DONE / "sub").write("README.md", "new\n")
    assert lab.changed(base) == []

    inner.commit()
    lab.commit()

    assert lab.changed(base) == [f"{DONE}/sub"]


# --- the cost


def test_where_nothing_is_closed_git_is_not_asked(lab, processes):
    lab.backlog(e1="open")

    assert (lab.reasons(), processes) == ({"no experiment is closed"}, [])


def test_where_nothing_is_closed_not_even_the_modules_are_loaded(lab):
    lab.backlog(e1="open")
    program = f"""
import sys
from autolab_core.io.tree import Tree
from autolab_verifiers.builtin import load
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.engine.judge import judge
judge(load("closed_experiments"), VerifyContext(Tree({str(lab.root)!r}), stage=None, iteration_id=None))
print(sorted({{"attrs", "subprocess", "hashlib", "autolab_core.git", "autolab_core.exec"}} & set(sys.modules)))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("base", [None, "closed"])
def test_six_processes_are_enough_for_all_rules(lab, processes, base):
    for number in range(3):
        lab.backlog(e1="done", e2="open", **{f"e{number + 3}": "open"}).commit()
    lab.write(NOTES, "changed\n")

    assert lab.changed(base) == [NOTES]
    assert len([argv for argv in processes if argv[0] == "git"]) <= 6


def test_nothing_that_the_repository_names_is_started(lab, tmp_path):
    mark, program = tmp_path / "sprung", tmp_path / "program"
    program.write_text(f"#!/bin/sh\n: >'{mark}'\ncat\n")
    program.chmod(0o755)
    lab.write(".gitattributes", "* filter=trap diff=trap\n").commit()
    for key in ("core.fsmonitor", "filter.trap.clean", "filter.trap.process", "diff.trap.textconv", "diff.external"):
        git(lab.root, "config", key, str(program))
    lab.write(NOTES, "changed\n")
    subprocess.run(["git", "status"], cwd=lab.root, capture_output=True, check=False)
    assert mark.exists()
    mark.unlink()

    assert lab.changed("closed") == [NOTES]
    assert not mark.exists()
