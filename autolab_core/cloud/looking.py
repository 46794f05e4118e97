"""Looking at runs: where they stand, what they say, and what there are. Nothing is changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from autolab_core.cloud.engines.observing import EngineHandle, EngineObservation, Observer
from autolab_core.cloud.facts import KnownRun
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.standing import Looked, Standing, Stored, standing
from autolab_core.cloud.storage.base import Storage, StorageError
from autolab_core.cloud.stored import log_pieces, stored_of
from autolab_core.vocab.engines import OPEN_ENGINE_STATES
from autolab_core.vocab.errors import DocumentError, EngineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from autolab_core.cloud.engines.base import Engine

__all__ = ["Looked", "handle_of", "last_words", "look", "look_at_all", "read_log", "wait"]

_FOLLOW_SECONDS: Final = 2.0


def look(
    root: Path | str,
    run_id: str | None,
    engine_of: Callable[[str], Observer],
    storage_of: Callable[[str], Storage],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Looked:
    """Where the run *run_id* (None: the newest) stands. Raises UsageError and DocumentError; an engine or a storage
    that does not answer is a part of the answer."""
    intent = CloudRecords(root).known(run_id)
    return Looked(intent, _standing(intent, engine_of, storage_of, now()))


def look_at_all(
    root: Path | str,
    engine_of: Callable[[str], Observer],
    storage_of: Callable[[str], Storage],
    *,
    broken: Callable[[DocumentError], None] = lambda error: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Looked, ...]:
    """Every run of the repository, the newest first. Of a record that cannot be read *broken* is told."""
    known = CloudRecords(root).every_known(broken)
    return tuple(Looked(intent, _standing(intent, engine_of, storage_of, now())) for intent in known)


def wait(
    root: Path | str,
    run_id: str,
    engine_of: Callable[[str], Observer],
    storage_of: Callable[[str], Storage],
    *,
    every: float = 5.0,
    seen: Callable[[Looked], None] = lambda looked: None,
) -> Looked:
    """Look every *every* seconds until nothing more will happen; *seen* is handed each look."""
    while True:
        found = look(root, run_id, engine_of, storage_of)
        seen(found)
        if found.standing.over:
            return found
        time.sleep(every)


def read_log(
    root: Path | str,
    run_id: str | None,
    engine_of: Callable[[str], Engine],
    storage_of: Callable[[str], Storage],
    *,
    follow: bool = False,
) -> Iterator[tuple[bytes, bool]]:
    """The run's log, a piece at a time, and whether it is of standard error; with *follow* until the run is over.

    Where the runner brought nothing to the storage it is what the engine has. Raises UsageError, StorageError.
    """
    intent = CloudRecords(root).known(run_id)
    storage = storage_of(intent.storage)
    last, attempt, any_piece = "", 1, False
    while True:
        # Asked first: what was written before the run was over is then read once more.
        over = not follow or look(root, intent.run_id, engine_of, storage_of).standing.over
        attempt_now = _attempt(storage, intent.run_id)
        if attempt_now != attempt:
            last, attempt = "", attempt_now
        for key, data in log_pieces(storage, intent.run_id, attempt, last):
            any_piece, last = True, key
            yield data, key.endswith(".err")
        if over:
            break
        time.sleep(_FOLLOW_SECONDS)
    if not any_piece and intent.handle is not None:
        page = engine_of(intent.engine).logs(handle_of(intent))
        if page.lines:
            yield "".join(f"{line}\n" for line in page.lines).encode("utf-8", "backslashreplace"), False


def last_words(intent: KnownRun, engine_of: Callable[[str], Engine], lines: int = 10) -> tuple[str, ...]:
    """The last *lines* that the engine has of the run's job; none where there is no job or the engine is away."""
    if intent.handle is None:
        return ()
    try:
        return engine_of(intent.engine).logs(handle_of(intent)).lines[-lines:]
    except (EngineError, UsageError):
        return ()


def handle_of(intent: KnownRun) -> EngineHandle:
    """How the engine finds the run's job. Raises UsageError where there is none."""
    if intent.handle is None:
        raise UsageError(f"the run {intent.run_id} has no job")
    return EngineHandle(intent.run_id, intent.engine, intent.handle, intent.place)


def _attempt(storage: Storage, run_id: str) -> int:
    found = stored_of(storage, run_id)
    if found.unreachable is not None:
        raise StorageError(found.unreachable)
    known = found.result or found.heartbeat
    return 1 if known is None else known.attempt


def _standing(
    intent: KnownRun, engine_of: Callable[[str], Observer], storage_of: Callable[[str], Storage], now: datetime
) -> Standing:
    observed: EngineObservation | None = None
    fault: str | None = None
    stored = _stored(intent, storage_of)
    if stored.result is None and intent.gave_up is None:
        try:
            engine = engine_of(intent.engine)
            handle = engine.find(intent.run_id) if intent.handle is None else handle_of(intent)
            if handle is not None:
                observed = engine.describe([handle]).get(handle)
        except (EngineError, UsageError) as error:
            fault = str(error)
    if observed is not None and observed.state not in OPEN_ENGINE_STATES:
        stored = _stored(intent, storage_of)  # the result may have come between the two questions
    return standing(intent, stored, observed, fault, now)


def _stored(intent: KnownRun, storage_of: Callable[[str], Storage]) -> Stored:
    try:
        return stored_of(storage_of(intent.storage), intent.run_id)
    except StorageError as error:
        return Stored(unreachable=str(error))
