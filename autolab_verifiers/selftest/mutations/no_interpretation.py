"""Mutations for each rule of ``no_interpretation``. What it finds is a warning, unless the policy says otherwise."""

from __future__ import annotations

from typing import Any, Final

from autolab_core.git.record import Recorder
from autolab_core.io.layout import POLICY
from autolab_core.vocab.experiment import JournalEvent
from autolab_verifiers.selftest.experimenting import (
    EXPERIMENT,
    METRICS,
    carried_out,
    event,
    journal,
    reported,
    versioned,
)
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository

__all__ = ["TABLE"]

_SAYS: Final = "The results suggest that momentum helps.\n"
_LOG: Final = f"{EXPERIMENT.logs}/treatment-1.log"
_SUMMARY: Final = f"{EXPERIMENT.folder}/summary.md"


def _of(rule: str, name: str, damage: Change, *, mild: bool = True, prepare: Change = carried_out) -> Mutation:
    return Mutation(rule, name, damage, frozenset(), mild, prepare)


def _strict(r: Repository) -> Repository:
    """Let the policy take a judgement for an error."""
    policy = (r.root / POLICY).read_text(encoding="utf-8")
    return r.write(POLICY, f"{policy}settings: {{no_interpretation: {{severity: error}}}}\n")


def _noted(r: Repository) -> Repository:
    return journal(r, lambda entries: entries.insert(-1, event(JournalEvent.NOTE, text="Momentum works.")))


def _committed(r: Repository) -> Repository:
    """Let a commit have been made before the treatment."""
    sha = Recorder.at(str(r.root)).commit("Momentum looks promising")

    def change(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if entry["event"] == JournalEvent.PHASE_STARTED and entry["phase"] == "treatment":
                entry["commit"] = {**entry["commit"], "sha": sha}

    return journal(r, change)


TABLE: Final[tuple[Mutation, ...]] = (
    _of("NI001", "notes_suggest_something", lambda r: r.set(METRICS, "/notes", _SAYS), prepare=reported),
    _of(
        "NI001",
        "policy_takes_it_for_an_error",
        lambda r: r.set(METRICS, "/notes", _SAYS),
        mild=False,
        prepare=lambda r: _strict(reported(r)),
    ),
    _of("NI002", "journal_has_an_opinion", _noted),
    _of("NI003", "summary_lies_beside_the_numbers", lambda r: r.write(_SUMMARY, _SAYS), prepare=reported),
    _of(
        "NI004", "log_praises", lambda r: r.write(_LOG, _SAYS), prepare=lambda r: carried_out(r).write(_LOG, "step 1\n")
    ),
    _of("NI005", "commit_promises", _committed, prepare=versioned),
)
