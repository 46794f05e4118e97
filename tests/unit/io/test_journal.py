"""The journal: a chain of lines that are only ever appended, read without a failure whatever became of it."""

from __future__ import annotations

import json
import os
import resource

import pytest

from autolab_core.io.journal import JournalFile, parse_journal, read_journal
from autolab_core.vocab.errors import DocumentError, StoreError
from autolab_core.vocab.experiment import JournalEvent

AT = "2026-02-01T12:00:00.000Z"


@pytest.fixture
def journal(tmp_path):
    file = JournalFile(tmp_path / "record/journal.jsonl", "journal.jsonl")
    yield file
    file.close()


def path_of(tmp_path):
    return tmp_path / "record/journal.jsonl"


def note(journal, text):
    journal.append(JournalEvent.NOTE, AT, {"text": text})


def reopened(tmp_path):
    return JournalFile(path_of(tmp_path), "journal.jsonl")


def test_entries_are_numbered_and_chained(journal, tmp_path):
    for text in ("a", "ä\n", "c"):
        note(journal, text)

    found = read_journal(path_of(tmp_path))

    assert [(each["n"], each["text"]) for each in found.entries] == [(1, "a"), (2, "ä\n"), (3, "c")]
    assert found.entries[0]["previous"] == ""
    assert found.faults == ()
    assert list(found.entries) == journal.entries


def test_a_journal_is_gone_on_with(journal, tmp_path):
    note(journal, "a")
    journal.close()
    with_more = reopened(tmp_path)
    note(with_more, "b")
    with_more.close()

    assert read_journal(path_of(tmp_path)).faults == ()
    assert [each["n"] for each in read_journal(path_of(tmp_path)).entries] == [1, 2]


@pytest.mark.parametrize(
    ("line", "change", "faulty", "words"),
    [
        (2, lambda line: line.replace(b'"b"', b'"B"'), 3, "does not follow"),
        (2, lambda line: None, 2, "does not follow"),
        (1, lambda line: None, 1, "does not follow"),
        (2, lambda line: b"garbage", 2, "is no JSON"),
        (2, lambda line: b"[1]", 2, "is no JSON object"),
        (3, lambda line: line.replace(b'"n":3', b'"n":7'), 3, "number 7 where 3"),
        (3, lambda line: line.replace(b'"n":3', b'"n":true'), 3, "no number"),
        (3, lambda line: line.replace(AT.encode(), b"yesterday"), 3, "no time"),
        (3, lambda line: line.replace(b'"event":"note"', b'"event":4'), 3, "no `event`"),
        (3, lambda line: line.replace(b'"c"', b"NaN"), 3, "is no JSON"),
        (3, lambda line: line.replace(b'"c"', b'"\xff"'), 3, "is no JSON"),
        (3, lambda line: line.replace(b'"c"', b"[" * 100_000 + b"]" * 100_000), 3, "is no JSON"),
    ],
)
def test_what_was_changed_is_told_with_its_line_and_not_gone_on_with(journal, tmp_path, line, change, faulty, words):
    for text in "abc":
        note(journal, text)
    lines = path_of(tmp_path).read_bytes().splitlines()
    lines[line - 1] = change(lines[line - 1])
    path_of(tmp_path).write_bytes(b"".join(each + b"\n" for each in lines if each is not None))

    found = read_journal(path_of(tmp_path))

    assert [(fault.line, words in fault.message) for fault in found.faults][:1] == [(faulty, True)]
    with pytest.raises(DocumentError, match=f"journal.jsonl:{faulty}:"):
        reopened(tmp_path)


@pytest.mark.parametrize("kept", [1, 30, -2])
def test_a_line_that_was_half_written_is_ended_and_is_no_entry(journal, tmp_path, kept):
    note(journal, "a")
    whole = path_of(tmp_path).read_bytes()
    note(journal, "b")
    journal.close()
    half = path_of(tmp_path).read_bytes()[len(whole) :][:kept]
    path_of(tmp_path).write_bytes(whole + half)

    assert read_journal(path_of(tmp_path)).cut == (2,)
    again = reopened(tmp_path)
    note(again, "c")
    again.close()

    found = read_journal(path_of(tmp_path))
    assert [each["text"] for each in found.entries] == ["a", "c"]
    assert (found.faults, found.cut) == ((), (2,))


