"""``reopen``: a person's way back into a closed experiment, and out of ``stop`` and ``human_review``. On record."""

from __future__ import annotations

from typing import Any

import attrs

from autolab_core.io.atomic import write_bytes
from autolab_core.io.documents import edit_yaml
from autolab_core.io.layout import BACKLOG
from autolab_core.models.state import HistoryEntry, State
from autolab_core.stages.closed import mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.observe import not_before
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.times import format_utc

__all__ = ["REOPENED", "reopen"]

REOPENED = "open"
_LEFT_BY_A_PERSON = frozenset({Stage.STOP, Stage.HUMAN_REVIEW})


def reopen(context: StageContext, *, who: str, why: str, stage: Stage = Stage.LAUNCH) -> str:
    """Open the state's experiment again and go to *stage*; return what was done, in one line.

    The backlog entry keeps who, when and why (``reopened``), the state's history too. Raises UsageError when *who* or
    *why* is empty, or when nothing is closed.
    """
    if not who.strip() or not why.strip():
        raise UsageError("--who and --why must say something: a re-opening is on record")
    repository = context.repository
    state = repository.state()
    experiment = mapped_experiment(state, repository.backlog())
    if not experiment.closed and state.stage not in _LEFT_BY_A_PERSON:
        raise UsageError(
            f"experiment {experiment.id} is {experiment.status!r} and the stage is {state.stage}: nothing to re-open"
        )
    at = format_utc(context.now())
    done = []
    with repository.stage_lock("reopen"):
        if experiment.closed:
            path = repository.absolute(BACKLOG)
            edited = edit_yaml(
                repository.tree().source(BACKLOG), BACKLOG, lambda data: _open_entry(data, experiment.id, at, who, why)
            )
            write_bytes(path, edited)
            done.append(f"experiment {experiment.id} was {experiment.status!r} and is {REOPENED!r}")
        after = stage if state.stage in _LEFT_BY_A_PERSON else state.stage
        repository.update_state(lambda current: _go_on(current, at, who, why, after))
        done.append(f"the iteration {'is at' if after is state.stage else f'left {state.stage} for'} {after}")
    return "; ".join(done) + f" ({who}: {why})"


def _open_entry(data: Any, experiment_id: str, at: str, who: str, why: str) -> None:
    for entry in data["experiments"]:
        if entry["id"] == experiment_id:
            was = entry["status"]
            entry["status"] = REOPENED
            entry.setdefault("reopened", []).append({"at": at, "who": who, "why": why, "was": was})


def _go_on(state: State, at: str, who: str, why: str, stage: Stage) -> State:
    """At *stage*, with who and why in the history. Where the iteration is there already, its attempts still count."""
    summary = f"re-opened by {who}: {why}"
    stays = stage is state.stage
    outcome, attempt = (StageOutcome.STAY, state.stage_attempt) if stays else (StageOutcome.ADVANCE, 0)
    if state.history:
        at, summary = not_before(state.history[-1].timestamp_utc, at, summary)
    entry = HistoryEntry(at, state.stage, stage, outcome, summary, attempt)
    return attrs.evolve(state, stage=stage, stage_attempt=attempt, history=(*state.history, entry))
