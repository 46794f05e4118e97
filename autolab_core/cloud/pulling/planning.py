"""What a manifest may name. Nothing of it is believed: whoever may write the storage may have written it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from autolab_core.cloud import keys
from autolab_core.cloud.counting import AT_A_TIME
from autolab_core.cloud.models import OutFile, RunManifestOut
from autolab_core.cloud.runner.unpack import result_problem
from autolab_core.vocab.errors import DocumentError

__all__ = ["FILES_AT_MOST", "TAR_BYTES", "check_manifest", "files_by_object"]

FILES_AT_MOST: Final = 1_000_000
# Several times what the runner puts together; its files are read whole.
TAR_BYTES: Final = 128 << 20


def check_manifest(manifest: RunManifestOut, run_id: str, shown: str, *, bytes_at_most: int) -> None:
    """Raise DocumentError, naming the file that is the first wrong one, where *manifest* is not to be followed.

    Refused: another run's, a path that could lead out, two paths that are one to a file system that folds case or
    Unicode forms, a file where another path needs a folder, an object of another run, and more than there is room for.
    """
    if manifest.run_id != run_id:
        raise DocumentError(shown, f"is of the run {manifest.run_id!r}", hint="it was put in another one's place")
    if len(manifest.files) > FILES_AT_MOST:
        raise DocumentError(shown, f"names {len(manifest.files)} files; the limit is {FILES_AT_MOST}")
    for each in manifest.objects:
        if each.key != keys.out(run_id, manifest.attempt, each.sha256):
            raise DocumentError(shown, f"names the object {each.key!r}, which is not where this run's outputs are")
        if each.tar and each.size > TAR_BYTES:
            raise DocumentError(shown, f"names the tar {each.key!r} of {each.size} bytes; the limit is {TAR_BYTES}")
    total = sum(each.size for each in manifest.files)
    tars = sorted(each.size for each in manifest.objects if each.tar)  # which are here beside what comes out of them
    if total + sum(tars[-AT_A_TIME:]) > bytes_at_most:
        raise DocumentError(
            shown, f"names {total} bytes, and there is room for {bytes_at_most}", hint="free some space"
        )
    folded: dict[str, str] = {}
    for file in manifest.files:
        problem = _problem(file, len(manifest.objects))
        if problem is not None:
            raise DocumentError(shown, f"names {file.path!r}, which is refused: {problem}")
        _fold_in(folded, file.path, shown)
    _require_contained(manifest, shown)
    files = {_folded(file.path) for file in manifest.files}
    for file in manifest.files:
        parts = _folded(file.path).split("/")
        above = next(
            (path for path in ("/".join(parts[:count]) for count in range(1, len(parts))) if path in files), ""
        )
        if above:
            raise DocumentError(shown, f"names {file.path!r}, but {above!r} is a file")


def _require_contained(manifest: RunManifestOut, shown: str) -> None:
    """No file is larger than what it comes out of: nothing is compressed, and nothing may have holes."""
    held = [0] * len(manifest.objects)
    for file in manifest.files:
        each = manifest.objects[file.object]
        held[file.object] += file.size
        if each.tar and held[file.object] > each.size:
            raise DocumentError(shown, f"names {file.path!r}, which is larger than the archive that is to hold it")
        if not each.tar and file.size != each.size:
            raise DocumentError(shown, f"names {file.path!r}, of another size than the object that is to be it")


def files_by_object(manifest: RunManifestOut) -> Mapping[int, tuple[OutFile, ...]]:
    """Which files each object has, by its place in the manifest."""
    found: dict[int, list[OutFile]] = {}
    for file in manifest.files:
        found.setdefault(file.object, []).append(file)
    return {number: tuple(files) for number, files in found.items()}


def _problem(file: OutFile, objects: int) -> str | None:
    problem = result_problem(file.path)
    return problem or (None if file.object < objects else "its object is not among those of the manifest")


def _fold_in(folded: dict[str, str], path: str, shown: str) -> None:
    """Each folder above counts, too: ``A/x`` and ``a/y`` are in one folder where case does not count."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        here = "/".join(parts[:count])
        there = folded.setdefault(_folded(here), here)
        if there != here or (count == len(parts) and f"{_folded(here)}\0" in folded):
            raise DocumentError(shown, f"names {there!r} and {here!r}, which are one name to some file systems")
    folded[f"{_folded(path)}\0"] = path


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
