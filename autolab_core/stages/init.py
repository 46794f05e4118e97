"""``init``: make a folder a working repository, or restore what a repository lacks. Never replaces a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autolab_core.io.atomic import make_dirs, sweep, write_bytes
from autolab_core.io.layout import EXPERIMENTS, STATE, schema_file
from autolab_core.io.schemas import SCHEMA_NAMES, shipped
from autolab_core.io.tree import Tree
from autolab_core.stages.prompting.install import prompts_to_write
from autolab_core.stages.starter import EXECUTABLE, IGNORED, starter_files
from autolab_core.vocab.ids import check_id

__all__ = ["init"]


def init(
    root: Path, *, iteration_id: str = "iter_001", upgrade_schemas: bool = False, upgrade_prompts: bool = False
) -> tuple[str, ...]:
    """Write what is missing below *root* and return the paths written.

    A folder without a state gets a first iteration that runs as it is. With *upgrade_schemas* the repository's own
    schemas are replaced by the shipped ones where they differ; otherwise they are kept. With *upgrade_prompts* a prompt
    is replaced that an earlier ``init`` wrote and nobody edited; ``prompt_install.edited_prompts`` has the others.
    """
    check_id("iteration id", iteration_id)
    make_dirs(root)
    tree = Tree(str(root))
    wanted = {schema_file(name): shipped(name) for name in SCHEMA_NAMES}
    starter = {path: text.encode() for path, text in starter_files(iteration_id, with_iteration=True).items()}
    fresh = not tree.exists(STATE) and _only_of(tree, EXPERIMENTS, starter)
    prompts = prompts_to_write(tree, upgrade=upgrade_prompts)
    wanted |= {path: starter[path] for path in starter_files(iteration_id, with_iteration=fresh)}
    wanted |= prompts
    if fresh:
        wanted[STATE] = wanted.pop(STATE)  # last: without it, an init that was cut short begins again
    written = []
    for path, content in wanted.items():
        stale = upgrade_schemas and path in _schema_paths() and tree.exists(path) and tree.source(path) != content
        if stale or path in prompts or not tree.exists(path):
            make_dirs(Path(tree.absolute(path)).parent)
            write_bytes(Path(tree.absolute(path)), content, mode=0o755 if path in EXECUTABLE else None)
            written.append(path)
    if _ignore(tree):
        written.append(".gitignore")
    return tuple(written)


def _schema_paths() -> frozenset[str]:
    return frozenset(schema_file(name) for name in SCHEMA_NAMES)


def _only_of(tree: Tree, path: str, starter: Mapping[str, bytes]) -> bool:
    """True when below *path* nothing lies but files of *starter* as they are: an earlier init was cut short."""
    if not tree.exists(path):
        return True
    if tree.is_folder(path):
        sweep(Path(tree.absolute(path)))
        return all(_only_of(tree, f"{path}/{name}", starter) for name in tree.names(path))
    return tree.source(path) == starter.get(path)


def _ignore(tree: Tree) -> bool:
    """Add the lines that ``.gitignore`` lacks; True when there were any."""
    path = ".gitignore"
    before = tree.source(path) if tree.exists(path) else b""
    have = before.decode("utf-8", "replace").splitlines()
    lacking = [line for line in IGNORED if line not in have]
    if lacking:
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        write_bytes(Path(tree.absolute(path)), before + gap + "\n".join(lacking).encode() + b"\n")
    return bool(lacking)
