"""The ledger: any text in any cell, any edit of any row, any interleaving of branches."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from autolab_core.io.ledger.append import Entry, append
from autolab_core.io.ledger.rows import HEAD, HEADER, cells_of, digest, format_row, parse_row
from autolab_core.io.ledger.survey import survey, survey_lines
from autolab_core.models.ledger import LedgerRow

HEAD_LINES = HEAD.splitlines()
# Surrogates too: JSON can hold them.
TEXTS = st.text(st.characters(), max_size=20) | st.text(st.sampled_from("|\\`&#;\n\r \t<>*[]0159"), max_size=20)
HASHES = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=3).map(tuple)
ROWS = st.builds(LedgerRow, *([TEXTS] * 9), HASHES)


@given(ROWS)
def test_any_text_comes_back_and_stays_in_its_cell(row):
    line = format_row(row)

    assert parse_row(line) == row
    assert line.decode().isprintable()
    assert line.count(b"|") == len(row) + 1
    assert len(cells_of(line) or ()) == len(row)


def test_spaces_at_the_ends_of_a_cell_are_written_so_that_markdown_shows_them():
    assert b"| &#32;a b&#32; |" in format_row(LedgerRow("", "", "", "", "", "", "", "", " a b "))


@given(ROWS, st.data())
def test_a_row_that_was_cut_short_is_no_row(row, data):
    line = format_row(row)

    assert parse_row(line[: data.draw(st.integers(0, len(line) - 1))]) is None


def chain(count: int, previous: str, name: str = "r") -> list[bytes]:
    lines = []
    for number in range(count):
        row = LedgerRow("2026-02-01T12:00:00Z", "i", f"{name}{number}", "1", "h", "s", "N", "p", "", (previous,))
        lines.append(format_row(row))
        previous = digest(lines[-1])
    return lines


def surveyed(lines: list[bytes]):
    return survey_lines(iter([*HEAD_LINES, *lines]))


@given(st.integers(2, 12), st.data())
def test_any_edit_of_a_row_that_another_follows_is_seen_at_its_line(count, data):
    lines = chain(count, digest(HEADER))
    index = data.draw(st.integers(0, count - 2))
    at = data.draw(st.integers(0, len(lines[index]) - 1))
    byte = data.draw(st.integers(32, 126).filter(lambda value: value != lines[index][at]))
    lines[index] = lines[index][:at] + bytes([byte]) + lines[index][at + 1 :]

    faults = surveyed(lines).faults

    assert {fault.line for fault in faults} & {len(HEAD_LINES) + index + 1}


@given(st.integers(2, 12), st.data())
def test_any_removal_and_any_other_order_is_seen(count, data):
    lines = chain(count, digest(HEADER))
    removed = data.draw(st.integers(0, count - 2))
    order = data.draw(st.permutations(range(count)).filter(lambda found: found != list(range(count))))

    assert surveyed(lines[:removed] + lines[removed + 1 :]).faults
    assert surveyed([lines[index] for index in order]).faults


RUNS = st.sampled_from(["r1", "r2", "a | b", "ü", "i", *(f"n{number}" for number in range(12))])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(RUNS, st.sampled_from("PRC"), st.integers(0, 4000)), max_size=14), max_size=12))
def test_a_row_is_appended_exactly_when_the_runs_last_one_says_something_else(batches):
    last: dict[str, tuple[str, int]] = {}
    with TemporaryDirectory() as folder:
        path, lock = Path(folder, "jobs.md"), Path(folder, "lock")
        count = 0
        for batch in batches:
            expected = []
            for run, state, size in batch:
                expected.append(last.get(run) != (state, size))
                last[run] = state, size
            entries = [
                Entry(LedgerRow("2026-02-01T12:00:00Z", "i", run, "1", "i", "s", state, "p", "+ |" * size))
                for run, state, size in batch
            ]
            assert append(path, entries, lock=lock) == tuple(expected)
            count += sum(expected)
        if path.exists():
            found = survey(path, "jobs.md")
            assert (found.rows, found.faults, found.is_open) == (count, (), False)


@given(st.integers(0, 4), st.lists(st.integers(1, 4), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_every_interleaving_of_branches_has_an_end_for_each_and_one_row_joins_them(common, sizes, random):
    trunk = chain(common, digest(HEADER), "trunk")
    fork = digest(trunk[-1]) if trunk else digest(HEADER)
    branches = [chain(size, fork, f"b{number}-") for number, size in enumerate(sizes)]
    ends = {digest(branch[-1]) for branch in branches}
    lines = list(trunk)
    while rest := [branch for branch in branches if branch]:
        lines.append(random.choice(rest).pop(0))

    found = surveyed(lines)
    joined = format_row(LedgerRow("", "", "", "", "", "", "", "", "", tuple(found.ends.values())))
    closed = surveyed([*lines, joined])

    assert (found.faults, set(found.ends.values())) == ((), ends)
    assert (closed.faults, len(closed.ends), closed.is_open) == ((), 1, False)