def test_an_entry_that_lacks_its_newline_alone_counts(journal, tmp_path):
    note(journal, "a")
    journal.close()
    path_of(tmp_path).write_bytes(path_of(tmp_path).read_bytes().removesuffix(b"\n"))
    again = reopened(tmp_path)
    note(again, "b")
    again.close()

    assert [each["text"] for each in read_journal(path_of(tmp_path)).entries] == ["a", "b"]


def test_a_half_line_that_no_later_entry_knows_is_a_fault(journal, tmp_path):
    note(journal, "a")
    with path_of(tmp_path).open("ab") as file:
        file.write(b'{"n": 2\n')

    assert [fault.line for fault in read_journal(path_of(tmp_path)).faults] == [2]


@pytest.mark.parametrize("source", [b"", b"\n", b"\0\0", b"\xff\xfe\n\n", b"{}", b"null\n" * 5])
def test_no_bytes_make_the_reader_fail(source):
    assert parse_journal(source).entries == ()


def test_a_file_that_somebody_else_wrote_to_is_not_written_any_more(journal, tmp_path):
    note(journal, "a")
    with path_of(tmp_path).open("ab") as file:
        file.write(b"\n")

    with pytest.raises(StoreError, match="changed by somebody else"):
        note(journal, "b")


def test_a_file_that_was_replaced_or_removed_is_not_written_any_more(journal, tmp_path):
    note(journal, "a")
    source = path_of(tmp_path).read_bytes()
    path_of(tmp_path).unlink()
    with pytest.raises(StoreError, match="was removed"):
        note(journal, "b")
    path_of(tmp_path).write_bytes(source)
    with pytest.raises(StoreError, match="changed by somebody else"):
        note(journal, "b")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_hold_is_refused_and_nothing_is_written(journal, tmp_path, value):
    with pytest.raises(StoreError, match="cannot hold the entry"):
        note(journal, value)

    note(journal, "b")
    assert [each["text"] for each in read_journal(path_of(tmp_path)).entries] == ["b"]


def test_a_link_and_a_fifo_are_no_journal(tmp_path):
    (tmp_path / "record").mkdir()
    (tmp_path / "elsewhere").touch()
    path_of(tmp_path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        reopened(tmp_path)
    path_of(tmp_path).unlink()
    os.mkfifo(path_of(tmp_path))
    with pytest.raises(StoreError, match="not a regular file"):
        reopened(tmp_path)


@pytest.fixture
def small_files(tmp_path):
    """A limit on the length of files, which a write meets as it meets a full disk: with a part of its bytes."""
    import signal

    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_after_a_disk_that_was_full_the_journal_is_whole(journal, tmp_path, small_files):
    note(journal, "a")
    small_files(path_of(tmp_path).stat().st_size + 40)
    for _ in range(3):
        with pytest.raises(StoreError, match="cannot be written"):
            note(journal, "b" * 100)
    small_files(resource.RLIM_INFINITY)

    note(journal, "c")

    found = read_journal(path_of(tmp_path))
    assert [each["text"] for each in found.entries] == ["a", "c"]
    assert found.faults == ()


def test_an_append_that_a_signal_broke_off_is_found_again(journal, tmp_path, monkeypatch):
    note(journal, "a")

    def interrupted(descriptor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            note(journal, "b")

    journal.settle()
    assert [each["text"] for each in journal.entries] == ["a", "b"]
    note(journal, "c")
    assert json.loads(path_of(tmp_path).read_bytes().splitlines()[2])["n"] == 3
    assert read_journal(path_of(tmp_path)).faults == ()
