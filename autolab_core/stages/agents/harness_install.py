"""``init --harness``: tell an agent's harness of the guard, in the repository's own settings of that harness."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import attrs

from autolab_core.guard.hook.config import claude_settings, codex_text, hook_script, shell_wrapper
from autolab_core.guard.hook.protection import agent_policy
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.settings import claude, codex
from autolab_core.guard.settings.clash import Clashing, difference
from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.layout import (
    GUARD_AGENT_POLICY,
    HARNESS_AGENT,
    HARNESS_CLAUDE,
    HARNESS_CODEX,
    HARNESS_HOOK,
)
from autolab_core.io.repository import Repository
from autolab_core.io.tree import Tree
from autolab_core.stages.agents.harness_policy import missing_agent_policy, writes_iteration
from autolab_core.vocab.errors import DocumentError

__all__ = ["HARNESSES", "HarnessSettings", "Kept", "check_settings", "install"]


@attrs.frozen
class Kept:
    """A file that was left as it is, why, and the diff from it to what the guard needs."""

    path: str
    reason: str
    diff: str


@attrs.frozen
class HarnessSettings:
    """What ``install`` did. ``notes`` are things to look at, ``following`` what to do next, a line for each harness."""

    written: tuple[str, ...]
    kept: tuple[Kept, ...]
    notes: tuple[str, ...]
    following: tuple[str, ...]


@attrs.frozen
class _Place:
    """What a harness's settings are made of: the policy, the repository's real path, and the path of ``autolab``."""

    tree: Tree
    policy: GuardPolicy
    program: str

    @property
    def root(self) -> str:
        return self.tree.root

    def source(self, path: str) -> bytes | None:
        """What is at *path*; None for nothing. Raises DocumentError."""
        if os.path.islink(self.tree.absolute(path)):
            raise DocumentError(path, "is a symbolic link, through which nothing is written", hint="put the file there")
        return self.tree.source(path) if self.tree.exists(path) else None


def _claude(place: _Place) -> dict[str, bytes]:
    ours = claude_settings(place.policy, place.root, place.program)
    return {HARNESS_CLAUDE: claude.with_guard(place.source(HARNESS_CLAUDE), ours, HARNESS_CLAUDE)}


def _codex(place: _Place) -> dict[str, bytes]:
    ours = codex_text(place.policy, place.root, place.program)
    return {HARNESS_CODEX: codex.with_guard(place.source(HARNESS_CODEX), ours, HARNESS_CODEX)}


def _generic(place: _Place) -> dict[str, bytes]:
    hook, agent = hook_script(place.root, place.program), shell_wrapper(place.root, place.program)
    return {path: _script(place, path, text) for path, text in ((HARNESS_HOOK, hook), (HARNESS_AGENT, agent))}


class _Edited(Exception):
    """A script of ours that somebody has changed, and the one that it would be."""


def _script(place: _Place, path: str, text: str) -> bytes:
    own = place.source(path)
    # Its first lines are the same wherever repository and Autolab lie; the last one has their paths.
    if own is not None and own.splitlines()[:2] != text.encode().splitlines()[:2]:
        raise _Edited(path, own, text)
    return text.encode()


_FILES: Final[Mapping[str, Callable[[_Place], dict[str, bytes]]]] = MappingProxyType(
    {"claude-code": _claude, "codex": _codex, "generic": _generic}
)
_PATHS: Final = {
    "claude-code": (HARNESS_CLAUDE,),
    "codex": (HARNESS_CODEX,),
    "generic": (HARNESS_HOOK, HARNESS_AGENT),
}
_FOLLOWING: Final = {
    "claude-code": "claude-code: start it in this folder, and look at `/hooks`, which lists the hook",
    "codex": "codex: start it in this folder, trust the folder, and the hook under `/hooks` (anew when it changed)",
    "generic": f"generic: let the harness hand each tool call as JSON to {HARNESS_HOOK} (2 denies it),"
    f" or start it as `{HARNESS_AGENT} COMMAND`",
}
_AFTER_MERGING: Final = "make the change that is shown, and the same call again: the guard's hook is not set up yet"
HARNESSES: Final = tuple(_FILES)


def check_settings(root: str, names: Iterable[str], program: str) -> None:
    """Raise DocumentError, before anything is written, for settings in *root* that cannot be read or put together."""
    _wanted(_Place(Tree(root), agent_policy(root), program), names)


def install(repository: Repository, names: Iterable[str], program: str) -> HarnessSettings:
    """Write the settings of the harnesses *names*, and the policy for agents where there is none.

    What is there stays and is added to; a file that says something else is kept, whole, and named in the result.
    *program* is the path of ``autolab`` that the hooks start. Raises DocumentError before anything is written,
    StoreError, UsageError.
    """
    root, chosen = os.path.realpath(repository.root), tuple(dict.fromkeys(names))
    check_settings(root, chosen, program)
    written = []
    policy = missing_agent_policy(repository)
    if policy is not None:
        _write(root, GUARD_AGENT_POLICY, policy)
        written.append(GUARD_AGENT_POLICY)
    place = _Place(Tree(root), agent_policy(root), program)
    wanted, kept = _wanted(place, chosen)
    for path, content in wanted.items():
        if place.source(path) != content:
            _write(root, path, content, mode=0o755 if path in (HARNESS_HOOK, HARNESS_AGENT) else None)
            written.append(path)
    left = {each.path for each in kept}
    following = tuple(_FOLLOWING[name] if not left & set(_PATHS[name]) else _AFTER_MERGING for name in chosen)
    return HarnessSettings(tuple(written), kept, tuple(_notes(repository, place, wanted)), following)


def _wanted(place: _Place, names: Iterable[str]) -> tuple[dict[str, bytes], tuple[Kept, ...]]:
    files: dict[str, bytes] = {}
    kept = []
    for name in names:
        try:
            files |= _FILES[name](place)
        except Clashing as clash:
            (path,) = _PATHS[name]
            kept.append(Kept(path, str(clash), difference(path, clash.clashes)))
        except _Edited as edited:
            path, own, text = edited.args
            kept.append(Kept(path, "it is not the script that Autolab writes", _diff(path, own, text)))
    return files, tuple(kept)


def _notes(repository: Repository, place: _Place, wanted: Mapping[str, bytes]) -> Iterable[str]:
    folder = writes_iteration(repository, place.policy)
    if folder is not None:
        yield f"{GUARD_AGENT_POLICY} does not let an agent write {folder}; add it to `writable` there"
    if HARNESS_CLAUDE in wanted:
        there = json.loads(wanted[HARNESS_CLAUDE])["permissions"]["deny"]
        ours = json.loads(claude_settings(place.policy, place.root, place.program))["permissions"]["deny"]
        for rule in there:
            if isinstance(rule, str) and rule.startswith(f"Edit(/{place.root}/") and rule not in ours:
                yield f"{HARNESS_CLAUDE} denies {rule}, which the policy for agents does not ask for"


def _write(root: str, path: str, content: bytes, mode: int | None = None) -> None:
    target = Path(root, path)
    make_dirs(target.parent)
    write_bytes(target, content, mode=mode)


def _diff(path: str, own: bytes, text: str) -> str:
    before = own.decode("utf-8", "replace").splitlines()
    lines = difflib.unified_diff(before, text.splitlines(), path, f"{path} (Autolab's)", lineterm="")
    return "".join(f"{line}\n" for line in lines)
