"""The ledger between real processes: two writers at once, and ``kill -9`` at every effect of each command."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.layout import LEDGER
from autolab_core.io.ledger.rows import HEAD
from autolab_core.stages.ledger import read_ledger, survey_ledger
from autolab_verifiers.selftest.repository import RUN_PATHS, Repository, build
from tests.integration.crash.lab import Lab

KILLED = -signal.SIGKILL
MANIFEST = RUN_PATHS.manifest
APPEND = ("ledger", "append", "--manifest", MANIFEST)
WRITERS, ROWS = 4, 25

# Appends rows of a run of its own, each twice, as fast as it can.
WRITER = """\
import sys
from pathlib import Path
from autolab_core.io.ledger.append import Entry, append
from autolab_core.models.ledger import LedgerRow

root, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    row = LedgerRow("2026-02-01T12:00:00Z", "iter_a", name, "1", "h", "s", f"N{number}", "p", "x" * (number * 40))
    for _ in range(2):
        append(root / "docs/slurm_job_list.md", [Entry(row)], lock=root / "locks/ledger.lock")
"""


def test_writers_at_once_lose_nothing_and_keep_the_chain(tmp_path):
    (tmp_path / ".autolab").mkdir()
    names = [f"r{number}" for number in range(WRITERS)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name, str(ROWS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # all at once
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0

    rows = read_ledger(tmp_path)
    states = {name: [row.native_state for row in rows if row.run_id == name] for name in names}
    assert states == {name: [f"N{number}" for number in range(ROWS)] for name in names}
    assert [row.run_id for row in rows] != sorted(row.run_id for row in rows), "they did not write at once"
    found = survey_ledger(tmp_path)
    assert (found.faults, found.cut, found.is_open) == ((), (), False)


def slurm_run(lab: Lab) -> None:
    shutil.rmtree(lab.root, ignore_errors=True)
    build(lab.root).to_slurm().remove(LEDGER)


def second_row(lab: Lab) -> None:
    slurm_run(lab)
    assert lab.fork(*APPEND).code == 0
    Repository(lab.root).manifest("/scheduler", {"state": "COMPLETED"})


def open_merge(lab: Lab) -> None:
    slurm_run(lab)
    assert lab.fork(*APPEND).code == 0
    path = lab.root / LEDGER
    common = path.read_bytes()
    sides = []
    for notes in ("ours", "theirs"):
        path.write_bytes(common)
        assert lab.fork(*APPEND, "--notes", notes).code == 0
        sides.append(path.read_bytes().removeprefix(common))
    path.write_bytes(common + b"<<<<<<< HEAD\n" + sides[0] + b"=======\n" + sides[1] + b">>>>>>> other\n")


def rows_of(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines() if line.startswith(b"| 20") and line.endswith(b" |")]


@pytest.mark.parametrize(
    ("prepare", "command", "rows"),
    [(slurm_run, APPEND, 1), (second_row, APPEND, 2), (open_merge, ("ledger", "merge"), 4)],
    ids=["first-row", "second-row", "merge"],
)
def test_a_writer_killed_at_any_effect_loses_nothing(lab, prepare, command, rows):
    prepare(lab)
    before = rows_of(lab.root / LEDGER) if (lab.root / LEDGER).exists() else []
    counted = lab.copy("counted")
    effects = counted.fork(*command, counted=True).effects
    assert len(effects) > 5
    for number in range(1, len(effects) + 1):
        killed = lab.copy(f"killed-{number}")
        assert killed.fork(*command, kill_at=number).code == KILLED, effects[number - 1]

        again = killed.fork(*command)

        where = f"killed at {effects[number - 1]}"
        assert again.code == 0, (where, again)
        path = killed.root / LEDGER
        assert path.read_bytes().startswith(HEAD), where
        assert rows_of(path)[: len(before)] == before, where
        assert len(rows_of(path)) == rows, where
        assert killed.fork("ledger", "verify").code == 0, where
        killed.remove()
