"""Sending where something breaks: nothing is half there, nothing is taken for sent, and the message says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.ssh import SshHost, SshRunner
from autolab_core.transfer.base import TransferError
from autolab_core.vocab.transfers import TransferFault
from tests.remote.repositories import Sender, files_of
from tests.remote.server import ALIAS

METHODS = ["git", "rsync"]
NOISY = """#!/bin/sh
echo 'Welcome to the cluster!'; echo 'maintenance on Monday' >&2
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""
# Whatever is in the middle of the copy: half of it has gone, then the link is cut.
SLOW = """#!/bin/sh
case $SSH_ORIGINAL_COMMAND in
*receive-pack*|*rsync*--server*)
    [ -e {flag} ] || {{ touch {flag}; head -c {bytes} | sh -c "$SSH_ORIGINAL_COMMAND"; sleep 30; }} ;;
esac
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""
# The first copy comes as far as its middle, and stays there for so many seconds.
STALLED = """#!/bin/sh
case $SSH_ORIGINAL_COMMAND in
*receive-pack*|*rsync*--server*)
    if mkdir {flag}.once; then
        mkfifo {flag}.pipe
        exec 3<&0
        {{ stdbuf -o0 head -c {bytes}; touch {flag}; sleep {seconds}; exec cat; }} <&3 >{flag}.pipe &
        sh -c "$SSH_ORIGINAL_COMMAND" <{flag}.pipe
        code=$?
        kill $!
        exit $code
    fi ;;
esac
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""


class CuttingRunner:
    """Runs git's push and rsync here, and cuts the link while they are at it."""

    def __init__(self, sign: Path, cut: Callable[[], None]) -> None:
        self.sign, self.cut, self.cuts = sign, cut, 0

    def run(self, command: Command) -> CommandResult:
        copies = command.argv[0] == "rsync" or "push" in command.argv
        if not copies or self.cuts:
            return LocalRunner().run(command)
        self.cuts += 1
        cutter = threading.Thread(target=self._cut)
        cutter.start()
        try:
            return LocalRunner().run(command)
        finally:
            cutter.join()

    def _cut(self) -> None:
        deadline = time.monotonic() + 30
        while not self.sign.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.cut()


@pytest.mark.parametrize("method", METHODS)
def test_a_link_that_is_cut_in_the_middle_of_a_push(make_ssh_host, runner_on, tmp_path, method):
    flag = tmp_path / "begun"
    server = make_ssh_host(login=SLOW.format(flag=flag, bytes=60_000))
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(server))
    (sender.root / "large.bin").write_bytes(os.urandom(400_000))
    sender.commit()
    here = CuttingRunner(flag, server.cut)

    with pytest.raises(TransferError) as caught:
        sender.send(method=method, here=here)

    assert caught.value.kind is TransferFault.CONNECTIVITY
    assert caught.value.transient
    assert here.cuts == 1
    assert list(sender.far.glob("*/runs/*/tree")) == []
    for _ in range(2):  # the first one may find the shared connection dead
        with suppress(TransferError):
            record = sender.send(method=method)
            break
    assert Path(record.work_tree, "large.bin").read_bytes() == (sender.root / "large.bin").read_bytes()


def test_a_host_that_hangs_in_the_middle_of_a_push(make_ssh_host, runner_on, tmp_path):
    flag = tmp_path / "begun"
    server = make_ssh_host(login=STALLED.format(flag=flag, bytes=60_000, seconds=10))
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(server))
    (sender.root / "large.bin").write_bytes(os.urandom(400_000))
    sender.commit()
    here = CuttingRunner(flag, server.hang)

    began = time.monotonic()
    with pytest.raises(TransferError, match=r"the commit could not be pushed: git: no answer within 5 s;") as caught:
        sender.send(here=here, push_seconds=5.0)
    seconds = time.monotonic() - began

    assert "\n" not in str(caught.value)
    assert (caught.value.kind, caught.value.transient) == (TransferFault.CONNECTIVITY, True)
    assert here.cuts == 1
    assert 5 <= seconds < 25
    server.resume()
    record = sender.send()
    assert Path(record.work_tree, "large.bin").read_bytes() == (sender.root / "large.bin").read_bytes()


