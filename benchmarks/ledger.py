"""What a row costs at the end of a long ledger, against the same bytes appended to an empty file and synced.

Both are timed in turn, in one process, on one file system: the ratio says what the length of the ledger, the lock and
the search for the run's last row add.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from autolab_core.io.ledger.append import Entry, append
from autolab_core.io.ledger.rows import format_row
from autolab_core.models.ledger import LedgerRow

__all__ = ["GATE", "TARGET", "Appends", "measure_appends", "report_appends"]

ROWS = 100_000
TARGET, GATE = 1.5, 2.0
_OLD, _NEW, _SINCE = "2026-02-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T11:00:00Z"


class Appends(NamedTuple):
    """Medians, in seconds of wall time, and the ratio of the two."""

    long: float
    bare: float
    ratio: float


def _row(run: str, when: str) -> LedgerRow:
    return LedgerRow(when, "iter_001", run, "4242", "login1", "running", "RUNNING", "pending", "")


def _bare(path: Path, line: bytes) -> None:
    """Append to an empty file, which is there already, as little as can be done."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure_appends(folder: Path | None = None, *, rows: int = ROWS, rounds: int = 101) -> Appends:
    """Append *rows* rows, then *rounds* more one by one, each a new run's, in turn with the bare append."""
    with tempfile.TemporaryDirectory(prefix="autolab-ledger-", dir=folder) as scratch:
        root = Path(scratch)
        path, lock = root / "docs/slurm_job_list.md", root / "ledger.lock"
        append(path, [Entry(_row(f"old{number}", _OLD)) for number in range(rows)], lock=lock)
        line = format_row(_row("new", _NEW)._replace(previous=("0" * 64,))) + b"\n"
        pairs = []
        for number in range(rounds):
            empty = root / f"empty{number}"
            empty.touch()
            entry = Entry(_row(f"new{number}", _NEW), _SINCE)
            bare = _timed(lambda empty=empty: _bare(empty, line))
            long = _timed(lambda entry=entry: append(path, [entry], lock=lock, seal=root / "ledger.seal"))
            pairs.append((long, bare))
    return Appends(
        statistics.median(long for long, _ in pairs),
        statistics.median(bare for _, bare in pairs),
        statistics.median(long for long, _ in pairs) / statistics.median(bare for _, bare in pairs),
    )


def report_appends(found: Appends) -> tuple[str, bool]:
    """One line for people, and whether the figure is within its gate."""
    met = "met" if found.ratio <= TARGET else "MISSED"
    line = (
        f"ledger append at {ROWS:,} rows: {found.long * 1e6:.0f} µs, {found.ratio:.2f} × a synced append "
        f"to an empty file ({found.bare * 1e6:.0f} µs); target ≤ {TARGET:g}, gate ≤ {GATE:g}: {met}"
    )
    return line, found.ratio <= GATE


if __name__ == "__main__":
    print(report_appends(measure_appends())[0])
