"""What the courier of a run brings to the storage, where the storage is slow."""

from __future__ import annotations

import threading
import time

from autolab_core.cloud import keys
from autolab_core.cloud.runner import courier as module
from autolab_core.cloud.runner.courier import Courier
from autolab_core.cloud.runner.masking import Mask
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.runner.stores import FolderStore
from autolab_core.vocab.cloud import CloudPhase


class Slow(FolderStore):
    """Takes no output before it is told to."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def put_if_absent(self, key, data, sha256):
        self.begun.set()
        assert self.go_on.wait(30)
        return super().put_if_absent(key, data, sha256)


def test_signs_of_life_go_on_while_large_outputs_are_on_their_way(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)
    results, logs, store = tmp_path / "results", tmp_path / "logs", Slow(str(tmp_path / "store"))
    results.mkdir()
    logs.mkdir()
    (results / "weights.bin").write_bytes(bytes(9 << 20))
    for stream in module.STREAMS:
        (logs / f"{stream}.log").touch()
    outputs = Outputs(store, str(results), lambda sha256: keys.out("r", 1, sha256))
    courier = Courier(store, "r", 1, str(logs), outputs, 0.05, Mask(()))
    courier.phase = CloudPhase.RUNNING

    courier.start()
    assert store.begun.wait(30)
    seen: set[float] = set()
    until = time.monotonic() + 30
    beat = tmp_path / "store" / keys.heartbeat("r")
    while len(seen) < 4 and time.monotonic() < until:
        seen.add(beat.stat().st_mtime_ns)
        time.sleep(0.01)
    store.go_on.set()
    courier.stop()

    assert len(seen) == 4
