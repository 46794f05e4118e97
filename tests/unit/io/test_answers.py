"""What is kept of each look: short, bounded, and read back also after a writer that died in the middle."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.io import answers
from autolab_core.io.answers import DROPPED, LOOK, LOOKS_MAX, SYNC, Record, append, count, read
from autolab_core.models.job import Answer
from autolab_core.vocab.errors import DocumentError, StoreError


def at(minute: int) -> str:
    return f"2026-02-01T{12 + minute // 60:02d}:{minute % 60:02d}:00Z"


def look(minute: int, state: str = "RUNNING", stdout: str = "4242 said\n") -> Record:
    answer = Answer(("squeue", "--jobs=4242"), 0, stdout, "", at(minute))
    return Record(LOOK, at(minute), {"state": state}, {"token": "t"}, (answer,))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scheduler.jsonl"


def test_looks_are_read_back_as_they_were_written(path):
    given = [look(0, "PENDING"), look(1, "RUNNING", "\x1f \u2028 '\"\\ \ud800"), Record(SYNC, at(2), {}, {"files": 3})]
    for record in given:
        append(path, record)

    assert list(read(path, "shown")) == given


def test_looks_that_conclude_the_same_are_only_counted(path):
    append(path, look(0))
    length = path.stat().st_size
    for minute in range(1, 50):
        append(path, look(minute, stdout=f"4242 after {minute} minutes\n"))

    (only,) = read(path, "shown")
    assert (only.at, only.again, only.until) == (at(0), 49, at(49))
    assert path.stat().st_size < length + 100


def test_another_look_between_two_of_a_kind_is_not_lost(path):
    for minute, state in enumerate(["RUNNING", "RUNNING", "unknown", "RUNNING", "RUNNING", "RUNNING"]):
        append(path, look(minute, state))

    found = [(record.concluded["state"], record.again) for record in read(path, "shown")]
    assert found == [("RUNNING", 1), ("unknown", 0), ("RUNNING", 2)]


@pytest.mark.parametrize("before", [1, 2])
def test_several_looks_are_counted_at_once(tmp_path, before):
    for name in ("at once", "one by one"):
        for minute in range(before):
            append(tmp_path / name, look(minute))
    count(tmp_path / "at once", look(9), 9 - before + 1)
    for minute in range(before, 10):
        append(tmp_path / "one by one", look(minute))

    assert (tmp_path / "at once").read_bytes() == (tmp_path / "one by one").read_bytes()


def test_looks_are_not_counted_where_somebody_saw_something_else_or_nothing_is_kept(path):
    append(path, look(0))
    append(path, look(1, "unknown"))
    before = path.read_bytes()

    count(path, look(2), 3)
    count(path.with_name("missing"), look(2), 3)

    assert path.read_bytes() == before
    assert not path.with_name("missing").exists()
    with pytest.raises(StoreError):
        count(path.parent, look(2), 3)


@given(st.integers(1, 400), st.booleans())
def test_a_torn_end_costs_the_last_line_at_most(tmp_path_factory, cut, counted):
    path = tmp_path_factory.mktemp("answers") / "scheduler.jsonl"
    append(path, look(0, "PENDING"))
    whole = path.stat().st_size
    append(path, look(1, "PENDING" if counted else "RUNNING"))
    os.truncate(path, max(whole, path.stat().st_size - cut))

    assert read(path, "shown")[0].at == at(0)
    append(path, look(2, "COMPLETED"))

    states = [record.concluded["state"] for record in read(path, "shown")]
    assert (states[0], states[-1]) == ("PENDING", "COMPLETED")
    assert path.read_bytes().count(b"\n") == len(path.read_bytes().splitlines())


@pytest.mark.parametrize(
    "damage", [b"\0" * 50 + b"\n", b"[]\n", b'{"kind": 5}\n', b"{\n", b'{"again": 3, "until": "x"}\n']
)
def test_a_damaged_line_is_left_out(path, damage):
    append(path, look(0, "PENDING"))
    with path.open("ab") as file:
        file.write(damage)
    append(path, look(1, "RUNNING"))

    assert [record.concluded["state"] for record in read(path, "shown")] == ["PENDING", "RUNNING"]


def test_the_file_does_not_grow_without_end_and_keeps_its_beginning_and_its_end(path):
    for minute in range(3 * LOOKS_MAX):
        append(path, look(minute, f"state {minute}", "x" * 1000))

    records = read(path, "shown")
    assert len(records) <= LOOKS_MAX
    assert [record.at for record in records[:3]] == [at(0), at(1), at(2)]
    assert records[-1].at == at(3 * LOOKS_MAX - 1)
    assert [record.kind for record in records].count(DROPPED) >= 1


def test_bytes_are_bounded_too(path):
    for minute in range(30):
        append(path, look(minute, f"state {minute}", "x" * 200_000))

    assert path.stat().st_size <= answers.BYTES_MAX
    assert read(path, "shown")[-1].concluded == {"state": "state 29"}


def test_an_answer_that_is_too_long_is_cut_and_the_conclusion_stays(path):
    append(path, look(0, "FAILED", "x" * 10**6))

    (only,) = read(path, "shown")
    assert only.concluded == {"state": "FAILED"}
    assert len(only.answers[0].stdout) == 2000


def test_a_folder_or_a_link_in_its_place_is_a_plain_error(path, tmp_path):
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        append(path, look(0))
    path.rmdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="cannot be written"):
        append(path, look(0))
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_a_link_is_not_written_to(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    append(elsewhere / "scheduler.jsonl", look(0))
    before = (elsewhere / "scheduler.jsonl").read_bytes()
    (tmp_path / "logs").symlink_to("elsewhere")

    with pytest.raises(StoreError, match="cannot be written"):
        append(tmp_path / "logs/scheduler.jsonl", look(0))
    count(tmp_path / "logs/scheduler.jsonl", look(0), 3)

    assert (elsewhere / "scheduler.jsonl").read_bytes() == before


def test_a_file_that_is_missing_is_named(path):
    with pytest.raises(DocumentError, match=r"logs/scheduler\.jsonl"):
        read(path, "logs/scheduler.jsonl")
