"""What goes to the storage while the run goes on: signs of life, the log, and the outputs so far. A thread of its own.

Nothing that fails here ends the run: it is tried again, for as long as there is time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from autolab_core.cloud import keys
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.runner.stores import Store, StoreFault
from autolab_core.cloud.runner.writing import as_bytes, digest, now
from autolab_core.vocab.cloud import CloudPhase

__all__ = ["BEAT_SECONDS", "Courier"]

BEAT_SECONDS: Final = 10.0
_TICK: Final = 0.25
_LOG_SECONDS: Final = 2.0
# After that long the log is sent less often: nobody looks each second, and every piece is a request.
_OFTEN_SECONDS: Final = 300.0
_LOG_SECONDS_LATER: Final = 10.0
_PIECE: Final = 4 << 20
STREAMS: Final = ("out", "err")


class Courier:
    """``phase`` is what the signs of life say. ``faults`` has what the storage last refused, "" when it is well."""

    def __init__(
        self, store: Store, run_id: str, attempt: int, folder: str, outputs: Outputs, sync_seconds: float
    ) -> None:
        """*folder* is where ``out.log`` and ``err.log`` grow."""
        self.phase = CloudPhase.STARTING
        self.fault = ""
        self.synced_at: str | None = None
        self._store, self._run_id, self._attempt, self._folder = store, run_id, attempt, folder
        self._outputs, self._sync_seconds = outputs, sync_seconds
        self._offsets = dict.fromkeys(STREAMS, 0)
        self._pieces = 0
        self._since = time.monotonic()
        self._over = threading.Event()
        self._turn, self._beating = threading.Lock(), threading.Lock()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more by itself but signs of life; returns when nothing is on its way."""
        self._over.set()
        with self._turn:
            pass

    def enter(self, phase: CloudPhase) -> None:
        """Say that the run is in *phase* now."""
        self.phase = phase
        self._quietly(self.beat)

    def beat(self) -> None:
        """Send a sign of life. Raises StoreFault."""
        # Two at a time could leave the older of two phases as the last word.
        with self._beating:
            said = {
                "schema_version": "1.0",
                "run_id": self._run_id,
                "attempt": self._attempt,
                "at": now(),
                "phase": self.phase.value,
                "synced_at": self.synced_at,
            }
            data = as_bytes(said)
            self._store.put(keys.heartbeat(self._run_id), data, digest(data))

    def send_log(self) -> None:
        """Send what the log has new. Raises StoreFault."""
        for stream in STREAMS:
            path = os.path.join(self._folder, f"{stream}.log")
            while True:
                with open(path, "rb") as file:
                    file.seek(self._offsets[stream])
                    piece = file.read(_PIECE)
                if not piece:
                    break
                key = keys.log(self._run_id, self._attempt, self._pieces + 1, stream)
                self._store.put_if_absent(key, piece, digest(piece))
                self._pieces += 1
                self._offsets[stream] += len(piece)

    def sync(self, go_on: Callable[[], None]) -> None:
        """Send the outputs so far, and say which these are. Raises StoreFault."""
        changed = self._outputs.sync(go_on=go_on)
        if changed or self.synced_at is None:
            data = as_bytes(self._outputs.manifest(self._run_id, self._attempt, so_far=True))
            self._store.put(keys.partial_manifest(self._run_id, self._attempt), data, digest(data))
        self.synced_at = now()

    def _work(self) -> None:
        beat = log = time.monotonic()
        sync = beat + min(5.0, self._sync_seconds)
        while True:
            time.sleep(_TICK)
            here = time.monotonic()
            if here >= beat:
                self._quietly(self.beat)
                beat = here + BEAT_SECONDS
            if self._over.is_set():
                continue
            with self._turn:
                if not self._over.is_set() and here >= log:
                    self._quietly(self.send_log)
                    early = here - self._since < _OFTEN_SECONDS
                    log = here + (_LOG_SECONDS if early else _LOG_SECONDS_LATER)
                if not self._over.is_set() and here >= sync and self.phase is CloudPhase.RUNNING:
                    self._quietly(lambda: self.sync(self._unless_over))
                    sync = time.monotonic() + self._sync_seconds

    def _unless_over(self) -> None:
        if self._over.is_set():
            raise StoreFault("the run has come to its end")

    def _quietly(self, act: Callable[[], Any]) -> None:
        try:
            act()
            self.fault = ""
        except StoreFault as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = str(error)
