"""Sending the full phase of an experiment to an engine: intent, staging, one job.

The intent is on the disk before anything else is, and the job is looked for before one is submitted. So whoever is
killed anywhere leaves at most one job, and the same command goes on.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.cloud import keys
from autolab_core.cloud.counting import Progress
from autolab_core.cloud.engines.base import Engine, EngineHandle, require_limit
from autolab_core.cloud.job import job_of, lacks_of
from autolab_core.cloud.models import CloudIntent, JobDocument, RunDocument, RunRequest
from autolab_core.cloud.protocol import checkout_of, hand_over, require_open
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.soundness import require_sound
from autolab_core.cloud.staging.stage import environment_of, stage
from autolab_core.cloud.storage.base import Storage, parse_address
from autolab_core.cloud.stored import read_result
from autolab_core.io.codec import unstructure
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents import dump_json
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.vocab.errors import EngineRejected, EngineUnknown, EngineUnreachable, ExperimentRefused, UsageError
from autolab_core.vocab.times import format_utc

__all__ = ["SYNC_SECONDS", "Submission", "silent", "submit"]

SYNC_SECONDS: Final = 60.0
_FIND_PAUSES: Final = (0.0, 1.0, 3.0)


@attrs.frozen
class Submission:
    """How a run is sent. ``again``: though another one of the same spec is active. ``forced``: who (``who``) wants it
    before the baseline is proven, and why (``why``). ``justify``: why it begins though a budget is spent.
    ``allowed``: files that are sent although they look like secrets."""

    again: bool = False
    forced: Mapping[str, str] | None = None
    justify: str | None = None
    allowed: Collection[str] = ()
    sync_seconds: float = SYNC_SECONDS


def silent(what: str, done: int, total: int) -> None:
    """A ``Progress`` that shows nothing."""


def submit(
    root: Path,
    request: RunRequest,
    engine: Engine,
    storage: Storage,
    how: Submission,
    *,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda line: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CloudIntent:
    """Send what *request* asks for, or go on with the same run where it was left; what is known of it then.

    When this returns the engine has the job. Raises UsageError (what cannot be sent, or a second run of the spec while
    one is active), ExperimentRefused (the protocol's order), EngineRejected, EngineUnknown and EngineUnreachable,
    StorageError, and what reading and writing files raises. After any of them the same call may be made again.
    """
    require_sound(root, request)
    require_limit(engine)
    records, experiment = CloudRecords(root), ExperimentPaths(request.spec).id
    with records.lock(experiment, f"submit the run of {experiment}"):
        intent = _active(root, records, storage, request, engine, how)
        if intent is None:
            lacks = lacks_of(engine.capabilities(), parse_address(storage.address).kind, request)
            if lacks:
                raise UsageError(f"the engine {engine.name} cannot run that: {'; '.join(lacks)}")
            environment_of(request.environment)
            require_open(root, request.spec)
            intent = records.save(_intent(root, request, engine.name, storage.address, how, now()))
        if intent.handle is not None:
            return intent
        return _carry_through(root, records, intent, request, engine, storage, how, progress, say, now)


def _carry_through(
    root: Path,
    records: CloudRecords,
    intent: CloudIntent,
    request: RunRequest,
    engine: Engine,
    storage: Storage,
    how: Submission,
    progress: Progress,
    say: Callable[[str], None],
    now: Callable[[], datetime],
) -> CloudIntent:
    """The steps after the intent; each finds what an earlier try has done."""
    try:
        if intent.staged_at is None:
            if checkout_of(root, request.spec, request.output_dir) != dict(intent.commit):
                raise UsageError(f"the code was changed since the run {intent.run_id} was begun: start it again")
            storage.probe()
            hand_over(root, intent, justify=how.justify)
        run = stage(
            storage,
            root,
            request,
            intent,
            allowed=how.allowed,
            progress=progress,
            say=say,
            now=now(),
            sync_seconds=how.sync_seconds,
            spot_notice=engine.capabilities().spot_notice,
        )
    except (UsageError, ExperimentRefused) as error:
        records.save(attrs.evolve(intent, gave_up=str(error)))
        raise
    intent = records.save(attrs.evolve(intent, staged_at=intent.staged_at or format_utc(now())))
    try:
        handle = _job(run, engine, storage)
    except EngineRejected as error:
        records.save(attrs.evolve(intent, gave_up=str(error)))
        raise
    document = JobDocument(run.run_id, engine.name, handle.engine_id, format_utc(now()), run.token)
    data = dump_json(unstructure(document), keys.job(run.run_id))
    storage.put_if_absent(keys.job(run.run_id), data, sha256_of_bytes(data))
    return records.save(
        attrs.evolve(
            intent,
            handle=handle.engine_id,
            place=handle.place,
            submitted_at=document.submitted_at,
        )
    )


def _job(run: RunDocument, engine: Engine, storage: Storage) -> EngineHandle:
    """The job of *run*: the one that is there, or a new one. An outcome that is not known is asked about."""
    found = engine.find(run.run_id)
    if found is not None:
        return found
    try:
        return engine.submit(job_of(run, storage.address, engine.capabilities()))
    except EngineUnknown:
        for pause in _FIND_PAUSES:
            time.sleep(pause)
            try:
                found = engine.find(run.run_id)
            except (EngineUnknown, EngineUnreachable):
                continue
            if found is not None:
                return found
        raise


def _active(
    root: Path, records: CloudRecords, storage: Storage, request: RunRequest, engine: Engine, how: Submission
) -> CloudIntent | None:
    """The run of the same request that is to be gone on with, or that has ended well and waits to be pulled. Raises
    UsageError where another one is active."""
    wanted, commit = _fingerprint(request), checkout_of(root, request.spec, request.output_dir)
    for each in records.of_spec(request.spec):
        # One whose results are here, and whose numbers are not on record, still has to be pulled.
        if each.gave_up is not None or each.terminated_at is not None or each.merged_at is not None:
            continue
        code = _exit_code(each, storage)
        if code is not None and (code != 0 or dict(each.commit) != commit or each.request_sha256 != wanted):
            continue
        if each.engine == engine.name and each.storage == storage.address and each.request_sha256 == wanted:
            if not (how.again and each.handle is not None):
                return each
        elif each.staged_at is None:
            # Whoever was at it is gone (the lock is ours), and nothing of it can have been started.
            records.save(attrs.evolve(each, gave_up="another run was asked for before it was staged"))
        elif not how.again:
            raise UsageError(
                f"the run {each.run_id} of {request.spec} is active (engine {each.engine}): `cloud-run status "
                f"{each.run_id}` says where it stands; terminate it, or start another one all the same (--again)"
            )
    return None


def _exit_code(intent: CloudIntent, storage: Storage) -> int | None:
    """With which code the run ended; None while it goes on, as far as is known here."""
    if intent.ended is not None:
        return int(intent.ended.get("exit_code", 0))
    if intent.staged_at is None or intent.storage != storage.address:
        return None
    result = read_result(storage, intent.run_id)
    return None if result is None else result.exit_code


def _intent(root: Path, request: RunRequest, engine: str, address: str, how: Submission, now: datetime) -> CloudIntent:
    experiment = ExperimentPaths(request.spec).id[:60]
    # Ids of one spec sort as their runs were begun, also within a second: the newest one is meant where none is named.
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{experiment}-{now.microsecond >> 4:04x}{secrets.token_hex(1)}"
    return CloudIntent(
        run_id=run_id,
        token=secrets.token_hex(16),
        spec=request.spec,
        request_sha256=_fingerprint(request),
        engine=engine,
        storage=address,
        created_at=format_utc(now),
        output_dir=request.output_dir,
        max_hours=request.max_hours,
        commit=checkout_of(root, request.spec, request.output_dir),
        forced=how.forced,
        extra={"request": _plain(request)},
    )


def _plain(request: RunRequest) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(attrs.asdict(request)))
    return plain


def _fingerprint(request: RunRequest) -> str:
    """What tells one request from another; which engine was taken is compared beside it."""
    return sha256_of_bytes(json.dumps(_plain(attrs.evolve(request, engine=None)), sort_keys=True).encode())
