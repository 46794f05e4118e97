"""Bringing the files of a checked manifest into a new folder, each proven by its SHA-256. What is there already, from
a pull that was broken off, is proven again and not brought twice."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from autolab_core.cloud.counting import Count, Part, Progress, few_at_a_time
from autolab_core.cloud.models import OutFile, OutObject, RunManifestOut
from autolab_core.cloud.pulling.planning import files_by_object
from autolab_core.cloud.storage.base import Storage
from autolab_core.io.atomic import make_dirs, store_error
from autolab_core.io.digest import sha256_of, sha256_of_bytes
from autolab_core.vocab.errors import DocumentError

__all__ = ["fetch"]

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK: Final = 1 << 20
# No manifest can name it: a backslash is refused there.
_DOWNLOAD: Final = ".autolab-download\\"


def fetch(storage: Storage, manifest: RunManifestOut, folder: Path, progress: Progress) -> None:
    """Fill the *folder*, which is ours alone, with the files of *manifest*. Raises DocumentError naming the file whose
    bytes are not what the manifest says, StorageError, StoreError."""
    make_dirs(folder)
    count = Count(progress, "results", sum(file.size for file in manifest.files))

    def bring(found: tuple[int, tuple[OutFile, ...]]) -> None:
        number, files = found
        with Part(count, sum(file.size for file in files)) as part:
            missing = [file for file in files if not _is_there(folder, file)]
            if missing:
                download = folder / f"{_DOWNLOAD}{number}"
                _bring(storage, manifest.objects[number], missing, folder, download, part)
                with suppress(FileNotFoundError):
                    os.unlink(download)

    for _ in few_at_a_time(bring, sorted(files_by_object(manifest).items())):
        pass


def _is_there(folder: Path, file: OutFile) -> bool:
    path = folder / file.path
    try:
        if os.lstat(path).st_size == file.size and not os.path.islink(path) and sha256_of(path) == file.sha256:
            return True
        os.unlink(path)  # cut short when that pull was broken off
    except FileNotFoundError:
        pass
    except (OSError, DocumentError) as error:
        raise DocumentError(str(path), "cannot be looked at", hint=str(error)) from error
    return False


def _bring(storage: Storage, each: OutObject, files: list[OutFile], folder: Path, download: Path, part: Part) -> None:
    with suppress(FileNotFoundError):
        os.unlink(download)
    if storage.head(each.key) not in (each.size, None):  # what is larger might fill the disk
        raise _mismatch(files[0].path, f"{each.key} is not as large as the manifest says")
    storage.get_to(each.key, download, part)
    if os.path.getsize(download) != each.size or sha256_of(download) != each.sha256:
        raise _mismatch(files[0].path, f"{each.key} does not hold what the manifest says")
    if each.tar:
        _take_apart(download, {file.path: file for file in files}, folder)
        return
    if len({(file.sha256, file.size) for file in files} | {(each.sha256, each.size)}) != 1:
        raise _mismatch(files[0].path, "the manifest says two things of one object")
    path = folder / files[0].path
    make_dirs(path.parent)
    os.rename(download, path)
    for file in files[1:]:
        with open(path, "rb") as source:
            _write(folder, file, source)


def _take_apart(archive: Path, wanted: dict[str, OutFile], folder: Path) -> None:
    """Take the files of *wanted* out of the tar; what else it holds is not looked at."""
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                file = wanted.get(member.name)
                if file is None:
                    continue
                plain = member.isreg() and not member.issparse() and member.size == file.size
                content = tar.extractfile(member) if plain else None
                if content is None:
                    raise _mismatch(file.path, "its archive holds something else")
                data = content.read()
                if sha256_of_bytes(data) != file.sha256:
                    raise _mismatch(file.path, "its bytes are not what the manifest says")
                _write(folder, wanted.pop(member.name), io.BytesIO(data))
    except tarfile.TarError as error:
        raise DocumentError(next(iter(wanted), str(archive)), f"its archive cannot be read: {error}") from error
    if wanted:
        raise DocumentError(next(iter(wanted)), "is missing: its archive does not hold it")


def _mismatch(path: str, why: str) -> DocumentError:
    return DocumentError(
        path, f"checksum mismatch: {why}", hint="pull again; if it stays so, others wrote to the storage"
    )


def _write(folder: Path, file: OutFile, source: BinaryIO) -> None:
    path = folder / file.path
    make_dirs(path.parent)
    try:
        descriptor = os.open(path, _NEW, 0o644)
        with open(descriptor, "wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error
