"""``autolab init --harness``: the hooks that it writes are asked as each harness asks them, and say no."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from autolab_core.io.repository import Repository
from autolab_core.stages.agents.harness_install import HARNESSES
from tests.unit.cli.conftest import autolab
from tests.unit.repositories import FOLDER, change_json, put, snapshot

ALL = [word for name in HARNESSES for word in ("--harness", name)]
CLAUDE, CODEX, POLICY = ".claude/settings.json", ".codex/config.toml", ".autolab/guard/agent.policy.json"
DENIED = 2
PATCH = "*** Begin Patch\n*** Update File: HANDOFF.md\n@@\n-a\n+b\n*** End Patch\n"


@pytest.fixture
def root(repository: Repository) -> Path:
    return repository.root


def hooks_of(root: Path) -> dict[str, str]:
    """The command line that each harness was told to start."""
    claude = json.loads((root / CLAUDE).read_text())["hooks"]
    codex = tomllib.loads((root / CODEX).read_text())["hooks"]
    found = {name: each["PreToolUse"][-1]["hooks"][0]["command"] for name, each in (("c", claude), ("x", codex))}
    return {"claude-code": found["c"], "codex": found["x"], "generic": str(root / ".autolab/harness/hook")}


def asked(hook: str, root: Path, tool: str, **given: Any) -> tuple[int, str]:
    call = {
        "session_id": "s",
        "hook_event_name": "PreToolUse",
        "cwd": str(root),
        "tool_name": tool,
        "tool_input": given,
    }
    done = subprocess.run(
        ["sh", "-c", hook], input=json.dumps(call), cwd="/", capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr


def test_every_harness_s_hook_denies_what_is_protected_and_lets_the_iteration_be_written(root: Path):
    done = autolab("init", *ALL, cwd=root)
    assert (done.code, done.err) == (0, "")

    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "claude-code": ("Write", {"file_path": str(root / "HANDOFF.md"), "content": "x"}),
        "codex": ("apply_patch", {"command": PATCH}),
        "generic": ("Bash", {"command": "echo x >> HANDOFF.md"}),
    }
    for name, command in hooks_of(root).items():
        tool, given = calls[name]
        code, said = asked(command, root, tool, **given)
        assert (code, "HANDOFF.md is protected" in said) == (DENIED, True), (name, said)
        assert asked(command, root, "Write", file_path=f"{root}/{FOLDER}/hypothesis.md") == (0, ""), name
        assert asked(command, root, "Write", file_path=f"{root}/experiments/plan/other/x.md")[0] == DENIED, name


def test_no_hook_lets_its_own_settings_be_edited(root: Path):
    autolab("init", *ALL, cwd=root)

    for command in hooks_of(root).values():
        for path in (CLAUDE, CODEX, POLICY, ".autolab/harness/hook", ".autolab/harness/agent"):
            assert asked(command, root, "Edit", file_path=str(root / path))[0] == DENIED, path


def test_the_wrapper_and_the_hook_are_programs(root: Path):
    autolab("init", "--harness", "generic", cwd=root)

    for name in ("hook", "agent"):
        assert os.access(root / ".autolab/harness" / name, os.X_OK)
    assert "guard run --root" in (root / ".autolab/harness/agent").read_text()


def test_a_new_folder_gets_both_and_a_second_time_changes_nothing(tmp_path: Path):
    first = autolab("init", *ALL, cwd=tmp_path)
    before = snapshot(tmp_path)
    again = autolab("init", *ALL, cwd=tmp_path)

    assert (first.code, again.code) == (0, 0)
    assert [f"wrote {path}\n" in first.out for path in (CLAUDE, CODEX, POLICY)] == [True] * 3
    assert "nothing was missing\nnext: claude-code: " in again.out
    assert snapshot(tmp_path) == before


def test_what_a_person_wrote_stays(root: Path):
    put(Repository(root), CLAUDE, {"model": "x", "hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": []}]}})
    put(Repository(root), CODEX, '# mine\nmodel = "o"\n')
    put(Repository(root), POLICY, {"profile": "agent", "protected": ["data"]})

    done = autolab("init", *ALL, cwd=root)

    assert done.code == 0
    assert json.loads((root / CLAUDE).read_text())["model"] == "x"
    assert '# mine\nmodel = "o"\n' in (root / CODEX).read_text()
    assert json.loads((root / POLICY).read_text()) == {"profile": "agent", "protected": ["data"]}


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        (CLAUDE, "{", ".claude/settings.json:1"),
        (CLAUDE, "// mine\n{}", ".claude/settings.json:1"),
        (CODEX, "a = ", ".codex/config.toml:1"),
        (CODEX, "features = {x = 1}", "is written so that the guard's part cannot be put into it (merge by hand"),
        (POLICY, "{}", "agent.policy.json: at /profile"),
    ],
)
def test_a_file_that_cannot_be_merged_is_one_line_and_nothing_is_written(tmp_path: Path, path, source, said):
    put(Repository(tmp_path), path, source)
    before = snapshot(tmp_path)

    done = autolab("init", *ALL, cwd=tmp_path)

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err
    assert snapshot(tmp_path) == before


def test_nothing_is_written_through_a_link(root: Path, tmp_path: Path):
    (root / ".claude").mkdir()
    (root / "docs/mine.json").write_text("{}")
    (root / CLAUDE).symlink_to(root / "docs/mine.json")

    done = autolab("init", "--harness", "claude-code", cwd=root)

    assert (done.code, "is a symbolic link" in done.err) == (2, True)
    assert (root / "docs/mine.json").read_text() == "{}"


def test_a_conflict_keeps_the_file_shows_the_difference_and_writes_the_others(root: Path):
    put(Repository(root), CODEX, 'sandbox_mode = "read-only"\n')

    done = autolab("init", *ALL, cwd=root)

    assert done.code == 1
    assert f'kept {CODEX}: sandbox_mode is "read-only", and it has to be left out; from it' in done.out
    assert '-sandbox_mode = "read-only"\n' in done.out
    assert (root / CODEX).read_text() == 'sandbox_mode = "read-only"\n'
    assert (root / CLAUDE).exists()
    assert "next: codex" not in done.out
    assert "next: claude-code" in done.out
    assert "the guard's hook is not set up yet" in done.out


def test_a_script_that_somebody_changed_is_kept_with_the_difference(root: Path):
    put(Repository(root), ".autolab/harness/hook", "#!/bin/sh\nexit 0\n")

    done = autolab("init", "--harness", "generic", "--json", cwd=root)

    (kept,) = done.json["harness"]["kept"]
    assert (done.code, kept["path"]) == (1, ".autolab/harness/hook")
    assert "\n-exit 0\n" in kept["diff"]
    assert (root / ".autolab/harness/hook").read_text() == "#!/bin/sh\nexit 0\n"


def test_a_policy_for_another_iteration_and_a_rule_that_is_left_over_are_said(root: Path):
    put(
        Repository(root), POLICY, {"profile": "agent", "protected": ["experiments"], "writable": ["experiments/plan/x"]}
    )
    rule = f"Edit(/{root}/data/**)"
    put(Repository(root), CLAUDE, {"permissions": {"deny": [rule]}})

    done = autolab("init", "--harness", "claude-code", cwd=root)

    assert f"note: {POLICY} does not let an agent write {FOLDER}; add it to `writable` there\n" in done.out
    assert f"note: {CLAUDE} denies {rule}, which the policy for agents does not ask for\n" in done.out


@pytest.mark.parametrize("closed", [True, False])
def test_a_closed_iteration_is_opened_to_nobody(root: Path, closed: bool):
    if closed:
        (root / "experiments/done").mkdir()
        (root / FOLDER).rename(root / "experiments/done/iter_a")

    autolab("init", "--harness", "generic", cwd=root)

    assert (root / POLICY).exists() is not closed


def test_the_spec_of_the_design_is_protected_and_its_results_are_not(root: Path):
    put(Repository(root), "experiments/exp-001-a.md", "# spec\n")
    design = root / FOLDER / "design.yaml"
    design.write_text(f"spec: experiments/exp-001-a.md\n{design.read_text()}")

    autolab("init", "--harness", "generic", cwd=root)

    policy = json.loads((root / POLICY).read_text())
    assert policy["spec"] == "experiments/exp-001-a.md"
    assert policy["writable"] == [FOLDER, "results/exp-001-a"]
    assert "experiments/exp-001-a.md" in policy["sealed"]
    assert "experiments" not in policy["sealed"]


def test_a_state_that_cannot_be_read_is_one_line(root: Path):
    change_json(Repository(root), ".autolab/state.json", iteration_id=5)

    done = autolab("init", "--harness", "codex", cwd=root)

    assert (done.code, done.err.count("\n"), ".autolab/state.json" in done.err) == (2, 1, True)
    assert not (root / CODEX).exists()


def test_a_name_that_is_no_harness_is_refused_with_those_there_are(tmp_path: Path):
    done = autolab("init", "--harness", "vim", cwd=tmp_path)

    assert (done.code, all(name in done.err for name in HARNESSES)) == (2, True)
