"""What goes to the storage while the run goes on: signs of life, the log, and the outputs so far.

Two threads of its own: large outputs are long on their way, and a runner without a sign of life loses its place.

Nothing that fails here ends the run: it is tried again, for as long as there is time.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from autolab_core.cloud import keys
from autolab_core.cloud.runner.masking import Mask
from autolab_core.cloud.runner.notices import Notice
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
# The machine may go before it was said to, and without another word.
_SYNC_SECONDS_WARNED: Final = 10.0
STREAMS: Final = ("out", "err")


class Courier:
    """``phase`` and ``notice`` are what the signs of life say. ``fault`` has what the storage last refused, "" when it
    is well."""

    def __init__(
        self,
        store: Store,
        run_id: str,
        attempt: int,
        folder: str,
        outputs: Outputs,
        sync_seconds: float,
        mask: Mask,
    ) -> None:
        """*folder* is where ``out.log`` and ``err.log`` grow; *mask* covers up what they must not show."""
        self.phase = CloudPhase.STARTING
        self.notice: Notice | None = None
        self.fault = ""
        self.synced_at: str | None = None
        self._store, self._run_id, self._attempt, self._folder = store, run_id, attempt, folder
        self._outputs, self._sync_seconds, self._mask = outputs, sync_seconds, mask
        self._offsets = dict.fromkeys(STREAMS, 0)
        self._pieces = 0
        self._unclear: tuple[str, int] | None = None
        self._since = time.monotonic()
        self._hurry = threading.Event()
        self._over = threading.Event()
        self._turn, self._beating = threading.Lock(), threading.Lock()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._give_signs, self._carry)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more by itself but signs of life; returns when nothing is on its way."""
        self._over.set()
        with self._turn:
            pass

    def enter(self, phase: CloudPhase) -> None:
        """Say that the run is in *phase* now."""
        self.phase = phase
        self._quietly(self.beat)

    def warn(self, notice: Notice) -> None:
        """The machine will be taken away: say so, and send what there is at once, and more often from now on. From any
        thread."""
        self.notice = notice
        line = f"autolab: {notice}; what there is is being saved\n"
        sys.stderr.write(line)
        self._quietly(lambda: self._append(line))
        self._sync_seconds = min(self._sync_seconds, _SYNC_SECONDS_WARNED)
        self._hurry.set()
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
                "notice": None if self.notice is None else self.notice._asdict(),
            }
            data = as_bytes(said)
            self._store.put(keys.heartbeat(self._run_id), data, digest(data))

    def send_log(self) -> None:
        """Send what the log has new. Raises StoreFault."""
        if self._unclear is not None:
            # It may be there although nobody said so: under its key goes what was sent then, and nothing else.
            stream, length = self._unclear
            self._send_piece(stream, self._read(stream, length))
        for stream in STREAMS:
            while piece := self._read(stream, _PIECE):
                more = len(piece) == _PIECE or not self._over.is_set()
                piece = piece[: len(piece) - self._mask.begun(piece)] if more else piece
                if not piece:
                    break
                self._send_piece(stream, piece)

    def _read(self, stream: str, length: int) -> bytes:
        with open(os.path.join(self._folder, f"{stream}.log"), "rb") as file:
            file.seek(self._offsets[stream])
            return file.read(length)

    def _send_piece(self, stream: str, piece: bytes) -> None:
        self._unclear = stream, len(piece)
        key, data = keys.log(self._run_id, self._attempt, self._pieces + 1, stream), self._mask.covered(piece)
        self._store.put_if_absent(key, data, digest(data))
        self._unclear = None
        self._pieces += 1
        self._offsets[stream] += len(piece)

    def sync(self, go_on: Callable[[], None]) -> None:
        """Send the outputs so far, and say which these are. Raises StoreFault."""
        changed = self._outputs.sync(go_on=go_on)
        if changed or self.synced_at is None:
            data = as_bytes(self._outputs.manifest(self._run_id, self._attempt, so_far=True))
            self._store.put(keys.partial_manifest(self._run_id, self._attempt), data, digest(data))
        self.synced_at = now()

    def _give_signs(self) -> None:
        while True:
            self._quietly(self.beat)
            time.sleep(BEAT_SECONDS)

    def _carry(self) -> None:
        log = time.monotonic()
        sync = log + min(5.0, self._sync_seconds)
        while not self._over.is_set():
            time.sleep(_TICK)
            here = time.monotonic()
            if self._hurry.is_set():
                self._hurry.clear()
                log = sync = here
            with self._turn:
                if not self._over.is_set() and here >= log:
                    self._quietly(self.send_log)
                    early = here - self._since < _OFTEN_SECONDS
                    log = here + (_LOG_SECONDS if early else _LOG_SECONDS_LATER)
                if not self._over.is_set() and here >= sync and self.phase is CloudPhase.RUNNING:
                    self._quietly(lambda: self.sync(self._unless_over))
                    sync = time.monotonic() + self._sync_seconds

    def _append(self, line: str) -> None:
        """Put *line* into the log, among what the command says."""
        with open(os.path.join(self._folder, "err.log"), "a+b") as file:
            end = file.tell()
            file.seek(max(0, end - 1))
            whole = file.read(1) in (b"", b"\n")  # else the command is amid a line
            file.write((b"" if whole else b"\n") + line.encode())

    def _unless_over(self) -> None:
        if self._over.is_set():
            raise StoreFault("the run has come to its end")

    def _quietly(self, act: Callable[[], Any]) -> None:
        try:
            act()
            self.fault = ""
        except (StoreFault, OSError) as error:
            self.fault = str(error)
