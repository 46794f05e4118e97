"""Judging one tool call against a policy: a command line, or a path that a tool edits."""

from __future__ import annotations

from collections.abc import Mapping

from autolab_core.guard.hook.patches import patched_paths
from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.hook.state import State
from autolab_core.guard.hook.values import is_reserved
from autolab_core.guard.hook.verdict import Denied
from autolab_core.guard.hook.walk import Walker

__all__ = ["judge_command", "judge_edit", "judge_patch"]


def judge_command(text: str, folder: str, reach: Reach, environment: Mapping[str, str]) -> str | None:
    """Why the command line *text*, run in the absolute *folder*, is denied; None when it passes."""
    if is_reserved(text):
        return "cannot be read as a command line: it holds characters that no command has"
    try:
        Walker(reach, environment).run_text(text, State((folder,)))
    except Denied as why:
        return str(why)
    except RecursionError:
        return "nests too deep to be followed; do it in smaller steps"
    return None


def judge_edit(path: str, folder: str, reach: Reach) -> str | None:
    """Why a tool may not write *path*; None when it may."""
    try:
        reach.check(path, (folder,), "write")
    except Denied as why:
        return str(why)
    return None


def judge_patch(text: str, folder: str, reach: Reach) -> str | None:
    """Why the patch *text* may not be applied in *folder*; None when it may."""
    paths = patched_paths(text)
    if not paths:
        return "is a patch that names no file"
    return next((why for path in paths if (why := judge_edit(path, folder, reach)) is not None), None)
