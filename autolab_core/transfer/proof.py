"""The proof that what is here is what lies there, and the lists that keep it in the run's folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from autolab_core.io.checksums import Entry, parse, render
from autolab_core.io.digest import Measured, measure, sha256_of_bytes
from autolab_core.io.documents import MAX_BYTES
from autolab_core.io.documents.source import read_source
from autolab_core.io.layout import RunPaths
from autolab_core.io.proof import Difference, differences
from autolab_core.io.run_files import run_files, settled_files
from autolab_core.transfer.base import TransferError
from autolab_core.transfer.far_side import FarList
from autolab_core.transfer.selection import Selection
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["RunList", "list_of_run", "list_that_is_there", "prove", "proven_already"]

# Below this a thread costs more than it saves.
_LARGE: Final = 1 << 20
_WORKERS: Final = 4


class RunList(NamedTuple):
    """A run's own checksum list, and how many files and bytes it is about."""

    source: bytes
    files: int
    bytes: int


def prove(staged: Path, far: FarList) -> None:
    """Compare every file of the list with the one in *staged*. What differs is removed: it comes anew, whole.

    Raises TransferError for what differs, DocumentError when *staged* cannot be read.
    """
    wrong = _differences(staged, str(staged), far.sha256)
    for name, _ in wrong:
        with suppress(FileNotFoundError):
            os.unlink(staged / name)
    if wrong:
        name, message = wrong[0]
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise TransferError(
            TransferFault.CHANGED,
            f"{name!r}{more} of {len(far.sha256)} files: {message}; it changed there, or did not come whole: "
            "wait until nothing writes there any more",
            transient=True,
        )


def proven_already(run_folder: Path, paths: RunPaths, chosen: Selection, far: FarList) -> bool:
    """Whether the run's folder holds the same list and all that it names: an earlier call got so far, then died."""
    kept = run_folder / _name(paths, paths.far_checksums)
    if not kept.is_file() or not (run_folder / _name(paths, paths.checksums)).is_file():
        return False
    for name, target in chosen.links.items():
        if not (run_folder / name).is_symlink() or os.readlink(run_folder / name) != target:
            return False
    try:
        return read_source(kept) == far.source and not _differences(run_folder, paths.folder, far.sha256)
    except DocumentError:
        return False


def list_of_run(run_folder: Path, paths: RunPaths, chosen: Selection, far: FarList) -> RunList:
    """The run's own list as it is to be: what comes home, the far side's list itself, and what lies here already and
    does not change any more.

    Raises DocumentError when a file here cannot be read, TransferError when the list would be too long.
    """
    far_name = _name(paths, paths.far_checksums)
    entries = {name: Measured(far.sha256[name], about.bytes) for name, about in chosen.files.items()}
    here = settled_files(run_files(str(run_folder), paths.folder), paths)
    entries |= {
        name: measure(run_folder / name, f"{paths.folder}/{name}")
        for name in here
        if name not in entries and name not in chosen.links and name != far_name
    }
    entries[far_name] = Measured(sha256_of_bytes(far.source), len(far.source))
    source = render(Entry(name, each.sha256) for name, each in entries.items())
    if len(source) > MAX_BYTES:
        message = f"{len(entries)} files are too many for a checksum list of {MAX_BYTES} bytes: pack them into archives"
        raise TransferError(TransferFault.LIMITS, message)
    return RunList(source, len(entries), sum(each.bytes for each in entries.values()))


def list_that_is_there(run_folder: Path, paths: RunPaths) -> RunList:
    """The run's own list as it lies in its folder. Raises DocumentError."""
    source = read_source(run_folder / _name(paths, paths.checksums), paths.checksums)
    lengths = run_files(str(run_folder), paths.folder).files
    entries = parse(source, paths.checksums)
    return RunList(source, len(entries), sum(lengths.get(entry.name, 0) for entry in entries))


class _Hashes:
    """The hashes of regular files below a folder, large ones of several at once."""

    def __init__(self, folder: Path, lengths: Mapping[str, int], names: Iterable[str]) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1))
        large = [name for name in names if lengths.get(name, 0) > _LARGE]
        self._large = {name: self._pool.submit(measure, folder / name, name) for name in large}

    def sha256(self, name: str) -> str:
        """The hash of *name*. Raises DocumentError when it cannot be read."""
        begun = self._large.get(name)
        return (begun.result() if begun is not None else measure(f"{self._folder}/{name}", name)).sha256

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _differences(folder: Path, shown: str, listed: Mapping[str, str]) -> tuple[Difference, ...]:
    """The files of *listed* in *folder* that are not as listed. Raises DocumentError when it cannot be read."""
    found = run_files(str(folder), shown)
    hashes = _Hashes(folder, found.files, listed)
    try:
        return differences(listed, found, hashes.sha256)
    finally:
        hashes.close()


def _name(paths: RunPaths, path: str) -> str:
    return path.removeprefix(f"{paths.folder}/")
