"""What a decision of ``decide_repeat`` leads to. Pure."""

from __future__ import annotations

from autolab_core.models.decision import Decision
from autolab_core.models.state import State
from autolab_core.stages.result import StageResult
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.transitions import TABLE, TURNS

__all__ = ["decided", "times_repeated"]

_STAGE = Stage.DECIDE_REPEAT


def times_repeated(state: State) -> int:
    """How often the iteration has gone back from ``decide_repeat`` to an earlier stage."""
    back = TABLE[_STAGE].advance
    return sum(entry.stage_before is _STAGE and entry.stage_after in back for entry in state.history)


def decided(state: State, decision: Decision) -> StageResult:
    """The outcome of ``decide_repeat`` with *decision*: on to where it says, while ``max_total_iterations`` lets it.

    Past the limit a person decides, whatever the decision says but ``stop``: a loop that no result ends is the fault
    that the limit is for.
    """
    rationale = " ".join(decision.rationale.split())
    said = f"decided: {decision.decision}: {rationale}"
    if decision.decision is Stage.STOP:
        return StageResult(_STAGE, StageOutcome.STOP, said, advice=TURNS[Stage.STOP])
    if decision.decision is Stage.HUMAN_REVIEW:
        return StageResult(_STAGE, StageOutcome.HUMAN_REVIEW, said, advice=TURNS[Stage.HUMAN_REVIEW])
    again = times_repeated(state) + 1
    if again > state.max_total_iterations:
        summary = f"{said}; that would be repetition {again}, and max_total_iterations is {state.max_total_iterations}"
        return StageResult(_STAGE, StageOutcome.HUMAN_REVIEW, summary, advice=TURNS[Stage.HUMAN_REVIEW])
    summary = f"{said} (repetition {again} of at most {state.max_total_iterations})"
    return StageResult(
        _STAGE,
        StageOutcome.ADVANCE,
        summary,
        advice=TURNS[decision.decision],
        run_id=state.last_run_id or None,
        advance_to=decision.decision,
    )
