"""The ledger's file: what is appended, what is found, and what is left alone."""

from __future__ import annotations

import hashlib
import os
import resource

import pytest

from autolab_core.io.ledger.append import Entry, append
from autolab_core.io.ledger.merge import merge
from autolab_core.io.ledger.rows import HEAD, HEADER, format_row, parse_row
from autolab_core.io.ledger.survey import survey
from autolab_core.io.lock import acquire
from autolab_core.models.ledger import LedgerRow
from autolab_core.vocab.errors import LockHeld, StoreError

FIRST_LINE = len(HEAD.splitlines()) + 1


def row(run: str = "r1", state: str = "PENDING", *, time: str = "2026-02-01T12:00:00Z", notes: str = "") -> LedgerRow:
    return LedgerRow(time, "iter_a", run, "4242", "login1", "pending", state, "pending", notes)


class Ledger:
    def __init__(self, folder):
        self.path, self.lock = folder / "docs" / "jobs.md", folder / "locks" / "ledger.lock"

    def append(self, *rows: LedgerRow, since: str = "", **options) -> tuple[bool, ...]:
        return append(self.path, [Entry(each, since, **options) for each in rows], lock=self.lock)

    def merge(self):
        return merge(self.path, shown="jobs.md", time="2026-02-02T00:00:00Z", host="login1", lock=self.lock)

    @property
    def bytes(self) -> bytes:
        return self.path.read_bytes()

    @property
    def rows(self) -> list[LedgerRow]:
        return [found for line in self.bytes.splitlines() if (found := parse_row(line))]

    @property
    def survey(self):
        return survey(self.path, "jobs.md")

    @property
    def faults(self) -> list[int]:
        return [fault.line for fault in self.survey.faults]


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def test_the_first_row_brings_the_folder_the_title_and_the_header(ledger):
    assert ledger.append(row()) == (True,)

    title, blank, header, rule, line = ledger.bytes.decode().splitlines()
    assert (title, blank, set(rule)) == ("# Slurm jobs", "", {"|", "-"})
    names = "time | iteration_id | run_id | job_id | host | status | native state | sync | notes | previous hash"
    assert header == f"| {names} |"
    assert line.startswith("| 2026-02-01T12:00:00Z | iter_a | r1 | 4242 | login1 | pending | PENDING | pending |  | ")


def test_each_row_has_the_sha256_of_the_line_before_it(ledger):
    ledger.append(row(state="PENDING"))
    ledger.append(row(state="RUNNING"), row(state="COMPLETED"))

    lines = ledger.bytes.splitlines()[2:]
    del lines[1]  # the rule below the header
    expected = [hashlib.sha256(line).hexdigest() for line in lines[:-1]]
    assert [each.previous for each in ledger.rows] == [(sha256,) for sha256 in expected]


def test_what_the_last_row_says_already_is_not_said_again(ledger):
    ledger.append(row())
    before = ledger.bytes

    assert ledger.append(row(time="2026-02-01T13:00:00Z")) == (False,)
    assert ledger.bytes == before


def test_what_an_earlier_row_said_is_said_again(ledger):
    ledger.append(row(state="PENDING"), row(state="RUNNING"))

    assert ledger.append(row(state="PENDING")) == (True,)


def test_notes_alone_are_a_reason_unless_they_are_whatever(ledger):
    ledger.append(row(notes="squeue timed out"))

    assert ledger.append(row(), whatever_the_notes=True) == (False,)
    assert ledger.append(row(notes="squeue timed out")) == (False,)
    assert ledger.append(row()) == (True,)


def test_the_last_row_of_a_run_is_found_behind_thousands_of_others(ledger):
    ledger.append(row("old"))
    ledger.append(*(row(f"r{number}") for number in range(5000)))

    assert ledger.append(row("old"), since="2026-02-01T11:00:00Z") == (False,)
    assert ledger.append(row("old")) == (False,)


def test_of_a_long_ledger_a_new_run_has_only_the_end_read(ledger, monkeypatch):
    ledger.append(*(row(f"r{number}") for number in range(5000)))
    read = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda *asked: read.append(asked[1]) or pread(*asked))

    assert ledger.append(row("new", time="2026-02-03T12:00:00Z"), since="2026-02-03T11:00:00Z") == (True,)
    assert len(ledger.bytes) > 500_000
    assert sum(read) < 50_000


def test_rows_that_a_merge_put_out_of_order_do_not_hide_the_runs_row(ledger):
    ledger.append(row("base", time="2026-02-01T00:00:00Z"))
    common = ledger.bytes
    ledger.append(row("mine", time="2026-02-05T00:00:00Z"))
    ours = ledger.bytes.removeprefix(common)
    ledger.path.write_bytes(common)
    ledger.append(*(row(f"other{number}", time="2026-02-02T00:00:00Z") for number in range(200)))
    ledger.path.write_bytes(common + ours + ledger.bytes.removeprefix(common))
    ledger.merge()

    assert ledger.append(row("mine"), since="2026-02-04T00:00:00Z") == (False,)


@pytest.mark.parametrize("length", range(len(HEAD) + 1))
def test_a_head_that_was_cut_short_is_completed(ledger, length):
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(HEAD[:length])

    ledger.append(row())

    assert ledger.bytes.startswith(HEAD)
    assert (ledger.rows, ledger.faults) == ([row()._replace(previous=ledger.rows[0].previous)], [])


