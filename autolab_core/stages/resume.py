"""``resume``: a person's decision where to go on after ``human_review``. On record."""

from __future__ import annotations

from autolab_core.models.state import State
from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.result import moved_by_a_person
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from autolab_core.vocab.transitions import TURNS, by_a_person

__all__ = ["resume"]

_STAGE = Stage.HUMAN_REVIEW


def resume(context: StageContext, *, who: str, why: str, decision: Stage) -> str:
    """Leave ``human_review`` for *decision*, a stage at which work goes on or ``stop``; say what was done, in one line.

    Raises UsageError when *who* or *why* is empty, at any other stage, for a decision that leads nowhere, and for a
    closed experiment unless it is to stop.
    """
    if not who.strip() or not why.strip():
        raise UsageError("--who and --why must say something: a decision is on record")
    if not by_a_person(_STAGE, decision):
        raise UsageError(f"--decision {decision} leads nowhere: it is a stage at which work goes on, or {Stage.STOP}")
    repository = context.repository
    with repository.stage_lock("resume"):
        _refuse(context, repository.state(), decision)
        repository.update_state(
            lambda state: moved_by_a_person(state, decision, context.now(), said="resumed", who=who, why=why)
        )
    return f"the iteration left {_STAGE} for {decision} ({who}: {why})"


def _refuse(context: StageContext, state: State, decision: Stage) -> None:
    if state.stage is not _STAGE:
        raise UsageError(
            f"iteration {state.iteration_id} is at stage {state.stage}; only {_STAGE} is left by a decision. "
            f"What is to be done now: {TURNS[state.stage]}"
        )
    reason = closed_reason(mapped_experiment(state, context.repository.backlog()))
    if reason is not None and decision is not Stage.STOP:
        raise UsageError(f"{reason}; `autolab reopen --stage {decision} --who NAME --why TEXT` opens it and goes there")