def test_what_rsync_has_sent_is_told_while_it_sends(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host(login=STALLED.format(flag=tmp_path / "begun", bytes=3_000_000, seconds=2.5))
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(server))
    for number in range(30):
        (sender.root / f"{number}.bin").write_bytes(os.urandom(400_000))
    sender.commit()
    told: list[tuple[int, ...]] = []

    record = sender.send(method="rsync", progress=lambda *numbers: told.append(numbers))

    assert told == sorted(told)
    assert (told[0], told[-1]) == ((0, 0, 33, record.bytes), (33, record.bytes, 33, record.bytes))
    assert any(0 < files < 33 and 0 < length < record.bytes for files, length, *_ in told), told


@pytest.mark.parametrize("method", METHODS)
def test_several_pushes_at_once_to_a_host_that_takes_one_at_a_time(make_ssh_host, runner_on, tmp_path, method):
    server = make_ssh_host("MaxStartups 1:100:1")
    senders = []
    for number in range(3):  # each with a connection of its own, as several users have
        runner = runner_on(server, tries=12)
        runner.host = attrs.evolve(runner.host, control=f"{runner.host.control}{number}")
        senders.append(Sender(tmp_path / f"here{number}", tmp_path / "far", runner))

    with ThreadPoolExecutor(len(senders)) as pool:
        records = list(pool.map(lambda sender: sender.send(method=method), senders))

    assert [record.files for record in records] == [3] * len(senders)
    assert len({record.work_tree for record in records}) == len(senders)


@pytest.mark.parametrize("method", METHODS)
def test_a_host_that_refuses_the_connection_of_the_push_itself(make_ssh_host, runner_on, tmp_path, method):
    class Refused:
        def run(self, command: Command) -> CommandResult:
            if command.argv[0] != "rsync" and "push" not in command.argv:
                return LocalRunner().run(command)
            runner.close()  # the shared one is lost, and another one takes the only place
            with socket.create_connection((server.address, server.port)) as place:
                place.recv(4)
                return LocalRunner().run(command)

    server = make_ssh_host("MaxStartups 1:100:1")
    runner = runner_on(server)
    sender = Sender(tmp_path / "here", tmp_path / "far", runner)

    with pytest.raises(
        TransferError, match=r"kex_exchange_identification.*; the connection was cut; try again"
    ) as caught:
        sender.send(method=method, here=Refused())

    assert "\n" not in str(caught.value)
    assert (caught.value.kind, caught.value.transient) == (TransferFault.CONNECTIVITY, True)
    assert sender.send(method=method).files == 3


def test_a_push_that_was_cut_is_taken_up_and_what_it_left_is_no_part_of_the_tree(ssh_runner, tmp_path):
    sender = Sender(tmp_path / "here", tmp_path / "far", ssh_runner)
    record = sender.send(method="rsync")
    run = Path(record.work_tree).parent
    os.rename(run / "tree", run / "tree.part")
    (run / "sent").unlink()
    (run / "tree.part" / "left.over").write_text("x")
    about = (run / "tree.part" / "train.py").stat()
    (run / "tree.part" / "train.py").write_text("print('1ne')\n")  # as long, and as old
    os.utime(run / "tree.part" / "train.py", ns=(about.st_atime_ns, about.st_mtime_ns))

    again = sender.send(method="rsync")

    assert again.work_tree == record.work_tree
    there = {path: content for path, content in files_of(sender.root).items() if not path.startswith(b".git/")}
    assert files_of(run / "tree") == there


@pytest.mark.parametrize("method", METHODS)
def test_a_login_shell_that_prints_a_banner(make_ssh_host, runner_on, tmp_path, method):
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(make_ssh_host(login=NOISY)))
    if method == "rsync":
        with pytest.raises(TransferError, match="print only where the shell is interactive") as caught:
            sender.send(method=method)
        assert not caught.value.transient
        return
    first = sender.send("a")
    (sender.root / "train.py").write_text("print('two')\n")
    second = sender.send("b", dirty="patch")
    assert Path(first.work_tree, "train.py").read_text() == "print('one')\n"
    assert Path(second.work_tree, "train.py").read_text() == "print('two')\n"


