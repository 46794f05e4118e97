"""Reading what a run has left in its storage. What others wrote there is checked as any file is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autolab_core.cloud import keys
from autolab_core.cloud.facts import run_end, sign_of_life
from autolab_core.cloud.standing import Stored
from autolab_core.cloud.storage.base import Storage, StorageError, StorageMissing
from autolab_core.cloud.versions import require_known
from autolab_core.io.documents import Document, parse_json

if TYPE_CHECKING:
    from autolab_core.cloud.models import RunDocument, RunManifestOut, RunResult

__all__ = ["log_pieces", "read_manifest", "read_result", "read_run", "stored_of"]


def stored_of(storage: Storage, run_id: str) -> Stored:
    """What *storage* has of *run_id*. Raises DocumentError for a document that is none; a storage that does not answer
    is an answer here."""
    try:
        result = _read(storage, keys.result(run_id))
        if result is not None:
            return Stored(staged=True, result=run_end(result))
        life = _read(storage, keys.heartbeat(run_id))
        beat = None if life is None else sign_of_life(life)
        staged = beat is not None or storage.head(keys.run_document(run_id)) is not None
        partial = beat is not None and storage.head(keys.partial_manifest(run_id, beat.attempt)) is not None
        return Stored(staged=staged, heartbeat=beat, partial=partial)
    except StorageError as error:
        return Stored(unreachable=str(error))


def read_result(storage: Storage, run_id: str) -> RunResult | None:
    """How the run ended, whole; None while it has not. Raises StorageError, DocumentError."""
    from autolab_core.cloud.models import RunResult  # whoever only looks does without models
    from autolab_core.io.codec import structure

    found = _read(storage, keys.result(run_id))
    return None if found is None else structure(found, RunResult)


def read_run(storage: Storage, run_id: str) -> RunDocument | None:
    """What was staged; None where the staging is not whole. Raises StorageError, DocumentError."""
    from autolab_core.cloud.models import RunDocument
    from autolab_core.io.codec import structure

    found = _read(storage, keys.run_document(run_id))
    return None if found is None else structure(found, RunDocument)


def read_manifest(storage: Storage, run_id: str, *, attempt: int | None = None) -> tuple[RunManifestOut, bytes] | None:
    """The manifest of what the run left, or of what *attempt* has saved so far, and its bytes. Raises StorageError,
    DocumentError."""
    from autolab_core.cloud.models import RunManifestOut
    from autolab_core.io.codec import structure

    found = _read(storage, keys.manifest(run_id) if attempt is None else keys.partial_manifest(run_id, attempt))
    return None if found is None else (structure(found, RunManifestOut), found.source)


def log_pieces(storage: Storage, run_id: str, attempt: int, after: str = "") -> Iterator[tuple[str, bytes]]:
    """Key and bytes of the pieces of a log after the key *after*, in their order. Raises StorageError."""
    for each in storage.list(keys.logs(run_id, attempt)):
        if each.key > after:
            yield each.key, storage.get(each.key)


def _read(storage: Storage, key: str) -> Document | None:
    try:
        source = storage.get(key)
    except StorageMissing:
        return None
    return require_known(parse_json(source, key))
