"""The code of a run: what git has on its list, as it lies in the working tree, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.cloud.staging.patch import Patch, patch_of
from autolab_core.cloud.staging.secret_files import LOOK_BYTES, content_problem, name_problem
from autolab_core.cloud.staging.tars import Packed, pack_gzip
from autolab_core.git.entries import SUBMODULE, Disk, Entry, blob_id
from autolab_core.git.history import History, algorithm_of
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.layout import AUTOLAB
from autolab_core.vocab.errors import UsageError

__all__ = ["Code", "pack_code", "require_not_secret"]

# More than that is data, which is sent once and not with every run.
_BYTES_AT_MOST: Final = 1 << 30


@attrs.frozen
class Code:
    """``data`` is the archive; ``files`` how many it holds; ``untracked`` the files that git has not on its list, and
    that were therefore left behind. ``patch`` leads from the commit to what is in the archive; None where they are
    equal."""

    data: bytes
    sha256: str
    files: int
    untracked: tuple[str, ...]
    patch: Patch | None = None


def pack_code(
    root: Path, spec: str, commit: Mapping[str, Any], apart_from: Collection[str], allowed: Collection[str]
) -> Code:
    """The tracked files below *root*, and *spec*, but for those in the folders *apart_from*.

    *commit*: what is checked out, as records have it. *allowed*: files that may look like secrets. Raises UsageError
    for what cannot be sent, and StoreError where git cannot answer.
    """
    if not isinstance(commit.get("sha"), str):
        raise UsageError(f"the code cannot be sent: {commit.get('note') or 'there is no commit'}; commit it first")
    history, algorithm = History.at(str(root)), algorithm_of(str(commit["sha"]))
    tree = history.working_tree(algorithm)
    apart = tuple(f"{folder.rstrip('/')}/" for folder in apart_from)
    sent = {path: tree.disk[path] for path in tree.staged if path in tree.disk and not path.startswith(apart)}
    entry = tree.disk.get(spec) or Disk(os.fsencode(root), algorithm).entry(os.fsencode(spec))  # git may ignore it
    if entry is not None:
        sent[spec] = entry
    members = list(_members(root, sent, allowed))

    def look(path: str, content: bytes) -> None:
        require_not_secret(path, content, allowed)
        if blob_id(algorithm, content) != sent[path].blob:
            raise UsageError(f"{path} was changed while it was read: try again")

    data = pack_gzip(members, look)
    if len(data) > _BYTES_AT_MOST:
        raise UsageError(
            f"the code is {len(data) >> 20} MiB, packed: keep data out of git, and send it with --data-dirs"
        )
    # What Autolab itself writes is no code, and nobody has to be told that it stays here.
    known = (*apart, f"{AUTOLAB}/")
    others = sorted(path for path in tree.disk.keys() - tree.staged.keys() - {spec} if not path.startswith(known))
    committed = history.tree(str(commit["sha"]))
    before = {path: each for path, each in committed.items() if path == spec or not path.startswith(apart)}
    return Code(data, sha256_of_bytes(data), len(members), tuple(others), patch_of(root, before, sent, allowed))


def require_not_secret(path: str, content: bytes | None, allowed: Collection[str]) -> None:
    """Raise UsageError where *path* looks like a secret, by its name or by *content*, and is not among *allowed*."""
    if path in allowed:
        return
    why = name_problem(path)
    if why is None and content is not None:
        why = content_problem(content[:LOOK_BYTES])
    if why is not None:
        raise UsageError(
            f"{path} is not sent: {why}; take it out of the repository, or allow it by name (--allow-file {path}). "
            "A run gets its secrets by their names (--secret NAME)"
        )


def _members(root: Path, sent: Mapping[str, Entry], allowed: Collection[str]) -> Iterator[Packed]:
    for path, entry in sorted(sent.items()):
        full = os.path.join(root, path)
        if entry.mode == SUBMODULE:
            raise UsageError(f"the submodule {path} cannot be sent with the code: send its folder with --data-dirs")
        require_not_secret(path, None, allowed)
        if os.path.islink(full):
            yield Packed(path, full, _link(root, path, full))
        else:
            yield Packed(path, full)


def _link(root: Path, path: str, full: str) -> str:
    """The target of the link *path*. Raises UsageError where it leads out of the repository."""
    target = os.readlink(full)
    inside = os.path.normpath(os.path.join(os.path.dirname(path), target))
    real, top = os.path.realpath(full), os.path.realpath(root)
    if os.path.isabs(target) or inside == ".." or inside.startswith("../") or not real.startswith(f"{top}/"):
        raise UsageError(
            f"{path} is not sent: it is a symbolic link that leads out of the repository, to {target}; send what it "
            "leads to with --data-dirs, or take the link out"
        )
    return target
