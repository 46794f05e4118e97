"""``kill -9`` at every effect of bringing files home: the run's folder is the old one or the new one, never between.

The far side is this machine, and the copying a plain one: what is killed here is what is ours.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io import kernel
from autolab_core.transfer import swap as swap_module
from autolab_core.transfer.base import FarFolder, TransferReport, Wanted
from autolab_core.vocab.states import SyncStatus
from tests.integration.crash import effects
from tests.integration.remote.homes import Place


class _Name:
    name = "here"


class HereRunner(LocalRunner):
    """The far side is this machine."""

    host = _Name()
    ssh = ()


@attrs.frozen
class Copy:
    """A transfer as another distribution may bring one."""

    name: str = "copy"

    def fetch(self, far: FarFolder, listing: Wanted, staging: Path, progress: object) -> TransferReport:
        for name in listing.files:
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(f"{far.path}/{name}", staging / name)
        return TransferReport(self.name, len(listing.files), listing.bytes, 0.0)


def make(folder: Path) -> Place:
    place = Place(folder, HereRunner())
    (place.far / "outputs/link").symlink_to("w.bin")
    (place.run / "run_slurm.sbatch").write_text("the script")
    place.put("run_slurm.sbatch", b"the script")
    return place


def in_a_child(place: Place, labels: Path, kill_at: int | None, *, exchange: bool) -> int:
    """How a process ended that brought the files home and died at one of its effects; 0 when it lived."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if not exchange:
                swap_module.exchange = lambda *_: False
            effects.count(os.open(labels, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), kill_at)
            code = int(place.bring(transfer=Copy()).status is not SyncStatus.OK)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "file-by-file"])
def test_killed_at_every_effect(tmp_path, exchange):
    counted = make(tmp_path / "counted")
    old = counted.state()
    labels = tmp_path / "labels"
    assert in_a_child(counted, labels, None, exchange=exchange) == 0
    counted.check_home()
    new = counted.state().keys()
    points = len(labels.read_text().splitlines())
    assert points > 20
    seen = set()
    for point in range(1, points + 1):
        place = make(tmp_path / str(point))
        place.far.joinpath("outputs/w.bin").write_bytes((counted.far / "outputs/w.bin").read_bytes())
        code = in_a_child(place, labels, point, exchange=exchange)
        assert code in (0, -signal.SIGKILL)
        state = place.state()
        assert state["run_manifest.json"] == old["run_manifest.json"]
        assert state["logs/scheduler.jsonl"] == old["logs/scheduler.jsonl"]
        if exchange:
            assert state == old or state.keys() == new, labels.read_text()
        seen.add(len(state))
        assert place.bring(transfer=Copy()).status is SyncStatus.OK, labels.read_text()
        place.check_home()
        # The far side of the one that was killed may still be at its list.
        shutil.rmtree(place.far.parent.parent, ignore_errors=True)
    assert {len(old), len(new)} <= seen


def test_what_was_written_while_the_folders_were_exchanged_is_kept(tmp_path, monkeypatch):
    place = make(tmp_path)

    def late(one: str, other: str) -> bool:
        (place.run / "logs/cancel.json").write_text("stop")
        return kernel.exchange(one, other)

    monkeypatch.setattr(swap_module, "exchange", late)
    assert place.bring(transfer=Copy()).status is SyncStatus.OK
    assert (place.run / "logs/cancel.json").read_text() == "stop"


def test_the_time_it_took_is_told(tmp_path):
    began = time.monotonic()
    sync = make(tmp_path).bring(transfer=Copy())
    assert 0 < sync.duration_seconds <= time.monotonic() - began
    assert sync.method == "copy"