def test_a_row_that_was_cut_short_anywhere_stays_and_is_vouched_for(ledger):
    ledger.append(row(state="PENDING"))
    kept = ledger.bytes
    ledger.append(row(state="RUNNING", notes="é | é"))
    whole = ledger.bytes

    for length in range(len(kept) + 1, len(whole)):
        ledger.path.write_bytes(whole[:length])
        ledger.append(row(state="RUNNING", notes="é | é"))

        assert ledger.bytes.startswith(whole[:length])
        assert ledger.bytes.endswith(b"\n")
        assert (ledger.rows[-1].native_state, ledger.faults) == ("RUNNING", [])
        assert len(ledger.rows) == 2
        assert ledger.survey.cut == (() if length == len(whole) - 1 else (FIRST_LINE + 1,))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"# Jobs\n\nby hand\n", "does not begin as a ledger does"),
        (HEAD + b"All is well.\n", "ends with a line that is no row"),
        (HEAD + b"\n", "ends with a line that is no row"),
        (HEAD + b"<<<<<<< HEAD\n=======\n>>>>>>> other\n", "ends with a line that is no row"),
    ],
)
def test_what_is_no_ledger_is_left_alone(ledger, content, said):
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(content)

    with pytest.raises(StoreError, match=said):
        ledger.append(row())
    assert ledger.bytes == content


def test_a_link_is_not_followed(ledger, tmp_path):
    ledger.path.parent.mkdir()
    ledger.path.symlink_to(tmp_path / "elsewhere.md")

    with pytest.raises(StoreError, match="cannot be opened"):
        ledger.append(row())
    assert not (tmp_path / "elsewhere.md").exists()


def test_who_holds_the_lock_is_named(ledger):
    ledger.append(row())
    with acquire(ledger.lock, what="test"), pytest.raises(LockHeld, match=f"pid {os.getpid()} .*test"):
        append(ledger.path, [Entry(row("r2"))], lock=ledger.lock, wait=0.05)


def test_a_disk_that_is_full_leaves_a_row_that_is_done_again(ledger):
    ledger.append(row())
    before = ledger.bytes
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            ledger.append(row("r2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert len(ledger.bytes) == len(before) + 50
    assert ledger.append(row("r2")) == (True,)
    assert (ledger.bytes.startswith(before), ledger.faults, len(ledger.rows)) == (True, [], 2)


def edited(ledger, number: int, change) -> None:
    lines = ledger.bytes.splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    ledger.path.write_bytes(b"".join(lines))


def test_an_edited_row_is_named_by_its_line(ledger):
    ledger.append(row("r1"), row("r2"), row("r3"))
    edited(ledger, FIRST_LINE + 1, lambda line: line.replace(b"4242", b"4243"))

    [fault] = ledger.survey.faults
    assert fault.line == FIRST_LINE + 1
    assert f"line {FIRST_LINE + 2} follows another line" in fault.message


def test_a_removed_row_and_a_moved_one_are_named(ledger):
    ledger.append(row("r1"), row("r2"), row("r3"))
    whole = ledger.bytes.splitlines(keepends=True)

    ledger.path.write_bytes(b"".join([*whole[:FIRST_LINE], *whole[FIRST_LINE + 1 :]]))
    assert ledger.faults == [FIRST_LINE]
    ledger.path.write_bytes(b"".join([*whole[:FIRST_LINE], whole[-1], whole[-2]]))
    [fault] = ledger.survey.faults
    assert (fault.line, "rows were moved" in fault.message) == (FIRST_LINE + 1, True)


def test_a_row_that_stands_twice_is_named(ledger):
    ledger.append(row("r1"), row("r2"), row("r3"))
    lines = ledger.bytes.splitlines(keepends=True)
    ledger.path.write_bytes(ledger.bytes + lines[-2])

    [fault] = ledger.survey.faults
    assert fault == (FIRST_LINE + 3, f"is line {FIRST_LINE + 1} once more")


def test_an_edit_is_never_repaired(ledger):
    ledger.append(row("r1"), row("r2"))
    edited(ledger, FIRST_LINE, lambda line: line.replace(b"4242", b"4243"))
    broken = ledger.bytes

    ledger.append(row("r3"))

    assert ledger.bytes.startswith(broken)
    assert ledger.faults == [FIRST_LINE]
    assert [fault.line for fault in ledger.merge().faults] == [FIRST_LINE]


def test_a_merge_row_joins_the_ends_and_rows_go_on_behind_it(ledger):
    ledger.append(row("base"))
    common = ledger.bytes
    sides = []
    for name in ("ours", "theirs", "third"):
        ledger.path.write_bytes(common)
        ledger.append(row(name), row(name, "RUNNING"))
        sides.append(ledger.bytes.removeprefix(common))
    ledger.path.write_bytes(common + b"".join(sides))
    before = ledger.bytes
    assert (len(ledger.survey.ends), ledger.survey.is_open, ledger.faults) == (3, True, [])

    assert len(ledger.merge().ends) == 3
    assert ledger.bytes.startswith(before)
    assert ledger.rows[-1].previous == tuple(hashlib.sha256(side.splitlines()[-1]).hexdigest() for side in sides)
    assert ledger.append(row("ours", "COMPLETED")) == (True,)
    assert (ledger.faults, ledger.survey.is_open) == ([], False)
    assert ledger.merge().ends == ()


def test_two_ledgers_that_were_begun_apart_can_be_joined(ledger):
    ledger.append(row("ours"))
    ours = ledger.bytes
    ledger.path.unlink()
    ledger.append(row("theirs"))
    ledger.path.write_bytes(ours + ledger.bytes.removeprefix(HEAD))

    assert len(ledger.merge().ends) == 2
    assert (ledger.faults, ledger.survey.is_open) == ([], False)


def test_a_rule_like_line_is_a_row_of_ten_cells(ledger):
    line = format_row(row(notes=HEADER.decode()))

    assert parse_row(line[:-1]) is None
    assert parse_row(line) is None  # it names no line
    assert parse_row(format_row(row()._replace(previous=("0" * 64,)))) is not None
