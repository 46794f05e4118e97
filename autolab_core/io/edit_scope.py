"""Where the agent of a stage may edit: what policy, stage and closed experiments leave. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable

from autolab_core.io.layout import EDIT_DIRS, ORCHESTRATION, IterationPaths, RunPaths
from autolab_core.io.owned import area_folder
from autolab_core.models.policy import EditScopePolicy
from autolab_core.vocab.ownership import EDIT_AREAS
from autolab_core.vocab.states import Stage

__all__ = ["allowed_edit_dirs", "common_folders", "lies_in"]


def allowed_edit_dirs(
    policy: EditScopePolicy, stage: Stage, paths: IterationPaths, run: RunPaths | None, closed: Collection[str]
) -> tuple[str, ...]:
    """The folders, none inside of another, in the policy's order; *closed* ones may still lie inside of them."""
    named = [*(EDIT_DIRS if policy.allowed is None else policy.allowed), paths.folder]
    if policy.orchestration:
        named.append(ORCHESTRATION)
    allowed = _outermost(posixpath.normpath(path) for path in named)
    areas = EDIT_AREAS[stage]
    if areas is not None:
        folders = (area_folder(area, paths, run) for area in sorted(areas))
        allowed = common_folders(allowed, [folder for folder in folders if folder is not None])
    return tuple(path for path in allowed if not any(lies_in(path, each) for each in closed))


def common_folders(some: Iterable[str], others: Collection[str]) -> tuple[str, ...]:
    """What lies in a folder of *some* and in one of *others*, as folders, none inside of another."""
    found = [
        path if lies_in(path, other) else other
        for path in some
        for other in others
        if lies_in(path, other) or lies_in(other, path)
    ]
    return _outermost(found)


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(paths))
    return tuple(path for path in named if not any(path != each and lies_in(path, each) for each in named))


def lies_in(path: str, folder: str) -> bool:
    """Whether *path* is *folder* or lies below it; everything lies in ``.``."""
    return folder == "." or f"{path}/".startswith(f"{folder}/")
