"""How a harness is told of the policy: the texts that go into its configuration."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable
from typing import NamedTuple

from autolab_core.exec.quoting import quote_all
from autolab_core.guard.policy import GuardPolicy

__all__ = ["CodexText", "claude_settings", "codex_config", "codex_text", "hook_script", "is_hook", "shell_wrapper"]

# Tools that write, by Claude Code's names; those of MCP servers are judged by the paths that they are given.
_MATCHER = "Bash|Write|Edit|MultiEdit|NotebookEdit|mcp__.*"
_TIMEOUT = 30
_PROFILE = "autolab"
_PATTERN = frozenset("*?[]\\!#(),")


def claude_settings(policy: GuardPolicy, root: str, program: str) -> str:
    """``.claude/settings.json``: the hook, and rules by which Claude Code itself refuses to edit.

    A rule has no exceptions: a protected folder in which something may be written is left to the hook, and so is a
    path with characters that mean something in a rule.
    """
    writable = _absolute(policy.writable, root)
    whole = [path for path in _absolute(policy.protected, root) if not any(_lies_in(each, path) for each in writable)]
    # What does not exist yet may become a file or a folder.
    rules = [f"Edit(/{path}{below})" for path in whole if not _PATTERN & set(path) for below in _forms(path)]
    hook = {"type": "command", "command": _hook(root, program), "timeout": _TIMEOUT}
    settings = {
        "permissions": {"deny": rules},
        "hooks": {"PreToolUse": [{"matcher": _MATCHER, "hooks": [hook]}]},
    }
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


class CodexText(NamedTuple):
    """The parts of Codex's configuration, each whole lines of TOML. ``default`` has to stand above every table."""

    default: str
    profile: str
    features: str
    hook: str


def codex_config(policy: GuardPolicy, root: str, program: str) -> str:
    """``config.toml`` of Codex: a permission profile that Codex's own sandbox enforces, and the hook."""
    about = "# It does not combine with sandbox_mode: take that out. Codex runs the hook once you trust it: `/hooks`.\n"
    return about + "\n".join(codex_text(policy, root, program))


def codex_text(policy: GuardPolicy, root: str, program: str) -> CodexText:
    """The parts of ``codex_config``."""
    outside = sorted(path for path in _absolute(policy.protected, root) if not _lies_in(path, root))
    profile = [
        f"[permissions.{_PROFILE}]",
        'extends = ":workspace"',
        "",
        f"[permissions.{_PROFILE}.workspace_roots]",
        f"{_text(root)} = true",
        "",
        *([f"[permissions.{_PROFILE}.filesystem]"] if outside else []),
        *[f'{_text(path)} = "read"' for path in outside],
        *([""] if outside else []),
        f'[permissions.{_PROFILE}.filesystem.":workspace_roots"]',
        *[f'{_text(path)} = "write"' for path in [".", *_inside(policy.writable, root)]],
        *[f'{_text(path)} = "read"' for path in _inside(policy.protected, root)],
    ]
    features = ["[features]", "hooks = true"]  # versions before 0.130 call it `codex_hooks`
    hook = [
        "[[hooks.PreToolUse]]",
        'matcher = "Bash|apply_patch|mcp__.*"',
        "",
        "[[hooks.PreToolUse.hooks]]",
        'type = "command"',
        f"command = {_text(_hook(root, program))}",
        f"timeout = {_TIMEOUT}",
    ]
    parts = ([f"default_permissions = {_text(_PROFILE)}"], profile, features, hook)
    return CodexText(*("\n".join(part) + "\n" for part in parts))


def shell_wrapper(root: str, program: str) -> str:
    """A script that runs its arguments under the guard, for a harness that can be told which command to use."""
    words = quote_all([program, "guard", "run", "--root", root, "--profile", "agent", "--"])
    about = "The kernel holds everything that this runs to the policy for agents."
    return f'#!/bin/sh\n# {about}\nexec {words} "$@"\n'


def hook_script(root: str, program: str) -> str:
    """A script that judges the tool call on its standard input, for a harness that can be told to start one."""
    about = "It reads one tool call as JSON and says no to it with exit code 2 and the reason."
    return f"#!/bin/sh\n# {about}\nexec {_hook(root, program)}\n"


def is_hook(command: object) -> bool:
    """Whether *command*, of any type, is a call of the hook: this one's, or that of another place."""
    if not isinstance(command, str):
        return False
    try:
        program, *words = shlex.split(command)
    except ValueError:
        return False
    return os.path.basename(program) == "autolab" and words[:2] == ["guard", "hook"]


def _hook(root: str, program: str) -> str:
    return quote_all([program, "guard", "hook", "--root", root])


def _forms(path: str) -> tuple[str, ...]:
    if os.path.isdir(path):
        return ("/**",)
    return ("",) if os.path.lexists(path) else ("", "/**")


def _absolute(paths: Iterable[str], root: str) -> list[str]:
    return [os.path.normpath(os.path.join(root, path)) for path in paths]


def _inside(paths: Iterable[str], root: str) -> list[str]:
    return [os.path.relpath(path, root) for path in _absolute(paths, root) if _lies_in(path, root)]


def _lies_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _text(value: str) -> str:
    """*value* as a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
