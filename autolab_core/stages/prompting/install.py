"""The shipped prompts in a repository: put there, brought up to date where nobody edited them, and kept where somebody
did. A record of hashes says what was put there: what has another hash was edited."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import attrs

from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents import dump_json
from autolab_core.io.layout import PROMPTS_SHIPPED
from autolab_core.io.tree import Tree
from autolab_core.prompts.shipped_files import shipped_paths, shipped_source
from autolab_core.vocab.errors import DocumentError

__all__ = ["Edited", "edited_prompts", "older_prompts", "prompts_to_write"]


@attrs.frozen
class Edited:
    """A prompt that a person edited, and the unified diff from theirs to the shipped one."""

    path: str
    diff: str


def prompts_to_write(tree: Tree, *, upgrade: bool) -> Mapping[str, bytes]:
    """What ``init`` writes: missing prompts, with *upgrade* those that are an older shipped one too, and the record.

    Raises DocumentError when the record cannot be read.
    """
    before = _record(tree)
    record, files = dict(before), dict[str, bytes]()
    for path in shipped_paths():
        shipped = _shipped(path)
        own = tree.source(path) if tree.exists(path) else None
        if own is None or (upgrade and own != shipped and record.get(path) == sha256_of_bytes(own)):
            files[path] = shipped
        if path in files or own == shipped:
            record[path] = sha256_of_bytes(shipped)
    if record != before:
        files[PROMPTS_SHIPPED] = dump_json({"schema_version": "1.0", "files": record})
    return files


def edited_prompts(tree: Tree) -> tuple[Edited, ...]:
    """The repository's prompts that are neither the shipped ones nor older shipped ones. Raises as ``source`` does."""
    record = _record(tree)
    found = []
    for path in shipped_paths():
        own, shipped = tree.source(path) if tree.exists(path) else None, _shipped(path)
        if own is not None and own != shipped and record.get(path) != sha256_of_bytes(own):
            found.append(Edited(path, _diff(path, own, shipped)))
    return tuple(found)


def older_prompts(tree: Tree) -> tuple[str, ...]:
    """The paths of prompts that an earlier ``init`` wrote, nobody edited, and an upgrade would replace. Raises as
    ``source`` does."""
    record = _record(tree)
    found = {path: tree.source(path) for path in shipped_paths() if tree.exists(path)}
    return tuple(
        path for path, own in found.items() if own != _shipped(path) and record.get(path) == sha256_of_bytes(own)
    )


def _record(tree: Tree) -> dict[str, str]:
    if not tree.exists(PROMPTS_SHIPPED):
        return {}
    files = tree.mapping(PROMPTS_SHIPPED).get("files")
    if not isinstance(files, dict) or not all(isinstance(each, str) for each in files.values()):
        hint = "remove it; prompts that differ from the shipped ones then count as edited"
        raise DocumentError(PROMPTS_SHIPPED, "does not map files to hashes", pointer="/files", hint=hint)
    return files


def _shipped(path: str) -> bytes:
    source = shipped_source(path)
    assert source is not None  # it is one of their own paths
    return source


def _diff(path: str, own: bytes, shipped: bytes) -> str:
    before, after = (each.decode("utf-8", "replace").splitlines(keepends=True) for each in (own, shipped))
    lines = difflib.unified_diff(before, after, path, f"{path} (shipped)")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