@pytest.mark.parametrize("method", METHODS)
def test_a_full_disk_there(ssh_runner, tmp_path, method):
    if os.getuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    sender = Sender(tmp_path / "here", tmp_path / "far", ssh_runner)
    (sender.root / "large.bin").write_bytes(os.urandom(3_000_000))
    sender.commit()
    sender.far.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", sender.far), check=True)
    try:
        with pytest.raises(TransferError, match="free some space") as caught:
            sender.send(method=method)
        assert caught.value.kind is TransferFault.DISK_SPACE
        assert list(sender.far.glob("*/runs/*/tree")) == []
    finally:
        subprocess.run(("umount", sender.far), check=True)


def test_a_root_that_may_not_be_written(ssh_runner, tmp_path):
    sender = Sender(tmp_path / "here", tmp_path / "far", ssh_runner)
    sender.far.write_text("a file, no folder\n")
    with pytest.raises(TransferError, match=r"may not be written there; check `root`") as caught:
        sender.send()
    assert (caught.value.kind, caught.value.transient) == (TransferFault.PERMISSION, False)
    sender.far = Path("/proc/autolab")
    with pytest.raises(TransferError, match=r"/proc/autolab.*may not be written there"):
        sender.send()


def test_a_host_key_that_changed(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host()
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(server))
    server.change_host_key()
    with pytest.raises(TransferError, match="ask its administrators") as caught:
        sender.send()
    assert not caught.value.transient
    assert not sender.far.exists()


def test_a_busy_host_is_asked_again(make_ssh_host, runner_on, tmp_path):
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(make_ssh_host("MaxSessions 1"), tries=12))
    assert sender.send().files == 3


def test_no_git_there(make_ssh_host, tmp_path, runner_on):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in os.listdir("/usr/bin"):
        if not name.startswith("git"):
            (tools / name).symlink_to(f"/usr/bin/{name}")
    login = f'#!/bin/sh\nPATH={tools}\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(make_ssh_host(login=login)))
    with pytest.raises(TransferError, match=r"git is not there.*push\.method: rsync"):
        sender.send()
    assert sender.send(method="rsync").files == 3


def test_a_file_that_changes_while_it_is_sent(ssh_runner, tmp_path):
    class Changing:
        def run(self, command):
            if command.argv[0] == "rsync":
                (sender.root / "train.py").write_text("print('later')\n")
            return LocalRunner().run(command)

    sender = Sender(tmp_path / "here", tmp_path / "far", ssh_runner)
    with pytest.raises(TransferError, match=r"train\.py has another content there; nothing was submitted"):
        sender.send(method="rsync", here=Changing())
    assert list(sender.far.glob("*/runs/*/tree")) == []


def test_a_clock_that_is_an_hour_late_is_told_and_does_no_harm(make_ssh_host, runner_on, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    date = tools / "date"
    date.write_text("#!/bin/sh\necho $(( $(/usr/bin/date +%s) - 3600 )).000000000\n")
    date.chmod(0o755)
    login = f'#!/bin/sh\nPATH={tools}:$PATH\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'
    sender = Sender(tmp_path / "here", tmp_path / "far", runner_on(make_ssh_host(login=login)))
    record = sender.send()
    assert record.clock_offset_seconds == pytest.approx(3600, abs=5)


def test_no_word_on_the_way_is_read_by_a_shell(make_ssh_host, tmp_path):
    server = make_ssh_host()
    odd = server.folder / "it's; $(touch x)"
    odd.mkdir()
    config = odd / "config"
    config.write_text(Path(server.config).read_text())
    runner = SshRunner(SshHost(ALIAS, config=str(config), control=str(server.folder / "c")))
    sender = Sender(tmp_path / "here $(touch x)", tmp_path / "far ';touch x;'", runner)
    try:
        for method in METHODS:
            assert sender.send(method, method=method).files == 3
    finally:
        runner.close()
