"""Pulling a run: its results in their folder, proven, and its numbers on the experiment's record."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.cloud import keys
from autolab_core.cloud.counting import Progress
from autolab_core.cloud.models import CloudIntent, RunDocument, RunManifestOut, RunResult
from autolab_core.cloud.protocol import Merged, merge
from autolab_core.cloud.pulling.fetching import fetch
from autolab_core.cloud.pulling.placing import beside, different, place, recover, require_plain, require_same
from autolab_core.cloud.pulling.planning import check_manifest
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.storage.base import Storage
from autolab_core.cloud.stored import log_pieces, read_manifest, read_result, read_run, stored_of
from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.paths import check_relative
from autolab_core.vocab.states import SyncStatus
from autolab_core.vocab.times import format_utc

__all__ = ["PULL_METHOD", "Pulled", "pull"]

PULL_METHOD: Final = "cloud-run"


@attrs.frozen
class Pulled:
    """``files`` and ``bytes`` are what the manifest names. ``kept``: where the folder's old state is. ``result`` and
    ``merged`` are None for a partial pull; ``left_out`` says what of the outputs could not be taken along."""

    intent: CloudIntent
    folder: str
    files: int
    bytes: int
    result: RunResult | None
    merged: Merged | None
    kept: str | None = None
    left_out: tuple[str, ...] = ()


def pull(
    root: Path,
    run_id: str | None,
    storage_of: Callable[[str], Storage],
    *,
    output_dir: str | None = None,
    partial: bool = False,
    force: bool = False,
    progress: Progress = lambda what, done, total: None,
    say: Callable[[str], None] = lambda line: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Pulled:
    """Bring the results of *run_id* (None: the newest run) into *output_dir* (None: the one that it was started with).

    *partial*: what was saved last of a run that has no result; its numbers are nobody's yet. *force*: put them in the
    place of other results, of which a copy is kept. Pulling twice changes nothing.

    Raises UsageError while there is nothing to pull, DocumentError naming the file for whatever is not as it should
    be (then the folder is as it was), StorageError, StoreError, LockHeld, AbortTriggered when the numbers meet an abort
    criterion.
    """
    records = CloudRecords(root)
    intent = records.chosen(run_id)
    folder = check_relative("--output-dir", (output_dir or intent.output_dir).rstrip("/"))
    storage = storage_of(intent.storage)
    with records.lock(intent.run_id, f"pull {intent.run_id}", wait=5.0):
        result = read_result(storage, intent.run_id)
        if result is None and not partial:
            raise UsageError(f"the run {intent.run_id} has no result yet: see `cloud-run status {intent.run_id}`")
        run = _run_of(storage, intent)
        manifest, shown = _manifest(storage, intent, result)
        _require_room(root, folder, manifest, intent, shown)
        paths = ExperimentPaths(run.spec)
        ours = _ours(paths, folder)
        kept = _bring(root, folder, storage, intent, manifest, force, ours, progress)
        intent = records.save(_pulled(intent, manifest, folder, result, now()))
        merged = None
        if result is not None and intent.merged_at is None:
            own = f"{folder}/{os.path.basename(paths.metrics)}"
            there = own if any(f"{folder}/{file.path}" == own for file in manifest.files) else None
            output = _bring_output(root, storage, intent.run_id, result.attempt, paths)
            merged = merge(root, intent, run, result, output, metrics_file=there, say=say)
            if merged.merged:
                intent = records.save(attrs.evolve(intent, merged_at=format_utc(now())))
        return Pulled(
            intent,
            folder,
            len(manifest.files),
            sum(file.size for file in manifest.files),
            result,
            merged,
            kept,
            manifest.left_out,
        )


def _run_of(storage: Storage, intent: CloudIntent) -> RunDocument:
    run = read_run(storage, intent.run_id)
    key = keys.run_document(intent.run_id)
    if run is None:
        raise UsageError(f"the run {intent.run_id} was never staged: there is nothing to pull")
    if run.token != intent.token or run.spec != intent.spec:
        raise DocumentError(key, "is not what this repository sent", hint="the storage was written to by others")
    return run


def _manifest(storage: Storage, intent: CloudIntent, result: RunResult | None) -> tuple[RunManifestOut, str]:
    """The manifest to follow, and its name for people. That of a result is held to the hash that the result has."""
    if result is None:
        beat = stored_of(storage, intent.run_id).heartbeat
        found = None if beat is None else read_manifest(storage, intent.run_id, attempt=beat.attempt)
        if found is None or beat is None:
            raise UsageError(f"nothing of the run {intent.run_id} was saved yet: there is nothing to pull")
        return found[0], keys.partial_manifest(intent.run_id, beat.attempt)
    shown = keys.manifest(intent.run_id)
    found = read_manifest(storage, intent.run_id)
    if found is None:
        raise DocumentError(shown, "is not in the storage, though the run has its result")
    if sha256_of_bytes(found[1]) != result.manifest_sha256:
        raise DocumentError(shown, "checksum mismatch: it is not the one that the run left")
    return found[0], shown


def _require_room(root: Path, folder: str, manifest: RunManifestOut, intent: CloudIntent, shown: str) -> None:
    require_plain(root, folder, intent.spec)
    free = shutil.disk_usage(root).free
    check_manifest(manifest, intent.run_id, shown, bytes_at_most=free)


def _bring(
    root: Path,
    folder: str,
    storage: Storage,
    intent: CloudIntent,
    manifest: RunManifestOut,
    force: bool,
    ours: Collection[str],
    progress: Progress,
) -> str | None:
    """Let *folder* hold the files of *manifest*; where its old state is kept, where it is."""
    recover(root, folder, intent.run_id)
    # Once merged, the protocol's own files stand where a command may have left some of the same names.
    settled = frozenset(ours) if intent.merged_at is not None else frozenset()
    other = different(root, folder, manifest, settled)
    again = intent.artifact_sync_to_local
    follows = again is not None and again.get("so_far") is True and again.get("folder") == folder
    if other is not None and not force and not follows:
        raise require_same(f"{folder}/{other}")
    if other is None and _has_all(root, folder, manifest):
        return None
    fetch(storage, manifest, beside(root, folder, intent.run_id), progress)
    name = f"{os.path.basename(folder)}.before-{intent.run_id}" if other is not None and not follows else None
    if name is not None and os.path.lexists((root / folder).parent / name):
        raise UsageError(f"a copy is kept already, as {name}: move it away first")
    return place(root, folder, manifest, intent.run_id, keep=settled, copy_as=name)


def _has_all(root: Path, folder: str, manifest: RunManifestOut) -> bool:
    return all(os.path.lexists(root / folder / file.path) for file in manifest.files) and (root / folder).is_dir()


def _ours(paths: ExperimentPaths, folder: str) -> tuple[str, ...]:
    """The protocol's own files, where they lie in *folder*, relative to it."""
    start = f"{folder}/"
    return tuple(path.removeprefix(start) for path in (paths.metrics, paths.config) if path.startswith(start))


