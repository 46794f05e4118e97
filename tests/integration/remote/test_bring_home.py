"""Bringing a run's files home over a real ssh, by a real rsync and a real sftp: whole and proven, or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from pathlib import Path

import attrs
import pytest

from autolab_core.models.remote import SyncRules
from autolab_core.models.resources import Memory
from autolab_core.transfer import home as home_module
from autolab_core.transfer.base import FarFolder, TransferReport, Wanted
from autolab_core.transfer.home import would_bring
from autolab_core.transfer.rsync import RsyncTransfer
from autolab_core.transfer.sftp import SftpTransfer
from autolab_core.vocab.states import SyncStatus
from autolab_core.vocab.transfers import TransferFault
from tests.integration.remote.homes import ODD, Place
from tests.integration.remote.test_ssh_runner import NOISY

BOTH = pytest.mark.parametrize("transfer", [RsyncTransfer(), SftpTransfer()], ids=["rsync", "sftp"])

# A host with few programs, and sftp's own server.
BARE = """#!/bin/sh
export PATH={path}
case $SSH_ORIGINAL_COMMAND in internal-sftp) exec /usr/lib/openssh/sftp-server;; esac
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""


@attrs.frozen
class Meddling:
    """A transfer during which something happens, the first *times* that it is asked."""

    inner: RsyncTransfer | SftpTransfer
    meddle: object
    after: bool = True
    calls: list[int] = attrs.field(factory=list)
    times: int = 1

    @property
    def name(self) -> str:
        return self.inner.name

    def fetch(self, far, listing, staging, progress) -> TransferReport:
        self.calls.append(1)
        due = len(self.calls) <= self.times
        if due and not self.after:
            self.meddle(staging)
        report = self.inner.fetch(far, listing, staging, progress)
        if due and self.after:
            self.meddle(staging)
        return report


@pytest.fixture
def place(tmp_path, ssh_runner) -> Place:
    return Place(tmp_path, ssh_runner)


@BOTH
def test_everything_comes_home_with_its_proof(place, transfer):
    os.symlink("w.bin", place.far / "outputs/latest")
    place.put("outputs/deep/er/x", b"x")
    told = []
    sync = home_module.bring_home(place.home(transfer=transfer), lambda *counts: told.append(counts))
    assert (sync.status, sync.method, sync.diagnosis, sync.fault) == (SyncStatus.OK, transfer.name, None, None)
    place.check_home()
    own = (place.run / "artifacts.sha256").read_bytes()
    assert sync.checksums_sha256 == hashlib.sha256(own).hexdigest()
    assert sync.files == 5 == own.count(b"\n")
    assert sync.bytes == 5003 + (place.run / "remote.sha256").stat().st_size
    assert sync.duration_seconds > 0
    assert told[-1] == (4, 5003, 4, 5003)
    assert (place.far.parent / "r1.sha256").read_bytes() == (place.run / "remote.sha256").read_bytes()


def test_rsync_is_chosen_where_it_is_and_sftp_where_it_is_not(place, tmp_path, make_ssh_host, runner_on):
    assert place.bring().method == "rsync"
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("sh", "find", "xargs", "sha256sum", "wc", "mv", "cat", "rm"):
        (bare / name).symlink_to(f"/usr/bin/{name}")
    other = Place(tmp_path / "other", runner_on(make_ssh_host(login=BARE.format(path=bare))))
    sync = other.bring()
    assert (sync.method, sync.status) == ("sftp", SyncStatus.OK), sync
    other.check_home()
    (bare / "sha256sum").unlink()
    other.put("more", b"1")
    failed = other.bring()
    assert failed.fault.kind == TransferFault.REMOTE_PATH
    assert "sha256sum is not there" in failed.diagnosis


@BOTH
def test_odd_names(place, transfer):
    for name in ODD:
        if transfer.name == "rsync" or "\n" not in name:
            place.put(f"outputs/{name}/{name}", os.fsencode(name))
    assert place.bring(transfer=transfer).diagnosis is None
    place.check_home()


