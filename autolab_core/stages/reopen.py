"""``reopen``: a person's way back into a closed experiment, and out of ``stop`` and ``human_review``. On record."""

from __future__ import annotations

from typing import Any

from autolab_core.io.atomic import write_bytes
from autolab_core.io.documents import edit_yaml
from autolab_core.io.layout import BACKLOG
from autolab_core.stages.closed import mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.result import moved_by_a_person
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from autolab_core.vocab.times import format_utc
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON

__all__ = ["REOPENED", "reopen"]

REOPENED = "open"


def reopen(context: StageContext, *, who: str, why: str, stage: Stage = Stage.LAUNCH) -> str:
    """Open the state's experiment again and go to *stage*; return what was done, in one line.

    The backlog entry keeps who, when and why (``reopened``), the state's history too. Raises UsageError when *who* or
    *why* is empty, when nothing is closed, and when no work goes on at *stage*.
    """
    if not who.strip() or not why.strip():
        raise UsageError("--who and --why must say something: a re-opening is on record")
    if stage in LEFT_BY_A_PERSON:
        raise UsageError(f"--stage {stage}: no work goes on there; name the stage to go on at")
    repository = context.repository
    with repository.stage_lock("reopen"):
        state = repository.state()
        experiment = mapped_experiment(state, repository.backlog())
        if not experiment.closed and state.stage not in LEFT_BY_A_PERSON:
            found = f"experiment {experiment.id} is {experiment.status!r} and the stage is {state.stage}"
            raise UsageError(f"{found}: nothing to re-open")
        at, done = context.now(), []
        if experiment.closed:
            path = repository.absolute(BACKLOG)
            edited = edit_yaml(
                repository.tree().source(BACKLOG),
                BACKLOG,
                lambda data: _open_entry(data, experiment.id, format_utc(at), who, why),
            )
            write_bytes(path, edited)
            done.append(f"experiment {experiment.id} was {experiment.status!r} and is {REOPENED!r}")
        after = stage if state.stage in LEFT_BY_A_PERSON else state.stage
        repository.update_state(
            lambda current: moved_by_a_person(current, after, at, said="re-opened", who=who, why=why)
        )
        done.append(f"the iteration {'is at' if after is state.stage else f'left {state.stage} for'} {after}")
    return "; ".join(done) + f" ({who}: {why})"


def _open_entry(data: Any, experiment_id: str, at: str, who: str, why: str) -> None:
    for entry in data["experiments"]:
        if entry["id"] == experiment_id:
            was = entry["status"]
            entry["status"] = REOPENED
            entry.setdefault("reopened", []).append({"at": at, "who": who, "why": why, "was": was})
