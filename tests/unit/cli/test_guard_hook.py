"""``autolab guard hook`` and ``guard config`` as a harness calls them: exit codes, what is said where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autolab_core.io.repository import Repository
from tests.unit.cli.conftest import AUTOLAB, autolab

DENIED = 2


def hooked(root: Path, tool: str, *words: str, event: str = "PreToolUse", **given: object) -> tuple[int, str, str]:
    call = {"session_id": "s", "cwd": str(root), "hook_event_name": event, "tool_name": tool, "tool_input": given}
    return piped(root, json.dumps(call).encode(), *words)


def piped(folder: Path, sent: bytes, *words: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*AUTOLAB, "guard", "hook", *words],
        cwd=folder,
        input=sent,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "CLAUDE_PROJECT_DIR": "", **environment},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def allows(answer: tuple[int, str, str]) -> bool:
    return answer == (0, "", "")


def denies(answer: tuple[int, str, str], why: str) -> bool:
    code, out, said = answer
    decided = json.loads(out)["hookSpecificOutput"]
    assert decided["hookEventName"] == "PreToolUse"
    assert decided["permissionDecision"] == "deny"
    assert decided["permissionDecisionReason"] == said.rstrip("\n")
    assert said.count("\n") == 1
    assert said.startswith("autolab guard: ")
    return code == DENIED and why in said


def protect(repository: Repository, **policy: object) -> None:
    path = Path(repository.root, ".autolab/guard/agent.policy.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"profile": "agent", **policy}))


@pytest.mark.parametrize("command", ["pip install numpy", "git checkout -b x", "cat RESEARCH_LOG.md", "echo sudo > x"])
def test_a_harmless_command_is_left_to_the_harness(repository: Repository, command: str):
    assert allows(hooked(repository.root, "Bash", command=command))


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf experiments",
        "cd experiments && rm x",
        "echo > .autolab/state.json",
        "echo 'not closed",
        "echo > HANDOFF.md",
    ],
)
def test_a_command_that_would_touch_what_is_protected_is_denied(repository: Repository, command: str):
    assert denies(hooked(repository.root, "Bash", command=command), "this call ")


@pytest.mark.parametrize("tool", ["Write", "Edit", "MultiEdit", "SomethingNew", "mcp__files__write_file"])
def test_an_edit_is_judged_by_its_path(repository: Repository, tool: str):
    assert denies(
        hooked(repository.root, tool, file_path="experiments/x", content="rm -rf"), "experiments is protected"
    )
    assert denies(hooked(repository.root, tool, file_path=f"{repository.root}/RESEARCH_LOG.md"), "is protected")
    assert allows(hooked(repository.root, tool, file_path="notes.md", content="experiments/x"))


def test_other_tools_are_judged_by_every_path_they_are_given(repository: Repository):
    root = repository.root

    assert denies(hooked(root, "NotebookEdit", notebook_path="experiments/a.ipynb"), "is protected")
    assert denies(hooked(root, "mcp__files__move_file", source="notes.md", destination="experiments/x"), "is protected")
    assert denies(hooked(root, "mcp__files__edit_files", paths=["a", "HANDOFF.md"]), "is protected")
    assert denies(hooked(root, "mcp__shell__run", command="rm -r experiments"), "is protected")
    assert allows(hooked(root, "mcp__files__read_file", path="experiments/x"))
    assert allows(hooked(root, "Read", file_path="experiments/x"))
    assert allows(hooked(root, "WebFetch", url="https://example.org/experiments"))


def test_a_patch_and_a_list_of_words_are_understood(repository: Repository):
    root = repository.root
    patch = "*** Begin Patch\n*** Add File: experiments/x\n+a\n*** End Patch\n"

    assert denies(hooked(root, "apply_patch", command=patch), "is protected")
    assert allows(hooked(root, "apply_patch", command=patch.replace("experiments/x", "x")))
    assert denies(hooked(root, "shell", command=["bash", "-lc", "rm -r 'experiments'"]), "is protected")
    assert allows(hooked(root, "shell", command=["echo", "rm -r experiments; rm 'x"]))
    assert denies(hooked(root, "shell", command=["rm", "x"], workdir="experiments"), "is protected")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xfe",
        b"no JSON",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"tool_name": "Bash", "tool_input": {}, "cwd": "/"}',
        b'{"tool_name": "Bash", "tool_input": {"command": 1}, "cwd": "/"}',
        b'{"tool_name": "Bash", "tool_input": {"command": "ls"}, "cwd": "x"}',
        b'{"tool_name": "Bash", "tool_input": {"command": "ls"}, "cwd": "/", "hook_event_name": "PostToolUse"}',
        b'{"tool_name": "Bash", "tool_input": {"command": "' + b" " * 9_000_000 + b'"}, "cwd": "/"}',
    ],
    ids=[
        "nothing",
        "no text",
        "no JSON",
        "a list",
        "empty",
        "deep",
        "no command",
        "a number",
        "cwd",
        "event",
        "too much",
    ],
)
def test_what_is_no_call_is_denied(repository: Repository, sent: bytes):
    assert denies(piped(repository.root, sent), "this call ")


def test_a_failure_of_its_own_denies(repository: Repository):
    # A lone surrogate is no path that the system can be asked about.
    sent = b'{"tool_name": "Write", "tool_input": {"file_path": "\\ud800"}, "cwd": "/"}'
    code, _, said = piped(repository.root, sent)

    assert code == DENIED
    assert said == "autolab guard: the call could not be judged (UnicodeEncodeError)\n"


def test_denial_does_not_depend_on_anybody_listening(repository: Repository):
    program = "import os, sys; os.close(1); os.close(2); os.execv(sys.argv[1], sys.argv[1:])"
    call = {"cwd": str(repository.root), "tool_name": "Bash", "tool_input": {"command": "rm -r experiments"}}
    done = subprocess.run(
        [sys.executable, "-c", program, *AUTOLAB, "guard", "hook"],
        cwd=repository.root,
        input=json.dumps(call).encode(),
        check=False,
        timeout=60,
    )

    assert done.returncode == DENIED


def test_a_call_that_never_ends_is_denied(repository: Repository):
    with subprocess.Popen(
        [*AUTOLAB, "guard", "hook"], cwd=repository.root, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as waiting:
        assert waiting.wait(timeout=60) == DENIED
        assert waiting.stderr is not None
        assert b"within 10 seconds" in waiting.stderr.read()


def test_the_repository_is_named_or_found(repository: Repository, tmp_path: Path):
    call = {"cwd": "/", "tool_name": "Write", "tool_input": {"file_path": f"{repository.root}/experiments/x"}}
    sent = json.dumps(call).encode()

    assert denies(piped(tmp_path, sent), "not in an Autolab repository")
    assert denies(piped(tmp_path, sent, "--root", str(repository.root)), "is protected")
    assert denies(piped(tmp_path, sent, f"--root={repository.root}"), "is protected")
    assert denies(piped(tmp_path, sent, CLAUDE_PROJECT_DIR=str(repository.root)), "is protected")
    assert denies(piped(repository.root, sent, "--rot"), "nothing else")


def test_the_policy_for_agents_says_what_is_protected(repository: Repository):
    protect(repository, protected=["experiments", "data"], writable=["experiments/plan"])
    root = repository.root

    assert denies(hooked(root, "Bash", command="rm data/train.csv"), "data is protected")
    assert allows(hooked(root, "Bash", command="echo x > experiments/plan/x"))
    assert allows(hooked(root, "Bash", command="echo x > RESEARCH_LOG.md"))
    assert denies(hooked(root, "Edit", file_path=".autolab/guard/agent.policy.json"), "is protected")
    assert denies(hooked(root, "Edit", file_path=".claude/settings.json"), "is protected")
    assert denies(hooked(root, "Bash", command="rm ~/.codex/config.toml"), "is protected")


@pytest.mark.parametrize("text", ["{", "[]", '{"profile": "agent", "protect": []}', '{"profile": "none"}'])
def test_a_policy_that_cannot_be_read_denies_everything(repository: Repository, text: str):
    protect(repository)
    Path(repository.root, ".autolab/guard/agent.policy.json").write_text(text)

    assert denies(hooked(repository.root, "Bash", command="ls"), "agent.policy.json")


def test_claude_is_told_to_ask_and_of_rules_of_its_own(repository: Repository):
    protect(repository, protected=["experiments", "RESEARCH_LOG.md", "odd(name)"], writable=["experiments/plan"])
    Path(repository.root, "RESEARCH_LOG.md").write_text("")
    told = json.loads(autolab("guard", "config", "claude", cwd=repository.root).out)

    [asked] = told["hooks"]["PreToolUse"]
    [hook] = asked["hooks"]
    assert {"Bash", "Write", "Edit", "MultiEdit", "NotebookEdit"} < set(asked["matcher"].split("|"))
    # A rule has no exceptions, so the folder with a writable one in it is left to the hook.
    assert told["permissions"]["deny"] == [f"Edit(/{repository.root}/RESEARCH_LOG.md)"]

    call = {"cwd": "/", "tool_name": "Bash", "tool_input": {"command": f"rm {repository.root}/RESEARCH_LOG.md"}}
    done = subprocess.run(
        ["sh", "-c", hook["command"]], input=json.dumps(call).encode(), cwd="/", capture_output=True, check=False
    )
    assert done.returncode == DENIED
    assert b"RESEARCH_LOG.md is protected" in done.stderr


def test_codex_is_told_what_its_own_sandbox_protects(repository: Repository):
    protect(repository, protected=["experiments", "/opt/tool"], writable=["experiments/plan"])
    told = tomllib.loads(autolab("guard", "config", "codex", cwd=repository.root).out)

    profile = told["permissions"][told["default_permissions"]]
    assert profile["filesystem"][":workspace_roots"] == {
        ".": "write",
        "experiments": "read",
        "experiments/plan": "write",
    }
    assert profile["filesystem"]["/opt/tool"] == "read"
    assert profile["workspace_roots"] == {str(repository.root): True}
    assert "guard hook --root" in told["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    assert told["features"] == {"hooks": True}
    assert "sandbox_mode" not in told


def test_the_wrapper_runs_a_command_under_the_guard(repository: Repository):
    text = autolab("guard", "config", "shell", cwd=repository.root).out

    assert text.startswith("#!/bin/sh\n")
    assert f'guard run --root {repository.root} --profile agent -- "$@"' in text
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0


def test_the_short_way_loads_no_argparse(repository: Repository):
    program = (
        "import sys; sys.argv = ['autolab', 'guard', 'hook']; from autolab_cli.main import main; code = main();"
        " print(code, *sorted({'argparse', 'attrs', 'attr', 'subprocess', 'shutil'} & set(sys.modules)))"
    )
    call = {"cwd": str(repository.root), "tool_name": "Bash", "tool_input": {"command": "ls"}}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(call),
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "0\n"