def test_sftp_refuses_a_name_that_it_cannot_be_told(place):
    place.put("outputs/a\nb", b"")
    before = place.state()
    sync = place.bring(transfer=SftpTransfer())
    assert sync.fault.kind == TransferFault.NAMES
    assert not sync.fault.transient
    assert "'outputs/a\\nb'" in sync.diagnosis
    assert place.state() == before


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", "../.."])
def test_links_out_of_the_folder_are_refused_by_name(place, target):
    os.symlink(target, place.far / "outputs/evil")
    before = place.state()
    sync = place.bring()
    assert (sync.status, sync.fault.kind) == (SyncStatus.FAILED, TransferFault.NAMES)
    assert "outputs/evil" in sync.diagnosis
    assert place.state() == before
    assert place.bring(rules=SyncRules(exclude=("evil",))).status is SyncStatus.OK


def test_special_files_are_refused_by_name(place):
    os.mkfifo(place.far / "outputs/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place.far / "s"))
        assert "'outputs/pipe' is a pipe" in place.bring().diagnosis
        assert "'s' is a socket" in place.bring(rules=SyncRules(exclude=("pipe",))).diagnosis


def test_rules_say_what_comes_and_how_much(place):
    rules = SyncRules(exclude=("*.bin",), include=("keep.bin",))
    place.put("outputs/keep.bin", b"k")
    chosen = would_bring(place.home(rules=rules))
    assert set(chosen.files) == {"logs/exit.json", "outputs/empty", "outputs/keep.bin"}
    assert place.state().keys() == {"run_manifest.json", "logs/scheduler.jsonl"}  # nothing was copied
    sync = place.bring(rules=SyncRules(max_file=Memory(4096)))
    assert sync.fault.kind == TransferFault.LIMITS
    assert "outputs/w.bin" in sync.diagnosis
    assert place.bring(rules=rules).status is SyncStatus.OK
    assert not (place.run / "outputs/w.bin").exists()


@pytest.mark.parametrize("name", ["*", "[x]", "a\\b", "\udcff", "#", "- x", "! "])
def test_a_name_that_does_not_come_takes_no_other_with_it(place, name):
    """rsync reads what does not come as patterns, where it is given the folder."""
    for each in (name, "x", "ab", "deep/x", f"deep/{name}"):
        place.put(f"outputs/{each}", b"1")
    os.symlink("x", place.far / "outputs/link")
    taken = {f"outputs/{each}" for each in ("x", "ab", "deep/x", f"deep/{name}", "w.bin", "empty")}
    place.staging.joinpath("incoming/stray").mkdir(parents=True)
    home = place.home(rules=SyncRules(exclude=("/outputs/" + re.sub(r"([*\[\\])", r"\\\1", name).replace(" ", "\\ "),)))
    assert home_module.bring_home(home).diagnosis is None
    assert {each for each in place.state() if each.startswith("outputs/")} == taken | {"outputs/link"}
    assert not (place.run / "stray").exists()


@BOTH
def test_a_failed_run_sends_its_logs_alone(place, transfer):
    place.put("logs/job.out", b"it crashed")
    os.mkfifo(place.far / "logs/pipe")
    sync = place.bring(transfer=transfer, diagnostic=True)
    assert (sync.status, sync.files, sync.checksums_sha256) == (SyncStatus.OK, 2, None)
    assert sync.diagnosis.startswith("diagnostic: the logs of a run that failed; nothing of it is a result")
    assert "'logs/pipe' is a pipe" in sync.diagnosis
    assert set(place.state()) == {"run_manifest.json", "logs/scheduler.jsonl", "logs/exit.json", "logs/job.out"}


@BOTH
def test_a_file_that_changes_meanwhile_is_brought_anew(place, transfer):
    path = place.far / "outputs/w.bin"
    meddling = Meddling(transfer, lambda _: path.write_bytes(b"n" * 5000))
    sync = place.bring(transfer=meddling)
    assert sync.status is SyncStatus.OK, sync.diagnosis
    assert len(meddling.calls) == 2
    place.check_home()


def test_a_file_that_changes_again_and_again_is_given_up_and_nothing_is_touched(place):
    path = place.far / "outputs/w.bin"
    before = place.state()
    meddling = Meddling(RsyncTransfer(), lambda _: path.write_bytes(os.urandom(5000)), times=99)
    sync = place.bring(transfer=meddling)
    assert (sync.status, sync.fault.kind, sync.fault.transient) == (SyncStatus.FAILED, TransferFault.CHANGED, True)
    assert "outputs/w.bin" in sync.diagnosis
    assert len(meddling.calls) == 3
    assert place.state() == before
    assert place.bring().status is SyncStatus.OK
    place.check_home()


def test_a_change_that_leaves_length_and_time_as_they_were_is_seen(place):
    path = place.far / "outputs/w.bin"

    def meddle(_):
        about = path.stat()
        path.write_bytes(b"s" * about.st_size)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))

    assert place.bring(transfer=Meddling(RsyncTransfer(), meddle)).status is SyncStatus.OK
    place.check_home()


