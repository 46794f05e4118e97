"""Ending runs: the one that somebody names, and those that outlived what they were given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import attrs

from autolab_core.cloud.engines.base import Engine, EngineRun
from autolab_core.cloud.job import SLACK_SECONDS
from autolab_core.cloud.models import CloudIntent
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.storage.base import Storage, StorageError
from autolab_core.cloud.stored import read_result, read_run
from autolab_core.models.job import CancelOutcome
from autolab_core.vocab.engines import OPEN_ENGINE_STATES
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = ["Outlived", "collect_garbage", "terminate"]

_NOT_BY_US: Final = (None, CancelOutcome.ALREADY_ENDED, CancelOutcome.NOT_FOUND)


@attrs.frozen
class Outlived:
    """A job that goes on though its run is over, and whether it was ended. ``why``: what says that it is."""

    run_id: str
    engine: str
    why: str
    ended: bool


def terminate(
    root: Path,
    run_id: str | None,
    engine_of: Callable[[str], Engine],
    storage_of: Callable[[str], Storage],
    *,
    reason: str = "somebody ended it (cloud-run terminate)",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[CloudIntent, CancelOutcome | None]:
    """End the run's job; None where it had none. What it made until then it still brings to its storage.

    A run that has ended by itself, with a result, is left as it is. Raises UsageError, and EngineUnreachable: then
    nothing is said to be over.
    """
    records = CloudRecords(root)
    intent = records.chosen(run_id)
    engine = engine_of(intent.engine)
    handle = engine.find(intent.run_id)
    outcome = None if handle is None else engine.terminate(handle, reason=reason)
    if outcome in _NOT_BY_US and _has_ended(intent, storage_of):
        return intent, CancelOutcome.ALREADY_ENDED
    return records.save(attrs.evolve(intent, terminated_at=format_utc(now()))), outcome


def _has_ended(intent: CloudIntent, storage_of: Callable[[str], Storage]) -> bool:
    if intent.pulled_at is not None:
        return True
    try:
        return read_result(storage_of(intent.storage), intent.run_id) is not None
    except (StorageError, DocumentError):
        return False


def collect_garbage(
    engine: Engine,
    storage_of: Callable[[str], Storage],
    records: CloudRecords,
    *,
    dry_run: bool,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Outlived]:
    """End the jobs of *engine* that are ours and go on after their limit, or after their run's result.

    Each is told as it is dealt with. With *dry_run* nothing is ended. Raises EngineUnreachable.
    """
    known = {intent.run_id: intent for intent in records.every()}
    for each in engine.list():
        if each.state not in OPEN_ENGINE_STATES:
            continue
        observed = engine.describe([each.handle]).get(each.handle)
        started = None if observed is None else observed.started_at
        why = _why_over(each, started, known.get(each.handle.run_id), storage_of, now())
        if why is None:
            continue
        ended = False
        if not dry_run:
            engine.terminate(each.handle, reason=f"autolab gc: {why}")
            ended = True
        yield Outlived(each.handle.run_id, engine.name, why, ended)


def _why_over(
    each: EngineRun,
    started_at: str | None,
    intent: CloudIntent | None,
    storage_of: Callable[[str], Storage],
    now: datetime,
) -> str | None:
    limit = None if each.limit is None else each.limit.seconds
    started = None if started_at is None else parse_timestamp(started_at)
    if started is not None and limit is not None and now > started + timedelta(seconds=limit):
        return f"it goes on after its limit, {each.limit}"
    if intent is None:
        return None  # of another repository: only its own limit speaks against it
    try:
        storage = storage_of(intent.storage)
        if read_result(storage, intent.run_id) is not None:
            return "its run has its result"
        run = read_run(storage, intent.run_id)
    except (StorageError, DocumentError):
        return None
    deadline = None if run is None else parse_timestamp(run.deadline)
    if deadline is not None and now > deadline + timedelta(seconds=SLACK_SECONDS):
        return f"its run's deadline is over, {format_utc(deadline)}"
    return None
