"""What the hook says to command lines: a table of what passes and of what is denied, with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autolab_core.guard.hook.judge import judge_command, judge_edit, judge_patch
from autolab_core.guard.hook.reach import Reach
from tests.unit.guard.hook.commands import ALLOWED, DENIED
from tests.unit.guard.hook.protected import protected_repository, reach_of

HOME = "/nonexistent/home"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return protected_repository(tmp_path_factory.mktemp("hook"))


@pytest.fixture(scope="module")
def reach(root: Path) -> Reach:
    return reach_of(root)


def judged(command: str, root: Path, reach: Reach, folder: str = "") -> str | None:
    home = HOME if "~/" not in command or "ssh" not in command else str(root)
    return judge_command(command, str(root / folder), reach, {"HOME": home, "USER": "me"})


def test_the_tables_are_long_and_hold_nothing_twice():
    assert len(ALLOWED) + len(DENIED) >= 200
    assert len({*ALLOWED, *(command for command, _ in DENIED)}) == len(ALLOWED) + len(DENIED)


@pytest.mark.parametrize("command", ALLOWED)
def test_passes(command: str, root: Path, reach: Reach):
    assert judged(command, root, reach) is None


@pytest.mark.parametrize(("command", "why"), DENIED)
def test_denied(command: str, why: str, root: Path, reach: Reach):
    reason = judged(command, root, reach)

    assert reason is not None
    assert why in reason
    assert "\n" not in reason


def test_looking_changes_nothing(root: Path, reach: Reach):
    def everything() -> Iterator[tuple[str, bytes]]:
        for folder, _, names in os.walk(root):
            yield from ((f"{folder}/{name}", Path(folder, name).read_bytes()) for name in names)

    before = dict(everything())

    for command, _ in DENIED:
        judged(command, root, reach)

    assert dict(everything()) == before


@pytest.mark.parametrize("path", ["notes.md", "src/a.py", "new", "/tmp/x", "experimentsx", "src/experiments"])
def test_an_edit_elsewhere_passes(path: str, root: Path, reach: Reach):
    assert judge_edit(path, str(root), reach) is None


@pytest.mark.parametrize(
    "path",
    ["experiments/exp-001.md", "experiments/new/deep", "link/x", "alias.md", "src/../RESEARCH_LOG.md", ".git/hooks/x"],
)
def test_an_edit_of_what_is_protected_is_denied(path: str, root: Path, reach: Reach):
    assert "is protected" in str(judge_edit(path, str(root), reach))
    assert "is protected" in str(judge_edit(str(root / path), "/", reach))


def test_what_may_be_written_inside_a_protected_folder_passes(root: Path):
    reach = reach_of(root, writable=("experiments/plan",))

    assert judged("echo x > experiments/plan/notes", root, reach) is None
    assert judged("rm -rf experiments/plan/old", root, reach) is None
    assert judged("cd experiments/plan && touch x", root, reach) is None
    assert judged("echo x > experiments/planned", root, reach) is not None
    assert judged("rm -rf experiments", root, reach) is not None
    assert judged("touch experiments/*/x", root, reach) is not None
    assert judged("touch experiments/plan/../exp-001.md", root, reach) is not None


def test_with_a_list_of_what_may_be_written_all_else_is_denied(root: Path):
    reach = reach_of(root, writable=("results",), default=False)

    assert judged("touch results/x", root, reach) is None
    assert judged("ls > /tmp/x", root, reach) is None
    assert "may be written" in str(judged("touch notes.md", root, reach))
    assert "may be written" in str(judge_edit("notes.md", str(root), reach))


def test_a_patch_is_judged_by_what_it_names(root: Path, reach: Reach):
    bad = "*** Begin Patch\n*** Update File: experiments/exp-001.md\n@@\n-a\n+b\n*** End Patch\n"
    move = "*** Begin Patch\n*** Update File: notes.md\n*** Move to: experiments/x.md\n*** End Patch\n"

    assert "is protected" in str(judge_patch(bad, str(root), reach))
    assert "is protected" in str(judge_patch(move, str(root), reach))
    assert judge_patch(bad.replace("experiments/exp-001.md", "notes.md"), str(root), reach) is None
    assert judge_patch("nothing", str(root), reach) is not None


def test_from_a_folder_below_paths_count_from_there(root: Path, reach: Reach):
    assert judged("rm a.py", root, reach, "src") is None
    assert judged("rm ../experiments/exp-001.md", root, reach, "src") is not None
    assert judged("rm exp-001.md", root, reach, "experiments") is not None
    assert judged("git checkout -- .", root, reach, "src") is None
