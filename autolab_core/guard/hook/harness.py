"""What a harness asks before it calls a tool, and what it is told.

Claude Code hands one JSON object to the command of a ``PreToolUse`` hook: ``cwd``, ``tool_name``, ``tool_input`` and
more. Exit code 2 keeps the call from being made, and the agent reads standard error; any other code lets the call pass.
Codex asks in the same form, with the text of ``apply_patch`` where a command stands.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

from autolab_core.guard.hook.judge import judge_command, judge_edit, judge_patch
from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.hook.values import name_set
from autolab_core.guard.hook.verdict import Denied, quoted

__all__ = ["denial", "judge_call", "read_call"]

_EVENT = "PreToolUse"
_PATCH = "*** Begin Patch"
# Tools that write nothing; of any other, each path that it is given counts as written.
_READERS = name_set("Read Glob Grep LS WebFetch WebSearch TodoWrite TodoRead Task NotebookRead ToolSearch")
_READING = ("read", "list", "get", "search", "view", "directory_tree")
_PLACES = frozenset(["source", "destination", "target", "output", "dest", "filename", "uri", "from", "to", "dir"])


def read_call(text: bytes) -> Mapping[str, object]:
    """The tool call that *text* describes. Raises Denied for what is none."""
    try:
        call = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise Denied("cannot be judged: what the harness sent is no JSON") from None
    if not isinstance(call, dict):
        raise Denied("cannot be judged: what the harness sent is no JSON object")
    if call.get("hook_event_name", _EVENT) != _EVENT:
        raise Denied(f"cannot be judged after it was made: this hook belongs to {_EVENT} and nowhere else")
    return call


def judge_call(call: Mapping[str, object], reach: Reach, environment: Mapping[str, str]) -> str | None:
    """Why *call* is denied; None when it passes. Raises Denied when it is not of the form that is known."""
    tool, given, folder = call.get("tool_name"), call.get("tool_input"), call.get("cwd")
    if not isinstance(tool, str) or not isinstance(given, dict) or not isinstance(folder, str):
        raise Denied("cannot be judged: it has no tool_name, tool_input and cwd of the kinds that this hook knows")
    if not folder.startswith("/"):
        raise Denied(f"cannot be judged: its cwd {quoted(folder)} is no absolute path")
    folder = os.path.join(folder, next((v for k in ("workdir", "cwd") if isinstance(v := given.get(k), str)), ""))
    why = _judge_command(tool, given.get("command"), folder, reach, environment)
    if why is None and not _only_reads(tool):
        for path in _paths(given):
            for form in dict.fromkeys((path, _at_home(path, environment))):
                why = why or judge_edit(form, folder, reach)
    return why


def _judge_command(tool: str, command: object, folder: str, reach: Reach, environment: Mapping[str, str]) -> str | None:
    if command is None:
        # A shell that is given nothing to run under the name that is known may be given it under another.
        return "has no command that can be judged" if tool == "Bash" else None
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        command = " ".join("'" + word.replace("'", "'\\''") + "'" for word in command)
    if not isinstance(command, str):
        return "has a command that is no text"
    if tool == "apply_patch" or command.lstrip().startswith(_PATCH):
        return judge_patch(command, folder, reach)
    return judge_command(command, folder, reach, environment)


def _only_reads(tool: str) -> bool:
    return tool in _READERS or (tool.startswith("mcp__") and tool.rpartition("__")[2].lower().startswith(_READING))


def _paths(given: object, key: str = "") -> Iterator[str]:
    """The texts in *given* that stand under a key which says that they are paths."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from _paths(value, str(name).lower())
    elif isinstance(given, list):
        for value in given:
            yield from _paths(value, key)
    elif isinstance(given, str) and given and (key in _PLACES or "path" in key or key.endswith("file")):
        yield given.removeprefix("file://")


def _at_home(path: str, environment: Mapping[str, str]) -> str:
    home = environment.get("HOME", "")
    return f"{home}{path[1:]}" if path.startswith("~/") and home else path


def denial(why: str) -> tuple[str, str]:
    """What is said on standard output, for harnesses that read JSON, and on standard error, for the agent."""
    reason = f"autolab guard: {why}" if why.startswith("`") else f"autolab guard: this call {why}"
    said = {"hookEventName": _EVENT, "permissionDecision": "deny", "permissionDecisionReason": reason}
    return json.dumps({"hookSpecificOutput": said}) + "\n", reason + "\n"
