"""What goes wrong while files are brought home: the run's folder is as it was, the words say why, and it goes on."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.transfer.base import Transfer
from autolab_core.transfer.rsync import RsyncTransfer
from autolab_core.transfer.sftp import SftpTransfer
from autolab_core.vocab.states import SyncStatus
from autolab_core.vocab.transfers import TransferFault
from tests.integration.remote.homes import Place
from tests.remote.server import SshServer

NOBODY = """#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""
MEGABYTE = 1 << 20


@attrs.frozen
class Slow(LocalRunner):
    """Starts rsync and sftp with a limit on their speed (kilobytes a second).

    Keeps what rsync said, and what sftp was told.
    """

    rate: int = 30_000
    said: list[str] = attrs.field(factory=list)

    def run(self, command: Command) -> CommandResult:
        limit = {"rsync": (f"--bwlimit={self.rate}", "--stats"), "sftp": ("-l", str(8 * self.rate))}[command.argv[0]]
        done = LocalRunner().run(command._replace(argv=(command.argv[0], *limit, *command.argv[1:])))
        self.said.append(done.text if command.argv[0] == "rsync" else command.stdin.decode())
        return done


def slow(name: str, rate: int = 30_000) -> tuple[Transfer, Slow]:
    here = Slow(rate)
    return (RsyncTransfer(here=here) if name == "rsync" else SftpTransfer(here=here)), here


def staged(place: Place) -> int:
    """The bytes of the largest file that is under way."""
    sizes = [0]
    for above, _, names in os.walk(place.staging):
        for name in names:
            try:
                sizes.append(os.lstat(os.path.join(above, name)).st_size)
            except FileNotFoundError:
                continue
    return max(sizes)


def cut_at(server: SshServer, place: Place, size: int) -> threading.Thread:
    """Kills every session of *server* once so much of a file is here."""

    def wait() -> None:
        until = time.monotonic() + 60
        while staged(place) < size and time.monotonic() < until:
            time.sleep(0.01)
        server.cut()

    cutting = threading.Thread(target=wait)
    cutting.start()
    return cutting


