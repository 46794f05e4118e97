"""What leads from the recorded commit to the code that is sent: a file of the run, which ``git apply`` takes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from autolab_core.cloud.staging.secret_files import LOOK_BYTES, content_problem, name_problem
from autolab_core.exec.local import LocalRunner
from autolab_core.git.entries import SUBMODULE, Entry
from autolab_core.git.snapshot import Snapshot
from autolab_core.vocab.errors import UsageError

__all__ = ["Patch", "patch_of"]


class Patch(NamedTuple):
    """``data`` is what ``git apply`` takes; ``files`` how many it changes, adds or removes."""

    data: bytes
    files: int


def patch_of(
    root: Path, before: Mapping[str, Entry], sent: Mapping[str, Entry], allowed: Collection[str]
) -> Patch | None:
    """The patch from the files *before*, which git has, to *sent*, which lie below *root*; None where they are equal.

    A patch shows what a file was, too. Raises UsageError where that looks like a secret and is not *allowed*, and
    StoreError where a file is no longer as its entry says.
    """
    if before == sent:
        return None
    changed = {path for path in before.keys() | sent.keys() if before.get(path) != sent.get(path)}
    with tempfile.TemporaryDirectory(prefix="autolab-patch-") as folder:
        snapshot = Snapshot(LocalRunner(), str(root), folder)
        for path, entry in before.items():
            if path in changed and entry.mode != SUBMODULE and path not in allowed:
                _require_no_secret(path, snapshot.content(entry.blob)[:LOOK_BYTES])
        snapshot.store({path: entry for path, entry in sent.items() if path in changed})
        data = snapshot.patch(snapshot.tree(before), snapshot.tree(sent))
        return Patch(data, len(changed)) if data else None


def _require_no_secret(path: str, content: bytes) -> None:
    why = name_problem(path) or content_problem(content)
    if why is not None:
        raise UsageError(
            f"the changes since the commit are not sent, because they show what {path} was: {why}; commit them first, "
            f"or allow it by name (--allow-file {path})"
        )
