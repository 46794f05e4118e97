"""Who carries a run out: of all runners that were ever started for it, one at a time.

A job that an engine started twice ends here. One that an engine started again, because it lost the machine, goes on in
the place of the runner that gives no sign of life any more. Clocks of different machines are not compared: a sign of
life is one that changes while we look.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from typing import Any, Final

from autolab_core.cloud import keys
from autolab_core.cloud.runner.stores import Missing, Store
from autolab_core.cloud.runner.writing import as_bytes, digest, now

__all__ = ["STALE_SECONDS", "Held", "Taken", "take"]

STALE_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 2.0
_ATTEMPTS_AT_MOST: Final = 20


class Taken(Exception):
    """Another runner carries the run out, or has done so."""


class Held:
    """The lease that is ours."""

    def __init__(self, store: Store, run_id: str, attempt: int) -> None:
        self.attempt: Final = attempt
        self._store, self._run_id = store, run_id

    def require(self) -> None:
        """Raise Taken when a later runner has taken our place. Raises StoreFault."""
        if self._store.head(keys.lease(self._run_id, self.attempt + 1)) is not None:
            raise Taken(f"the runner of attempt {self.attempt + 1} has taken this one's place")


def take(store: Store, run_id: str, deadline: str, stale_seconds: float = STALE_SECONDS) -> Held:
    """Make the run ours. Raises Taken; raises StoreFault when the storage does not say."""
    holder = secrets.token_hex(8)
    for attempt in range(1, _ATTEMPTS_AT_MOST + 1):
        if store.head(keys.result(run_id)) is not None:
            raise Taken("the run has ended already")
        data = as_bytes(_lease(run_id, attempt, holder, deadline))
        key = keys.lease(run_id, attempt)
        # A put whose answer was lost is tried again, and finds its own work.
        if store.put_if_absent(key, data, digest(data)) or _holder(store, key) == holder:
            return Held(store, run_id, attempt)
        if store.head(keys.lease(run_id, attempt + 1)) is None:
            _outlive(store, run_id, attempt, stale_seconds)
    raise Taken(f"the run was begun {_ATTEMPTS_AT_MOST} times")


def _lease(run_id: str, attempt: int, holder: str, deadline: str) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "run_id": run_id,
        "attempt": attempt,
        "holder": holder,
        "host": os.uname().nodename,
        "started_at": now(),
        "deadline": deadline,
    }


def _holder(store: Store, key: str) -> str | None:
    try:
        found = json.loads(store.get(key))
    except (Missing, ValueError):
        return None
    return found.get("holder") if isinstance(found, dict) else None


def _outlive(store: Store, run_id: str, attempt: int, stale_seconds: float) -> None:
    """Return when the runner of *attempt* has given no sign of life for *stale_seconds*. Raises Taken when it does."""
    first = _sign(store, run_id)
    until = time.monotonic() + stale_seconds
    while time.monotonic() < until:
        time.sleep(min(_LOOK_SECONDS, stale_seconds))
        if _sign(store, run_id) != first:
            raise Taken(f"the runner of attempt {attempt} is at work")
        if store.head(keys.result(run_id)) is not None:
            raise Taken("the run has ended meanwhile")
        if store.head(keys.lease(run_id, attempt + 1)) is not None:
            raise Taken("another runner has gone on with it")


def _sign(store: Store, run_id: str) -> bytes | None:
    try:
        return store.get(keys.heartbeat(run_id))
    except Missing:
        return None
