"""Putting pulled results where they belong, in one step, and never over results that are different."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from autolab_core.cloud.models import RunManifestOut
from autolab_core.io.atomic import make_dirs, store_error, sync_folder
from autolab_core.io.digest import sha256_of
from autolab_core.io.layout import AUTOLAB, RESULTS
from autolab_core.vocab.errors import DocumentError, StoreError, UsageError

__all__ = ["OURS", "beside", "different", "leftovers", "place", "recover", "require_plain", "require_same"]

#: What of a repository is neither data nor results.
OURS: Final = (AUTOLAB, ".git")
_PULL: Final = ".autolab-pull-"
_BEFORE: Final = ".autolab-before-"


def require_plain(root: Path, folder: str, spec: str) -> None:
    """Raise UsageError where results cannot take the place of *folder*: it is no folder of its own, or holds what is
    not theirs (the repository's own records, or *spec*).

    A link above it is somebody's own doing (``results`` on another disk), and is followed.
    """
    parts = folder.split("/")
    if parts[0] in ("", os.curdir, *OURS):
        raise UsageError(
            f"--output-dir {folder} is refused: name a folder for the results alone, {RESULTS}/… for instance"
        )
    if f"{spec}/".startswith(f"{folder}/"):
        raise UsageError(f"--output-dir {folder} is refused: it holds the spec {spec}, which no result may replace")
    path = root / folder
    if os.path.islink(path):
        raise UsageError(f"{folder} is a symbolic link: name a folder, which results can take the place of")
    for count in range(1, len(parts) + 1):
        part = "/".join(parts[:count])
        if os.path.lexists(root / part) and not os.path.isdir(root / part):
            raise UsageError(f"{part} is not a folder: results cannot be put there")


def beside(root: Path, folder: str, run_id: str) -> Path:
    """Where the results of *run_id* are put together: on the same file system as *folder*, so that a name is all that
    has to change."""
    path = root / folder
    return path.parent / f".{path.name}{_PULL}{run_id}"


def leftovers(root: Path, folder: str) -> tuple[str, ...]:
    """What pulls into *folder* have beside it while they are at work, or since they were broken off: relative to
    *root*."""
    path = root / folder
    try:
        names = sorted(os.listdir(path.parent))
    except OSError:
        return ()
    starts = (f".{path.name}{_PULL}", f".{path.name}{_BEFORE}")
    return tuple(os.path.relpath(path.parent / name, root) for name in names if name.startswith(starts))


def recover(root: Path, folder: str, run_id: str) -> None:
    """Finish what a pull that was killed between two changes of names left: the old folder comes back. Raises
    StoreError."""
    old, path = _old(root, folder, run_id), root / folder
    if os.path.lexists(old):
        if os.path.lexists(path):
            _remove(old)
        else:
            _rename(old, path)


def different(root: Path, folder: str, manifest: RunManifestOut, apart_from: Collection[str]) -> str | None:
    """The first file of *manifest* that is there in *folder* with other bytes; None where there is none.

    *apart_from*: files that are ours to write. Raises DocumentError.
    """
    top = root / folder
    for file in manifest.files:
        path = top / file.path
        if file.path in apart_from or not os.path.lexists(path):
            if _through_a_link(top, file.path):
                return file.path
            continue
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or _through_a_link(top, file.path):
            return file.path
        if status.st_size != file.size or sha256_of(path) != file.sha256:
            return file.path
    return None


def place(
    root: Path, folder: str, manifest: RunManifestOut, run_id: str, *, keep: Collection[str], copy_as: str | None
) -> str | None:
    """Let *folder* be what ``beside`` has, and what it had that *manifest* does not name; where its old state is kept,
    relative to *root*, or None.

    *keep*: files of the folder that stay as they are, where they are there. *copy_as*: the name, beside the folder,
    under which its old state is kept. Killed at any moment, the next pull finds the old folder or the new one.
    """
    path, staged, old = root / folder, beside(root, folder, run_id), _old(root, folder, run_id)
    make_dirs(path.parent)
    named = {file.path for file in manifest.files}
    for name in tuple(_below(staged)):
        if name not in named:
            os.unlink(staged / name)  # carried over by a pull that was broken off; it may have gone since
    if os.path.lexists(path):
        for name in _below(path):
            if name in keep or name not in named:
                _carry_over(path / name, staged / name)
    try:
        for here, _, _ in os.walk(staged):
            sync_folder(Path(here))
    except OSError as error:
        raise store_error(staged, "cannot be written", error) from error
    kept = None
    if os.path.lexists(path):
        _rename(path, old)
    _rename(staged, path)
    if os.path.lexists(old):
        if copy_as is not None:
            _rename(old, path.parent / copy_as)
            kept = os.path.relpath(path.parent / copy_as, root)
        else:
            _remove(old)
    return kept


def _old(root: Path, folder: str, run_id: str) -> Path:
    path = root / folder
    return path.parent / f".{path.name}{_BEFORE}{run_id}"


def _through_a_link(top: Path, path: str) -> bool:
    parts = path.split("/")[:-1]
    return any(os.path.islink(top.joinpath(*parts[:count])) for count in range(1, len(parts) + 1))


def _below(top: Path) -> Iterator[str]:
    """Every entry below *top* that is no folder, and folders that are empty or links."""
    for here, folders, names in os.walk(top):
        relative = os.path.relpath(here, top)
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        for name in (*links, *names):
            yield name if relative == os.curdir else f"{relative}/{name}"


def _carry_over(source: Path, target: Path) -> None:
    """Have what is at *source* at *target*, too: by a second name where that can be, or by a copy."""
    try:
        make_dirs(target.parent)
        if os.path.lexists(target):
            os.unlink(target)
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            return
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(source, target)
    except OSError as error:
        raise store_error(target, "cannot be written", error) from error


def _rename(source: Path, target: Path) -> None:
    try:
        os.rename(source, target)
        sync_folder(target.parent)
    except OSError as error:
        raise store_error(target, "cannot be written", error) from error


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(str(folder), f"cannot be removed: {error.strerror}") from error


def require_same(path: str) -> DocumentError:
    """What is raised where a local result is another one than the run's."""
    return DocumentError(
        path,
        "is here already, and is not what the run made",
        hint="--force puts the run's in its place and keeps a copy of the folder",
    )
