"""Mutations for each rule of ``ledger``. They start from a Slurm run of which the ledger has three rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autolab_core.io.layout import LEDGER
from autolab_core.io.ledger.rows import HEAD
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import RUN_PATHS, Repository

__all__ = ["TABLE"]

_SYNC: Final = "/artifact_sync_to_local/status"
_HEAD_LINES: Final = len(HEAD.splitlines())


def _three_rows(r: Repository) -> Repository:
    """Let the run be first on its way home, then home, then completed, with a row each time."""
    r.to_slurm().remove(LEDGER)
    for status, sync in (("running", "syncing"), ("synced", "ok"), ("completed", "ok")):
        r.manifest("/status", status).manifest(_SYNC, sync).ledger()
    return r


def _rows(r: Repository, change: Callable[[list[bytes]], list[bytes]]) -> Repository:
    lines = (r.root / LEDGER).read_bytes().splitlines(keepends=True)
    return r.write(LEDGER, b"".join([*lines[:_HEAD_LINES], *change(lines[_HEAD_LINES:])]))


def _edit(r: Repository, row: int, old: str, new: str) -> Repository:
    def change(rows: list[bytes]) -> list[bytes]:
        rows[row] = rows[row].replace(old.encode(), new.encode())
        return rows

    return _rows(r, change)


def _branches(r: Repository, *, markers: bool) -> Repository:
    """Let git merge two branches, each of which appended a row after the second."""
    _rows(r, lambda rows: rows[:2])
    common = (r.root / LEDGER).read_bytes()
    sides = []
    for notes in ("ours", "theirs"):
        r.write(LEDGER, common).ledger()
        row = (r.root / LEDGER).read_bytes().removeprefix(common)
        sides.append(row.replace(b"| ok |  |", f"| ok | {notes} |".encode()))
    ours, theirs = sides
    if markers:
        return r.write(LEDGER, common + b"<<<<<<< HEAD\n" + ours + b"=======\n" + theirs + b">>>>>>> other\n")
    return r.write(LEDGER, common + ours + theirs)


def _mutation(rule: str, name: str, damage: Callable[[Repository], object], *also: str, mild: bool = False) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, _three_rows)


TABLE: Final[tuple[Mutation, ...]] = (
    _mutation("LG001", "row_was_edited", lambda r: _edit(r, 0, "| 4242 |", "| 4243 |")),
    _mutation("LG001", "notes_were_added", lambda r: _edit(r, 1, "| ok |  |", "| ok | late |")),
    _mutation(
        "LG001", "hash_was_removed", lambda r: _rows(r, lambda rows: [*rows[:2], rows[2][:-67] + b"- |\n"]), "LG002"
    ),
    _mutation("LG001", "row_was_removed", lambda r: _rows(r, lambda rows: [rows[0], rows[2]])),
    _mutation("LG001", "first_row_was_removed", lambda r: _rows(r, lambda rows: rows[1:])),
    _mutation("LG001", "rows_were_swapped", lambda r: _rows(r, lambda rows: [rows[1], rows[0], rows[2]])),
    _mutation("LG001", "row_stands_twice", lambda r: _rows(r, lambda rows: [*rows, rows[2]])),
    _mutation("LG001", "prose_between_the_rows", lambda r: _rows(r, lambda rows: [*rows, b"All is well.\n"])),
    _mutation("LG001", "title_was_changed", lambda r: r.replace(LEDGER, "# Slurm jobs", "# Jobs")),
    _mutation("LG001", "line_was_cut_short", lambda r: _rows(r, lambda rows: [*rows, b"| 2026-02-01T"]), mild=True),
    _mutation("LG002", "ledger_is_gone", lambda r: r.remove(LEDGER)),
    _mutation("LG002", "run_has_no_row", lambda r: _rows(r, lambda rows: [])),
    _mutation("LG002", "last_row_is_gone", lambda r: _rows(r, lambda rows: rows[:2])),
    _mutation("LG002", "status_is_another", lambda r: _edit(r, 2, "| completed |", "| failed |")),
    _mutation("LG002", "sync_is_another", lambda r: _edit(r, 2, "| ok |", "| pending |")),
    _mutation("LG002", "job_is_another", lambda r: r.manifest("/job_id", "4243")),
    _mutation("LG002", "job_id_is_gone", lambda r: r.drop(RUN_PATHS.manifest, "/job_id"), "RH012", "SC004"),
    _mutation("LG003", "branches_were_merged", lambda r: _branches(r, markers=False)),
    _mutation("LG003", "conflict_was_left", lambda r: _branches(r, markers=True)),
)
