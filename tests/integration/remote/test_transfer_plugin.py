"""A transfer of a third party, installed as an entry point: the copying is its own, the proof is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autolab_core.transfer.choosing import choose
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import SyncStatus
from autolab_core.vocab.transfers import TransferFault
from tests.integration.remote.homes import Place

# Copies by `cat`, a file at a time, over the connection that is there.
SOURCE = """\
from autolab_core.exec.command import Command
from autolab_core.transfer.base import TransferError, TransferReport
from autolab_core.vocab.transfers import TransferFault


class ByCat:
    name = "by-cat"
    cut = 0

    def fetch(self, far, listing, staging, progress):
        for name, length in listing.files.items():
            done = far.runner.run(Command(("cat", "--", f"{far.path}/{name}")))
            if done.exit_code:
                raise TransferError(TransferFault.VANISHED, f"{far.shown}: {name}: {done.complaint}", transient=True)
            target = staging / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(done.stdout[: length - self.cut])
        return TransferReport(self.name, len(listing.files), listing.bytes, 0.0)


class Short(ByCat):
    cut = 1


class Broken:
    def __init__(self):
        raise SystemExit("no licence")
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    info = site / "lab_transfers-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-transfers\nVersion: 1.0\n")
    lines = (f"{name} = lab_transfers_of_a_test:{kind}" for name, kind in KINDS.items())
    (info / "entry_points.txt").write_text("[autolab_transfers]\n" + "\n".join(lines) + "\n")
    (site / "lab_transfers_of_a_test.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "lab_transfers_of_a_test", raising=False)


KINDS = {"cat": "ByCat", "short": "Short", "broken": "Broken"}


@pytest.fixture
def place(tmp_path: Path, ssh_runner) -> Place:
    return Place(tmp_path, ssh_runner)


def test_its_files_come_home_proven(installed, place):
    sync = place.bring(transfer=choose("cat"))
    assert (sync.status, sync.method, sync.fault) == (SyncStatus.OK, "by-cat", None)
    place.check_home()


def test_it_cannot_claim_more_than_the_hashes_say(installed, place):
    before = place.state()
    sync = place.bring(transfer=choose("short"))
    assert (sync.status, sync.fault.kind) == (SyncStatus.FAILED, TransferFault.CHANGED)
    assert place.state() == before


def test_one_that_cannot_be_made_is_one_line(installed):
    with pytest.raises(UsageError, match=r"'broken' .*lab[-_]transfers.* cannot be made: SystemExit: no licence"):
        choose("broken")
    with pytest.raises(UsageError, match=r"no transfer 'globus' is installed.*installed: broken, cat, short"):
        choose("globus")
