"""Mutations for each rule of ``results_untouched``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from autolab_core.git.record import Recorder
from autolab_core.guard.record import OPEN
from autolab_core.io.layout import QUESTIONS, RESEARCH_LOG, guard_record
from autolab_core.vocab.experiment import JournalEvent
from autolab_verifiers.selftest.experimenting import (
    CONFIG,
    EARLIER,
    JOURNAL,
    METRICS,
    carried_out,
    event,
    journal,
    known,
    versioned,
)
from autolab_verifiers.selftest.guarding import SPEC
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository

__all__ = ["TABLE"]

Entries = list[dict[str, Any]]
RECORD: Final = guard_record("exp-001-momentum-baseline-8")


def _of(
    rule: str, name: str, damage: Change, *also: str, mild: bool = False, prepare: Change = carried_out
) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, prepare)


def _lines(r: Repository, change: Callable[[list[str]], object]) -> Repository:
    """Let *change* alter the lines of the journal, and nothing else."""
    lines = (r.root / JOURNAL).read_text(encoding="utf-8").splitlines(keepends=True)
    change(lines)
    return r.write(JOURNAL, "".join(lines))


def _line(r: Repository, old: str, new: str) -> Repository:
    def change(lines: list[str]) -> None:
        index = next(index for index, line in enumerate(lines) if old in line)
        lines[index] = lines[index].replace(old, new)

    return _lines(r, change)


def _entry(r: Repository, event: JournalEvent, **keys: Any) -> Repository:
    """Let the first entry of a kind have other values, as if it always had."""

    def change(entries: Entries) -> None:
        next(entry for entry in entries if entry["event"] == event).update(keys)

    return journal(r, change)


def _guard(r: Repository, kind: JournalEvent, **keys: Any) -> Repository:
    """Let the guard of the first entry of a kind have been another one."""

    def change(entries: Entries) -> None:
        next(entry for entry in entries if entry["event"] == kind)["guard"].update(keys)

    return journal(r, change)


def _committed_otherwise(r: Repository) -> Repository:
    """Let the earlier result that lies there be another one than the committed one, before the seal."""
    r.write(EARLIER, '{"val_loss": 0.5}\n')
    now = {EARLIER: hashlib.sha256((r.root / EARLIER).read_bytes()).hexdigest()}
    return _entry(r, JournalEvent.SEALED, results=now)


def _later_commit(r: Repository, path: str) -> Repository:
    """Let *path* have been committed while the experiment went on."""
    sha = Recorder.at(str(r.write(path, "Momentum is answered.\n").root)).commit("more")

    def change(entries: Entries) -> None:
        for entry in entries:
            if entry["event"] == JournalEvent.PHASE_STARTED and entry["phase"] == "treatment":
                entry["commit"] = {**entry["commit"], "sha": sha}

    return journal(r, change)


TABLE: Final[tuple[Mutation, ...]] = (
    _of("RU001", "number_was_edited", lambda r: _line(r, '"value":0.37', '"value":0.36'), "RU006"),
    _of("RU001", "entry_was_taken_out", lambda r: _lines(r, lambda lines: lines.pop(-2))),
    _of("RU001", "entries_were_swapped", lambda r: _lines(r, lambda lines: lines.insert(3, lines.pop(4)))),
    _of("RU001", "line_is_no_json", lambda r: _lines(r, lambda lines: lines.insert(2, "all well\n"))),
    _of("RU001", "another_journal_was_kept", lambda r: r.set(CONFIG, "/journal/sha256", "0" * 64), "RU002"),
    _of("RU001", "journal_is_gone", lambda r: r.remove(JOURNAL)),
    _of("RU001", "nobody_kept_a_journal", lambda r: r.drop(CONFIG, "/journal").remove(JOURNAL), mild=True),
    _of("RU002", "metrics_were_corrected", lambda r: r.set(METRICS, "/notes", "")),
    _of("RU002", "configuration_was_corrected", lambda r: r.set(CONFIG, "/packages/at_end/numpy", "2.1.1")),
    _of("RU002", "metrics_are_gone", lambda r: r.remove(METRICS), "MC002"),
    _of("RU003", "spec_was_changed_later", lambda r: r.replace(SPEC, "tuned without", "tuned with")),
    _of("RU003", "spec_had_changed_meanwhile", lambda r: _entry(r, JournalEvent.PHASE_STARTED, spec_sha256="0" * 64)),
    _of("RU004", "earlier_result_was_changed", lambda r: r.write(EARLIER, '{"val_loss": 0.5}\n')),
    _of("RU004", "earlier_result_is_gone", lambda r: r.remove(EARLIER)),
    _of(
        "RU004",
        "file_was_added_to_another_experiment",
        lambda r: _entry(r, JournalEvent.ENDED, results={f"{EARLIER}.bak": "0" * 64}),
    ),
    _of("RU004", "earlier_result_is_not_the_committed_one", _committed_otherwise, mild=True, prepare=versioned),
    _of(
        "RU005",
        "guard_saw_the_log_change",
        lambda r: _entry(
            r, JournalEvent.COMMAND_ENDED, guard={"level": "mount", "outer": True, "changes": [{"path": RESEARCH_LOG}]}
        ),
    ),
    _of(
        "RU005",
        "process_changed_the_log",
        lambda r: journal(r, lambda each: each.insert(-1, event(JournalEvent.SEALS_COMPARED, changes=[{"path": "x"}]))),
    ),
    _of("RU005", "questions_were_answered", lambda r: r.write(QUESTIONS, "None.\n"), prepare=versioned),
    _of("RU005", "questions_were_committed", lambda r: _later_commit(r, QUESTIONS), prepare=versioned),
    _of(
        "RU006",
        "number_is_not_the_recorded_one",
        lambda r: known(r.set(METRICS, "/per_seed/2/val_loss", 0.36)),
    ),
    _of("RU006", "value_is_not_the_recorded_one", lambda r: known(r.set(METRICS, "/treatment/parameters", 1300))),
    _of("RU006", "sanity_metric_was_made_up", lambda r: known(r.set(METRICS, "/sanity_checks/initial_loss", 2.2))),
    _of("RU007", "command_ran_unguarded", lambda r: _guard(r, JournalEvent.COMMAND_ENDED, level=None)),
    _of("RU007", "level_was_below_what_was_required", lambda r: _guard(r, JournalEvent.COMMAND_ENDED, level="none")),
    _of("RU007", "command_has_no_record", lambda r: _guard(r, JournalEvent.COMMAND_ENDED, outer=False)),
    _of("RU007", "record_is_gone", lambda r: _guard(r, JournalEvent.COMMAND_ENDED, record=RECORD)),
    _of(
        "RU007",
        "record_is_no_guards",
        lambda r: _guard(r.write(RECORD, "{}\n"), JournalEvent.COMMAND_ENDED, record=RECORD),
    ),
    _of(
        "RU007",
        "record_is_another",
        lambda r: _guard(r.write(RECORD, "{}\n"), JournalEvent.COMMAND_ENDED, record=RECORD, record_sha256="0" * 64),
    ),
    _of(
        "RU007",
        "probe_got_through",
        lambda r: _guard(r, JournalEvent.OPENED, probe=[{"attempt": OPEN, "path": SPEC, "errno": None}]),
    ),
    _of(
        "RU007",
        "nothing_was_enforced",
        lambda r: _guard(r, JournalEvent.OPENED, level="none", require="none", probe=[]),
        mild=True,
    ),
)
