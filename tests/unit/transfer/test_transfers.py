"""The parts of copying that need no far side: what is started, what is counted, and which transfer is chosen."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoint
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.quoting import quote_for_rsync
from autolab_core.io import installed, kernel
from autolab_core.transfer import choosing
from autolab_core.transfer.base import FarFolder, TransferError, Wanted
from autolab_core.transfer.choosing import automatic, choose
from autolab_core.transfer.rsync import RsyncTransfer
from autolab_core.transfer.sftp import SftpTransfer
from autolab_core.transfer.watching import watched
from autolab_core.vocab.errors import RunnerError, UsageError
from autolab_core.vocab.transfers import TransferFault


class _Host:
    name = "cluster"


class _Far:
    host = _Host()
    ssh = ("ssh", "-o", "BatchMode=yes", "-T", "-F", "/a b/it's")


@attrs.define
class Program:
    """Stands for rsync or sftp, and keeps what it was asked."""

    exit_code: int = 0
    stderr: bytes = b""
    missing: bool = False
    asked: list[Command] = attrs.field(factory=list)

    def run(self, command: Command) -> CommandResult:
        if self.missing:
            raise RunnerError(f"{command.argv[0]}: not found")
        self.asked.append(command)
        return CommandResult(command.argv, self.exit_code, b"", self.stderr)


FAR = FarFolder(_Far(), "/far/r1")
BOTH = pytest.mark.parametrize("kind", [RsyncTransfer, SftpTransfer])


def test_rsync_is_given_the_names_and_the_open_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("RSYNC_RSH", "evil")
    here = Program()
    RsyncTransfer(here=here).fetch(FAR, Wanted({"a\nb": 1, "\udcff": 2}), tmp_path, None)
    (command,) = here.asked
    assert command.stdin == b"a\nb\0\xff\0"
    assert command.argv[-3:] == ("--", "cluster:/far/r1/", f"{tmp_path}/")
    assert command.argv[command.argv.index("-e") + 1] == "ssh -o BatchMode=yes -T -F '/a b/it''s'"
    assert "RSYNC_RSH" not in command.env
    assert not {"-a", "--links", "--owner", "--group", "--recursive", "--delete"} & set(command.argv)


@pytest.mark.parametrize(
    ("others", "by_folder"),
    [((), True), (("logs/b\nc", "\udcff"), True), (("a*",), False), (("a\\b",), False), (("x",) * 51, False)],
)
def test_rsync_is_given_the_folder_where_little_else_lies_there_whose_names_are_no_patterns(
    tmp_path, others, by_folder
):
    here = Program()
    RsyncTransfer(here=here).fetch(FAR, Wanted({"w": 1}, others), tmp_path, None)
    (command,) = here.asked
    assert command.stdin == (b"".join(b"/%s\0" % os.fsencode(name) for name in others) if by_folder else b"w\0")
    assert ("--recursive" in command.argv, "--files-from=-" in command.argv) == (by_folder, not by_folder)
    assert not {"-a", "--links", "--owner", "--group", "--delete"} & set(command.argv)


@pytest.mark.parametrize(
    ("words", "line"),
    [(("ssh", "-T"), "ssh -T"), (("a b", "it's", ""), "'a b' 'it''s' ''"), (('"', "\\"), "'\"' \\")],
)
def test_words_for_rsync(words, line):
    assert quote_for_rsync(words) == line


def test_sftp_gets_what_is_not_here_and_goes_on_with_what_is_half(tmp_path):
    for name, content in (("whole", b"12"), ("half", b"1"), ("long", b"123"), ("none", b"")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link").symlink_to("whole")
    here = Program()
    names = ("whole", "half", "long", "none", "link", "d/new")
    SftpTransfer(here=here).fetch(FAR, Wanted(dict.fromkeys(names, 2)), tmp_path, None)
    lines = [line.split() for line in here.asked[0].stdin.decode().splitlines()]
    assert [(verb, path.removeprefix('"/far/r1/').rstrip('"')) for verb, path, _ in lines] == [
        ("reget", "half"),
        ("get", "long"),
        ("get", "none"),
        ("get", "link"),
        ("get", "d/new"),
    ]
    assert not (tmp_path / "link").is_symlink()
    assert "-T" not in here.asked[0].argv
    (tmp_path / "half").write_bytes(b"12")
    SftpTransfer(here=here).fetch(FAR, Wanted({"whole": 2, "half": 2}), tmp_path, None)
    assert len(here.asked) == 1


@BOTH
def test_a_program_that_is_not_installed(tmp_path, kind):
    with pytest.raises(TransferError, match="install") as caught:
        kind(here=Program(missing=True)).fetch(FAR, Wanted({"a": 1}), tmp_path, None)
    assert not caught.value.transient


@BOTH
def test_a_program_that_fails(tmp_path, kind):
    with pytest.raises(TransferError) as caught:
        kind(here=Program(255, b"Connection closed")).fetch(FAR, Wanted({"a": 1}), tmp_path, None)
    assert (caught.value.kind, caught.value.program_exit) == (TransferFault.CONNECTIVITY, 255)
    assert caught.value.transient


def test_progress_counts_what_is_here(tmp_path):
    told: list[tuple[int, int, int, int]] = []
    wanted = Wanted({"a": 4, "d/b": 6})

    def write() -> None:
        (tmp_path / "a").write_bytes(b"1234")
        (tmp_path / "d").mkdir()
        (tmp_path / "d/.b.x1Y2z3").write_bytes(b"123")

    with watched(tmp_path, wanted, lambda *counts: told.append(counts), every=0.01):
        write()
        while not told or told[-1][1] < 7:
            pass
    assert told[-1] == (1, 7, 2, 10)
    os.rename(tmp_path / "d/.b.x1Y2z3", tmp_path / "d/b")
    (tmp_path / "d/more").write_bytes(b"0" * 99)
    with watched(tmp_path, wanted, lambda *counts: told.append(counts)):
        pass
    assert told[-1] == (2, 10, 2, 10)


def test_ours_are_chosen_by_name(monkeypatch):
    assert choose("auto") is None
    assert (choose("rsync").name, choose("sftp").name) == ("rsync", "sftp")
    assert automatic(rsync_there=True).name == "rsync"
    assert automatic(rsync_there=False).name == "sftp"
    monkeypatch.setattr(choosing.shutil, "which", lambda _: None)
    assert automatic(rsync_there=True).name == "sftp"


class Good:
    name = "globus"

    def fetch(self, *_: object) -> None:
        return None


class Nameless:
    fetch = Good.fetch


@pytest.mark.parametrize(
    ("value", "words"),
    [("Good", None), ("Nameless", "has no `name`"), ("Missing", "cannot be made"), ("Wanted", "cannot be made")],
)
def test_a_transfer_of_another_distribution(monkeypatch, value, words):
    point = EntryPoint("globus", f"{__name__}:{value}", "autolab_transfers")
    monkeypatch.setattr(installed, "entry_points", lambda *, group: (point,) if group == "autolab_transfers" else ())
    monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[self.attr])
    if words is None:
        assert choose("globus").name == "globus"
    else:
        with pytest.raises(UsageError, match=words):
            choose("globus")


def test_a_transfer_that_nobody_brings():
    with pytest.raises(UsageError, match=r"pull.method: no transfer 'rclone' is installed \(auto, rsync and sftp"):
        choose("rclone")


def test_folders_are_exchanged_in_one_step(tmp_path: Path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if kernel.exchange(str(tmp_path / "one"), str(tmp_path / "other")):
        assert (tmp_path / "one/other").exists()
        assert (tmp_path / "other/one").exists()
    with pytest.raises(FileNotFoundError):
        kernel.exchange(str(tmp_path / "one"), str(tmp_path / "none"))
    kernel.sync_file_system(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        kernel.sync_file_system(str(tmp_path / "none"))
