"""``.claude/settings.json``: the guard's hook and rules among somebody's own settings."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

from autolab_core.guard.hook.config import is_hook
from autolab_core.guard.settings.clash import Clash, Clashing
from autolab_core.io.documents import parse_json

__all__ = ["with_guard"]

_EVENT: Final = "PreToolUse"
_OFF: Final = "disableAllHooks"


def with_guard(source: bytes | None, ours: str, shown: str) -> bytes:
    """The settings *source* of the file *shown* with *ours* (what ``guard config claude`` prints) in them.

    Other settings, rules and hooks stay as they are, in their order; an earlier hook of the guard, for another place
    of the repository or of Autolab, is replaced. *source* itself when nothing has to be added.
    Raises DocumentError for what is no JSON, Clashing where the two do not go together.
    """
    if source is None or not source.strip():
        return ours.encode()
    theirs, own = parse_json(source, shown).data, json.loads(ours)
    if not isinstance(theirs, dict):
        raise Clashing(Clash("the document", theirs, {}))
    if theirs.get(_OFF) is True:
        raise Clashing(Clash(_OFF, True))
    merged = copy.deepcopy(theirs)
    rules = _list(_mapping(merged, "permissions"), "deny", "permissions.deny")
    rules += [rule for rule in own["permissions"]["deny"] if rule not in rules]
    _put_hook(_list(_mapping(merged, "hooks"), _EVENT, f"hooks.{_EVENT}"), own["hooks"][_EVENT][0])
    if merged == theirs:
        return source
    return (json.dumps(merged, indent=2, ensure_ascii=False) + "\n").encode()


def _mapping(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.setdefault(key, {})
    if not isinstance(found, dict):
        raise Clashing(Clash(key, found, {}))
    return found


def _list(data: dict[str, Any], key: str, shown: str) -> list[Any]:
    found = data.setdefault(key, [])
    if not isinstance(found, list):
        raise Clashing(Clash(shown, found, []))
    return found


def _put_hook(entries: list[Any], own: dict[str, Any]) -> None:
    """Make *own* one of *entries*, in the place of an earlier one where there is one."""
    (hook,) = own["hooks"]
    place = None
    for index, entry in enumerate(entries):
        hooks = entry.get("hooks") if isinstance(entry, dict) else None
        mine = [each for each in hooks if _is_ours(each)] if isinstance(hooks, list) else []
        if not mine:
            continue
        assert isinstance(hooks, list)
        if place is None and entry.get("matcher") == own["matcher"]:
            place = index
            kept = next((each for each in mine if each["command"] == hook["command"]), hook)
            first = hooks.index(mine[0])
            hooks[:] = [*hooks[:first], kept, *(each for each in hooks[first:] if each not in mine)]
        else:
            hooks[:] = [each for each in hooks if each not in mine]
    # What held nothing but an earlier hook, asked about other tools, is gone with it.
    entries[:] = [each for each in entries if not (isinstance(each, dict) and each.get("hooks") == [])]
    if place is None:
        entries.append(own)


def _is_ours(hook: object) -> bool:
    return isinstance(hook, dict) and is_hook(hook.get("command"))
