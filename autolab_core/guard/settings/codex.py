"""``.codex/config.toml``: the guard's profile and hook among somebody's own configuration.

TOML is put together as text, so that comments and order stay: what is the guard's stands between two pairs of marked
lines, one above every table and one below, and is made anew each time. The result is read again, and has to be theirs
and ours and nothing else.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from autolab_core.guard.hook.config import CodexText, is_hook
from autolab_core.guard.settings.clash import Clash, Clashing
from autolab_core.io.documents.source import decode_utf8
from autolab_core.io.documents.toml_reader import parse_toml
from autolab_core.vocab.errors import DocumentError

__all__ = ["with_guard"]

_BEGIN: Final = "# autolab guard: begin. `autolab init --harness codex` replaces all up to the end."
_END: Final = "# autolab guard: end"
_SWITCH: Final = "hooks = true # autolab guard"
_FEATURES: Final = re.compile(r"^[ \t]*\[[ \t]*features[ \t]*\][ \t]*(#.*)?\r?$", re.MULTILINE)


def with_guard(source: bytes | None, ours: CodexText, shown: str) -> bytes:
    """The configuration *source* of the file *shown* with *ours* in it; *source* itself when it has all of that.

    Raises DocumentError for what is no TOML and for what cannot be put together, Clashing where the two say different
    things.
    """
    text = _without_guard(decode_utf8(source or b"", shown), shown)
    theirs = parse_toml(text.encode(), shown).data
    _refuse_clashes(theirs, ours)
    below = [] if _has(theirs, tomllib.loads(ours.profile)) else [ours.profile]
    features = theirs.get("features")
    if features is None:
        below.append(ours.features)
    elif "hooks" not in features:
        text = _FEATURES.sub(lambda found: f"{found[0]}\n{_SWITCH}", text, count=1)
    if _command(ours) not in _hook_commands(theirs):
        below.append(ours.hook)
    above = [] if _has(theirs, tomllib.loads(ours.default)) else [ours.default]
    merged = _marked(above, "") + text + _marked(below, _gap(text))
    expected = _joined(theirs, *(tomllib.loads(part) for part in (*above, *below, ours.features)))
    hint = "merge by hand what `autolab guard config codex` prints"
    try:
        whole = parse_toml(merged.encode(), shown).data == expected
    except DocumentError:
        whole = False
    if not whole:
        raise DocumentError(shown, "is written so that the guard's part cannot be put into it", hint=hint)
    return merged.encode()


def _without_guard(text: str, shown: str) -> str:
    """*text* as it was before anything of the guard was put in."""
    kept: list[str] = []
    inside = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        bare = line.rstrip("\r\n")
        if bare == _BEGIN and not inside:
            inside = number
        elif bare == _END and inside:
            inside = 0
        elif not inside and bare != _SWITCH:
            kept.append(line)
    if inside:
        raise DocumentError(
            shown, f"has no line {_END!r} after this one", line=inside, hint="write it where it belongs"
        )
    return "".join(kept)


def _refuse_clashes(theirs: dict[str, Any], ours: CodexText) -> None:
    clashes = []
    own = _joined({}, *map(tomllib.loads, ours))
    if "sandbox_mode" in theirs:  # profiles do not combine with it
        clashes.append(Clash("sandbox_mode", theirs["sandbox_mode"]))
    name = own["default_permissions"]
    if theirs.get("default_permissions", name) != name:
        clashes.append(Clash("default_permissions", theirs["default_permissions"], name))
    profiles = theirs.get("permissions", {})
    if not isinstance(profiles, dict):
        clashes.append(Clash("permissions", profiles, {}))
    elif profiles.get(name, own["permissions"][name]) != own["permissions"][name]:
        clashes.append(Clash(f"permissions.{name}", profiles[name], own["permissions"][name]))
    features = theirs.get("features", {})
    if not isinstance(features, dict) or features.get("hooks", True) is not True:
        clashes.append(Clash("features", features, own["features"]))
    needed = _command(ours)
    earlier = [each for each in _hook_commands(theirs) if is_hook(each) and each != needed]
    clashes += [Clash("hooks.PreToolUse.hooks.command", each, needed) for each in earlier]
    if clashes:
        raise Clashing(*clashes)


def _command(ours: CodexText) -> str:
    command = tomllib.loads(ours.hook)["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    assert isinstance(command, str)
    return command


def _hook_commands(theirs: dict[str, Any]) -> list[object]:
    hooks = theirs.get("hooks")
    entries = hooks.get("PreToolUse") if isinstance(hooks, dict) else None
    lists = [each.get("hooks") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return [
        each.get("command") for found in lists if isinstance(found, list) for each in found if isinstance(each, dict)
    ]


def _has(theirs: Any, ours: Any) -> bool:
    """Whether all that *ours* says stands in *theirs*."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(key in theirs and _has(theirs[key], value) for key, value in ours.items())
    return bool(theirs == ours)


def _joined(*documents: dict[str, Any]) -> dict[str, Any]:
    """All that *documents* say; lists are put one behind the other."""
    result: dict[str, Any] = {}
    for document in documents:
        for key, value in document.items():
            there = result.get(key)
            if isinstance(value, dict) and isinstance(there, dict):
                result[key] = _joined(there, value)
            elif isinstance(value, list) and isinstance(there, list):
                result[key] = [*there, *value]
            else:
                result[key] = value
    return result


def _marked(parts: list[str], before: str) -> str:
    return f"{before}{_BEGIN}\n" + "\n".join(parts) + f"{_END}\n" if parts else ""


def _gap(text: str) -> str:
    return "" if not text or text.endswith("\n") else "\n"