def _pulled(
    intent: CloudIntent, manifest: RunManifestOut, folder: str, result: RunResult | None, now: datetime
) -> CloudIntent:
    facts: dict[str, Any] = {
        "status": SyncStatus.OK.value if result is not None else SyncStatus.SYNCING.value,
        "method": PULL_METHOD,
        "at": format_utc(now),
        "folder": folder,
        "files": len(manifest.files),
        "bytes": sum(file.size for file in manifest.files),
        "manifest_sha256": None if result is None else result.manifest_sha256,
        "so_far": result is None,
    }
    return attrs.evolve(
        intent,
        artifact_sync_to_local=facts,
        pulled_at=format_utc(now) if result is not None else intent.pulled_at,
        ended=intent.ended if result is None else _ended(result),
    )


def _ended(result: RunResult) -> dict[str, Any]:
    last_lines = list(result.last_lines) if result.exit_code != 0 else []
    return {"exit_code": result.exit_code, "message": result.message, "last_lines": last_lines}


def _bring_output(root: Path, storage: Storage, run_id: str, attempt: int, paths: ExperimentPaths) -> str:
    """Put what the command printed on standard output among the experiment's logs, a piece at a time, because it may be
    larger than the memory; its path, relative to *root*."""
    path = f"{paths.logs}/{run_id}.log"
    make_dirs(root / paths.logs)
    write_bytes(root / path, (data for key, data in log_pieces(storage, run_id, attempt) if key.endswith(".out")))
    return path
