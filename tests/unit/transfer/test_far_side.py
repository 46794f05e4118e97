"""The far side's answers, judged without a far side: what is hostile or cut short is refused."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.transfer import far_side
from autolab_core.transfer.base import FarFolder, TransferError, Wanted
from autolab_core.transfer.far_side import checksums, survey
from autolab_core.transfer.listing import Listing
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault


class _Host:
    name = "cluster"


@attrs.define
class Far:
    """Answers with what it is given."""

    stdout: bytes = b""
    exit_code: int = 0
    stderr: bytes = b""
    error: RunnerError | None = None
    host = _Host()
    ssh = ("ssh",)

    def run(self, command: Command) -> CommandResult:
        if self.error is not None:
            raise self.error
        return CommandResult(command.argv, self.exit_code, self.stdout, self.stderr)


class Here(LocalRunner):
    host = _Host()
    ssh = ("ssh",)


A = b"a" * 64


def far(*args: object, **more: object) -> FarFolder:
    return FarFolder(Far(*args, **more), "/far/r1")


def test_a_survey_is_read():
    one = survey(far(b"rsync\0f 3 9 1.5 1.5\0a\nb\0\0l 1 8 1 1\0to\0a\nb\0"))
    assert one.has_rsync
    assert one.files["a\nb"] == far_side.FarFile("f", 3, "9 1.5 1.5")
    assert one.files["to"].target == "a\nb"
    assert not survey(far(b"none\0")).has_rsync


@pytest.mark.parametrize(
    ("stdout", "kind"),
    [
        (b"", TransferFault.UNKNOWN),
        (b"rsync\0f 3 9 1", TransferFault.UNKNOWN),
        (b"rsync\0f 3 9 1 1\0a\0", TransferFault.UNKNOWN),
        (b"rsync\0f 3 9 1 1\0a\0\0f 3 9 1 1\0a\0\0", TransferFault.NAMES),
        (b"rsync\0nonsense\0a\0\0", TransferFault.UNKNOWN),
        (b"rsync\0f x y z\0a\0\0", TransferFault.UNKNOWN),
    ],
)
def test_a_survey_that_is_none(stdout, kind):
    with pytest.raises(TransferError) as caught:
        survey(far(stdout))
    assert caught.value.kind is kind


def test_too_many_files(monkeypatch):
    monkeypatch.setattr(far_side, "FILES_MAX", 1)
    with pytest.raises(TransferError, match="pack them") as caught:
        survey(far(b"rsync\0f 3 9 1 1\0a\0\0f 3 9 1 1\0b\0\0"))
    assert caught.value.kind is TransferFault.LIMITS


@pytest.mark.parametrize(
    ("code", "stderr", "kind", "words"),
    [
        (66, b"", TransferFault.REMOTE_PATH, "is no folder there"),
        (77, b"", TransferFault.PERMISSION, "may not be read"),
        (69, b"sha256sum\n", TransferFault.REMOTE_PATH, "sha256sum is not there"),
        (1, b"find: 'x': Permission denied\n", TransferFault.PERMISSION, "find: 'x': Permission denied"),
        (2, b"sh: cannot create x: No space left on device", TransferFault.DISK_SPACE, "on the far side"),
        (1, b"find: unknown predicate '-printf'", TransferFault.UNKNOWN, "-printf"),
    ],
)
def test_a_far_side_that_says_no(code, stderr, kind, words):
    for ask in (survey, lambda f: checksums(f, Wanted({"a": 1}))):
        with pytest.raises(TransferError) as caught:
            ask(far(b"", code, stderr))
        assert caught.value.kind is kind
        assert words in str(caught.value)


def test_a_far_side_that_is_not_reached():
    with pytest.raises(TransferError, match="refused") as caught:
        survey(far(error=RunnerError("cluster: Connection refused", transient=True)))
    assert caught.value.transient
    with pytest.raises(TransferError, match="refused"):
        Listing(far(error=RunnerError("cluster: Connection refused")), Wanted({"a": 1})).wait()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (b"", TransferFault.NAMES),
        (A + b"  a", TransferFault.NAMES),
        (A + b"  /etc/passwd\n", TransferFault.NAMES),
        (A + b"  ../a\n", TransferFault.NAMES),
        (A + b"  b\n", TransferFault.CHANGED),
        (A + b"  a\n" + A + b"  b\n", TransferFault.CHANGED),
        (A + b"  a\n" + b"b" * 64 + b"  a\n", TransferFault.NAMES),
    ],
)
def test_a_list_that_is_not_of_what_was_asked(source, kind):
    with pytest.raises(TransferError) as caught:
        checksums(far(source), Wanted({"a": 1}))
    assert caught.value.kind is kind


def test_a_list_too_long_to_be_kept(monkeypatch):
    monkeypatch.setattr(far_side, "MAX_BYTES", 10)
    with pytest.raises(TransferError, match="pack them"):
        checksums(far(A + b"  a\n"), Wanted({"a": 1}))


def test_a_list_of_fewer_names_than_were_sent_replaces_nothing(tmp_path):
    folder = tmp_path / "r1"
    folder.mkdir()
    (folder / "a").write_text("a")
    kept = tmp_path / "r1.sha256"
    kept.write_text("the whole one")

    class Cut(Here):
        def run(self, command: Command) -> CommandResult:
            return super().run(command._replace(stdin=b""))

    with pytest.raises(TransferError):
        checksums(FarFolder(Cut(), str(folder)), Wanted({"a": 1}))
    assert kept.read_text() == "the whole one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r1", "r1.sha256"]
    assert checksums(FarFolder(Here(), str(folder)), Wanted({"a": 1})).source == kept.read_bytes()


@pytest.mark.parametrize("names", [("a", "b c", "ü"), ("a", "n\nl", "\\", "-x")])
def test_both_tools_write_the_same_hashes(tmp_path, names):
    import hashlib

    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    found = checksums(FarFolder(Here(), str(tmp_path)), Wanted(dict.fromkeys(names, 1)))
    assert found.sha256 == {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    (tmp_path.parent / f"{tmp_path.name}.sha256").unlink()
