"""The data of a run: folders as objects that are named by their content, so that each is sent once for all runs."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from autolab_core.cloud import keys
from autolab_core.cloud.counting import Count, Part, Progress, few_at_a_time
from autolab_core.cloud.models import DataFolder, StagedObject
from autolab_core.cloud.runner.shards import is_small, shards
from autolab_core.cloud.staging.code import require_not_secret
from autolab_core.cloud.staging.secret_files import LOOK_BYTES
from autolab_core.cloud.staging.tars import Packed, pack
from autolab_core.cloud.storage.base import Storage
from autolab_core.io.digest import measure, sha256_of_bytes
from autolab_core.vocab.errors import UsageError

__all__ = ["folder_size", "stage_data"]


class _File(NamedTuple):
    name: str
    path: str
    size: int
    mode: int


def stage_data(storage: Storage, root: Path, folder: str, allowed: Collection[str], progress: Progress) -> DataFolder:
    """Bring the files of *folder* (relative to *root*) to *storage*; what they are there. An object that is there
    already is not sent again.

    Raises UsageError for what cannot be sent, DocumentError for what cannot be read, StorageError.
    """
    files = sorted(_files(root, folder, allowed))
    total = sum(each.size for each in files)
    count = Count(progress, folder, total)

    def bring(group: list[_File]) -> StagedObject:
        with Part(count, sum(each.size for each in group)) as part:
            together = is_small(group[0].size)
            return _together(storage, folder, group, allowed) if together else _alone(storage, group[0], part)

    return DataFolder(folder, len(files), total, tuple(few_at_a_time(bring, _groups(files))))


def folder_size(root: Path, folder: str, allowed: Collection[str]) -> tuple[int, int]:
    """How many files *folder* has, and of how many bytes. Raises as ``stage_data``."""
    sizes = [each.size for each in _files(root, folder, allowed)]
    return len(sizes), sum(sizes)


def _files(root: Path, folder: str, allowed: Collection[str]) -> Iterator[_File]:
    top = os.path.realpath(root / folder)  # data often lies on another disk, behind a link
    if not os.path.isdir(top):
        raise UsageError(f"--data-dirs names {folder}, which is no folder of this repository")
    for here, folders, names in os.walk(top, onerror=_cannot_list):
        for name in [*folders, *names]:
            path = os.path.join(here, name)
            below = os.path.relpath(path, top)
            shown = f"{folder.rstrip('/')}/{below}"
            real = os.path.realpath(path)
            try:
                status = os.stat(path)
                below.encode("utf-8")
            except OSError as error:
                raise UsageError(f"{shown} cannot be sent: {error.strerror}") from error
            except UnicodeEncodeError:
                raise UsageError(f"{os.fsencode(shown)!r} cannot be sent: its name is no UTF-8; rename it") from None
            if os.path.islink(path) and (not real.startswith(f"{top}/") or stat.S_ISDIR(status.st_mode)):
                raise UsageError(
                    f"{shown} is not sent: it is a symbolic link to {real}, which is not a file of {folder}"
                )
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{shown} is not sent: it is neither a file nor a folder")
            require_not_secret(shown, None, allowed)
            yield _File(below, real, status.st_size, status.st_mode)


def _cannot_list(error: OSError) -> None:
    raise UsageError(f"{error.filename} cannot be sent: {error.strerror}") from error


def _groups(files: list[_File]) -> Iterator[list[_File]]:
    """Large files alone, which take longest; then small ones together."""
    yield from ([each] for each in files if not is_small(each.size))
    yield from shards((each for each in files if is_small(each.size)), lambda each: each.size)


def _alone(storage: Storage, each: _File, part: Part) -> StagedObject:
    found = measure(each.path, each.name)
    key = keys.blob(found.sha256)
    if storage.head(key) != found.bytes:
        storage.put_if_absent(key, Path(each.path), found.sha256, part)
    return StagedObject(found.sha256, found.bytes, each.name, 0o755 if each.mode & 0o100 else 0o644)


def _together(storage: Storage, folder: str, group: list[_File], allowed: Collection[str]) -> StagedObject:
    def look(name: str, data: bytes) -> None:
        require_not_secret(f"{folder.rstrip('/')}/{name}", data[:LOOK_BYTES], allowed)

    data = pack([Packed(each.name, each.path) for each in group], look)
    sha256 = sha256_of_bytes(data)
    if storage.head(keys.blob(sha256)) != len(data):
        storage.put_if_absent(keys.blob(sha256), data, sha256)
    return StagedObject(sha256, len(data))