def test_a_new_file_meanwhile_is_brought_too(place):
    meddling = Meddling(RsyncTransfer(), lambda _: place.put("outputs/late", b"late"))
    assert place.bring(transfer=meddling).status is SyncStatus.OK
    place.check_home()


@BOTH
def test_a_file_that_vanishes_meanwhile(place, transfer):
    path = place.put("outputs/gone", b"1")
    meddling = Meddling(transfer, lambda _: path.unlink(), after=False)
    assert place.bring(transfer=meddling).status is SyncStatus.OK
    place.check_home()


@BOTH
def test_what_arrived_wrong_is_noticed_and_brought_anew(place, transfer):
    def spoil(staging: Path) -> None:
        path = staging / "outputs/w.bin"
        about = path.stat()
        path.write_bytes(b"x" * about.st_size)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))

    meddling = Meddling(transfer, spoil)
    assert place.bring(transfer=meddling).status is SyncStatus.OK
    assert len(meddling.calls) == 2
    place.check_home()


def test_a_link_planted_in_the_staging_folder_leads_nowhere(place, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")

    def plant(staging: Path) -> None:
        (staging / "outputs/empty").unlink()
        (staging / "outputs/empty").symlink_to(victim)

    assert place.bring(transfer=Meddling(RsyncTransfer(), plant)).status is SyncStatus.OK
    assert victim.read_text() == "precious"
    place.check_home()


def test_asked_again_nothing_is_copied_twice(place):
    first = place.bring()
    meddling = Meddling(RsyncTransfer(), lambda _: None)
    again = place.bring(transfer=meddling)
    assert meddling.calls == []
    assert attrs.evolve(again, duration_seconds=0) == attrs.evolve(first, duration_seconds=0)
    (place.run / "outputs/w.bin").write_bytes(b"spoilt")
    assert place.bring(transfer=meddling).status is SyncStatus.OK
    assert len(meddling.calls) == 1
    place.check_home()


def test_no_folder_there_and_nothing_in_it(place):
    gone = attrs.evolve(place.home(), far=FarFolder(place.runner, f"{place.far}/none"))
    sync = home_module.bring_home(gone)
    assert (sync.fault.kind, sync.fault.transient) == (TransferFault.REMOTE_PATH, False)
    assert "is no folder there" in sync.diagnosis
    empty = attrs.evolve(place.home(rules=SyncRules(exclude=("*",))))
    assert "has no files" in home_module.bring_home(empty).diagnosis


def test_a_greeting_where_programs_speak_is_said_plainly(make_ssh_host, runner_on, tmp_path):
    place = Place(tmp_path, runner_on(make_ssh_host(login=NOISY)))
    for transfer in (RsyncTransfer(), SftpTransfer()):
        before = place.state()
        sync = place.bring(transfer=transfer)
        assert sync.fault.kind == TransferFault.CONNECTIVITY, sync
        assert not sync.fault.transient
        assert "its login shell prints something" in sync.diagnosis
        assert place.state() == before


def test_times_of_the_far_side_do_not_matter(place):
    hour = 3600 * 10**9
    for name, shift in (("outputs/w.bin", hour), ("outputs/empty", -hour)):
        about = (place.far / name).stat()
        os.utime(place.far / name, ns=(about.st_atime_ns + shift, about.st_mtime_ns + shift))
    assert place.bring().status is SyncStatus.OK
    place.check_home()


def test_ten_thousand_small_files(place):
    for number in range(10_000):
        place.put(f"outputs/{number // 500}/{number}", b"%d" % number)
    sync = place.bring()
    assert (sync.status, sync.files) == (SyncStatus.OK, 10_004)
    place.check_home()


def test_sftp_takes_one_connection_for_many_files(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host()
    place = Place(tmp_path, runner_on(server))
    for number in range(300):
        place.put(f"outputs/{number}", b"%d" % number)
    assert place.bring(transfer=SftpTransfer()).status is SyncStatus.OK
    log = (server.folder / "sshd.log").read_text()
    assert log.count("Accepted publickey") == 1
    place.check_home()


def test_the_wanted_bytes_are_added_up():
    assert Wanted({"a": 1, "b": 2}).bytes == 3
