"""Staging a run: runner, data and code, then the spec, and the run document last. Until that is there, nothing is."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import attrs

from autolab_core.cloud import keys
from autolab_core.cloud.counting import Progress
from autolab_core.cloud.models import CloudIntent, DataFolder, RunDocument, RunRequest, StagedObject
from autolab_core.cloud.packing import packed_runner
from autolab_core.cloud.staging.code import Code, pack_code
from autolab_core.cloud.staging.data import stage_data
from autolab_core.cloud.staging.requirements import lock_not_followed, requirements_of
from autolab_core.cloud.storage.base import Storage
from autolab_core.cloud.stored import read_run
from autolab_core.io.atomic import write_bytes
from autolab_core.io.codec import unstructure
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents import dump_json, read_source
from autolab_core.io.experiment_layout import cloud_patch
from autolab_core.vocab.cloud import Requirements
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.times import format_utc

__all__ = ["QUEUE_HOURS", "environment_of", "stage"]

# How long a job may wait for a machine before its run is worth nothing any more.
QUEUE_HOURS: Final = 24.0


def stage(
    storage: Storage,
    root: Path,
    request: RunRequest,
    intent: CloudIntent,
    *,
    allowed: Collection[str],
    progress: Progress,
    say: Callable[[str], None],
    now: datetime,
    sync_seconds: float,
    spot_notice: bool,
) -> RunDocument:
    """Bring everything that the run needs to *storage*; what it is. What is there already is left as it is, so that
    a staging that was broken off goes on.

    Raises UsageError for what cannot be sent, DocumentError, StoreError, StorageError.
    """
    there = read_run(storage, intent.run_id)
    if there is not None:
        return there
    requirements = requirements_of(root)
    if line := lock_not_followed(root, requirements):
        say(line)
    source = read_source(os.path.join(root, request.spec), request.spec)
    code = pack_code(root, request.spec, intent.commit, (*request.data_dirs, request.output_dir), allowed)
    if code.untracked:
        shown = ", ".join(code.untracked[:5]) + (" …" if len(code.untracked) > 5 else "")
        say(f"{len(code.untracked)} files are not sent, because git does not track them: {shown}")
    data = tuple(stage_data(storage, root, folder, allowed, progress) for folder in request.data_dirs)
    runner, runner_sha256 = packed_runner()
    _once(storage, keys.runner(runner_sha256), runner)
    _once(storage, keys.spec(intent.run_id), source)
    progress("code", 0, len(code.data))
    # A staging that was broken off may have left the code as it was then.
    storage.put(keys.code(intent.run_id), code.data, code.sha256)
    progress("code", len(code.data), len(code.data))
    if code.patch is not None:
        write_bytes(root / cloud_patch(intent.run_id), code.patch.data)
        storage.put(keys.patch(intent.run_id), code.patch.data, sha256_of_bytes(code.patch.data))
    document = _document(request, intent, code, data, requirements, now)
    document = attrs.evolve(
        document,
        spec_sha256=sha256_of_bytes(source),
        runner_sha256=runner_sha256,
        sync_seconds=sync_seconds,
        spot_notice=spot_notice,
    )
    key = keys.run_document(intent.run_id)
    written = dump_json(unstructure(document), key)
    if not storage.put_if_absent(key, written, sha256_of_bytes(written)):
        found = read_run(storage, intent.run_id)
        if found is None or found.token != intent.token:
            raise UsageError(f"the run {intent.run_id} is in the storage already, and is not this one")
        return found
    return document


def environment_of(names: Collection[str]) -> dict[str, str]:
    """The values of the variables *names* here. Raises UsageError for one that is not set, or is no text."""
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise UsageError(f"--env names {missing[0]}, which is not set here")
    for name in names:
        try:
            os.environ[name].encode("utf-8")
        except UnicodeEncodeError:
            raise UsageError(f"--env {name} is refused: its value is no UTF-8 text") from None
    return {name: os.environ[name] for name in names}


def _once(storage: Storage, key: str, data: bytes) -> None:
    if storage.head(key) != len(data):
        storage.put_if_absent(key, data, sha256_of_bytes(data))


def _document(
    request: RunRequest,
    intent: CloudIntent,
    code: Code,
    data: tuple[DataFolder, ...],
    requirements: Requirements,
    now: datetime,
) -> RunDocument:
    return RunDocument(
        run_id=intent.run_id,
        token=intent.token,
        created_at=format_utc(now),
        deadline=format_utc(now + timedelta(hours=request.max_hours + QUEUE_HOURS)),
        max_seconds=max(1, round(request.max_hours * 3600)),
        spec=request.spec,
        spec_sha256=code.sha256,  # until the spec's own is put there
        output_dir=request.output_dir,
        code=StagedObject(code.sha256, len(code.data)),
        command=request.command,
        argv=request.argv,
        data=data,
        requirements=requirements.value,
        image=request.image,
        cpus=request.cpus,
        memory=request.memory,
        gpus=request.gpus,
        environment=environment_of(request.environment),
        secrets=request.secrets,
        protected=(request.spec,),
        commit=intent.commit,
        patch_sha256=None if code.patch is None else sha256_of_bytes(code.patch.data),
    )