def resumed(make_ssh_host, runner_on, tmp_path: Path, name: str, size: int) -> None:
    server = make_ssh_host()
    place = Place(tmp_path, runner_on(server))
    with open(place.put("outputs/large", b""), "wb") as large:
        for _ in range(size // MEGABYTE):
            large.write(os.urandom(MEGABYTE))
    before = place.state()
    transfer, here = slow(name)
    cutting = cut_at(server, place, size // 2)
    sync = place.bring(transfer=transfer, attempts=1)
    cutting.join()
    assert (sync.status, sync.fault.kind) == (SyncStatus.FAILED, TransferFault.CONNECTIVITY), sync
    assert sync.fault.transient
    assert sync.fault.exit_code != 0
    assert place.state() == before
    kept = staged(place)
    assert size // 2 - MEGABYTE <= kept < size
    assert place.bring(transfer=transfer).status is SyncStatus.OK
    place.check_home()
    if name == "rsync":
        literal = next(line for line in here.said[-1].splitlines() if line.startswith("Literal data"))
        assert int(literal.split()[2].replace(",", "")) < size - kept + 2 * MEGABYTE
    else:
        assert "large" in here.said[-1].partition("reget ")[2].partition("\n")[0]


@pytest.mark.parametrize("name", ["rsync", "sftp"])
def test_a_large_file_is_gone_on_with_after_the_link_was_cut(make_ssh_host, runner_on, tmp_path, name):
    resumed(make_ssh_host, runner_on, tmp_path, name, 64 * MEGABYTE)


@pytest.mark.long
@pytest.mark.parametrize("name", ["rsync", "sftp"])
def test_two_gigabytes_are_gone_on_with(make_ssh_host, runner_on, tmp_path, name):
    resumed(make_ssh_host, runner_on, tmp_path, name, 2048 * MEGABYTE)


def test_a_cut_link_that_is_restored_at_once_is_not_noticed(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host()
    place = Place(tmp_path, runner_on(server))
    place.put("outputs/large", os.urandom(16 * MEGABYTE))
    transfer, here = slow("rsync", 8000)
    cutting = cut_at(server, place, 4 * MEGABYTE)
    assert place.bring(transfer=transfer).status is SyncStatus.OK
    cutting.join()
    assert len(here.said) == 2
    place.check_home()


def test_a_host_that_is_gone_and_comes_back(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host()
    place = Place(tmp_path, runner_on(server, tries=1))
    server.kill()
    before = place.state()
    sync = place.bring()
    assert (sync.fault.kind, sync.fault.transient) == (TransferFault.CONNECTIVITY, True)
    assert "Connection refused" in sync.diagnosis
    assert place.state() == before
    server.start()
    assert place.bring().status is SyncStatus.OK
    place.check_home()


def test_what_a_killed_rsync_was_writing_is_gone_on_with(ssh_runner, tmp_path):
    place = Place(tmp_path, ssh_runner)
    content = place.put("outputs/large", os.urandom(8 * MEGABYTE)).read_bytes()
    (place.staging / "incoming/outputs").mkdir(parents=True)
    (place.staging / "incoming/outputs/.large.aB3xYz").write_bytes(content[: 6 * MEGABYTE])
    transfer, here = slow("rsync")
    assert place.bring(transfer=transfer).status is SyncStatus.OK
    literal = next(line for line in here.said[-1].splitlines() if line.startswith("Literal data"))
    assert int(literal.split()[2].replace(",", "")) < 3 * MEGABYTE
    place.check_home()


def test_a_file_there_that_may_not_be_read(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host(login=NOBODY)
    place = Place(server.folder, runner_on(server), tmp_path)
    place.far.parent.chmod(0o777)
    place.put("outputs/mine", b"secret").chmod(0o600)
    before = place.state()
    sync = place.bring(transfer=RsyncTransfer())
    assert sync.fault.kind == TransferFault.PERMISSION, sync
    assert not sync.fault.transient
    assert "outputs/mine" in sync.diagnosis
    place.far.chmod(0o700)
    assert place.bring().fault.kind == TransferFault.PERMISSION
    assert place.state() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with 4 MiB; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False).returncode:
        pytest.skip("only root may mount a file system")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(folder: Path) -> None:
    with open(folder / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(b"0" * 4096):
                pass
        except OSError:
            return


def test_the_disk_there_is_full(ssh_runner, small_disk):
    place = Place(small_disk, ssh_runner, small_disk.parent / "here")
    fill(small_disk / "far")
    before = place.state()
    sync = place.bring()
    assert sync.fault.kind == TransferFault.DISK_SPACE, sync
    assert sync.diagnosis.endswith("on the far side")
    assert place.state() == before
    (small_disk / "far/filler").unlink()
    assert place.bring().status is SyncStatus.OK
    place.check_home()


@pytest.fixture
def on_small_disk(small_disk, tmp_path, ssh_runner) -> Place:
    return Place(tmp_path / "big", ssh_runner, small_disk / "here")


@pytest.mark.parametrize("name", ["rsync", "sftp"])
def test_the_disk_here_gets_full(on_small_disk, small_disk, name):
    place = on_small_disk
    place.put("outputs/large", os.urandom(2 * MEGABYTE))
    before = place.state()

    @attrs.frozen
    class Full:
        inner: Transfer

        @property
        def name(self) -> str:
            return self.inner.name

        def fetch(self, *arguments: object) -> object:
            fill(small_disk)  # somebody else, since the space was counted
            return self.inner.fetch(*arguments)

    sync = place.bring(transfer=Full(slow(name)[0]))
    assert sync.fault.kind == TransferFault.DISK_SPACE, sync
    assert place.state() == before
    (small_disk / "filler").unlink()
    assert place.bring().status is SyncStatus.OK
    place.check_home()


def test_too_little_space_here_is_said_before_anything_is_copied(on_small_disk):
    on_small_disk.put("outputs/large", os.urandom(5 * MEGABYTE))
    sync = on_small_disk.bring()
    assert sync.fault.kind == TransferFault.DISK_SPACE
    assert "5.2 MB are to come" in sync.diagnosis


def test_a_folder_here_that_may_not_be_written(on_small_disk, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    sync = on_small_disk.bring()
    assert (sync.fault.kind, sync.fault.transient) == (TransferFault.PERMISSION, False)
    assert "read-only" in sync.diagnosis


def test_staging_on_another_file_system_is_refused(on_small_disk, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    before = on_small_disk.state()
    sync = on_small_disk.bring()
    assert sync.status is SyncStatus.OK
    on_small_disk.put("new", b"1")
    on_small_disk.staging = elsewhere
    after = on_small_disk.state()
    assert after != before
    assert "have to lie on one file system" in on_small_disk.bring().diagnosis
    assert on_small_disk.state() == after
