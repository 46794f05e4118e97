"""What a stage concluded, and what that does to the state. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from autolab_core.io.layout import STATE
from autolab_core.models.state import HistoryEntry, State
from autolab_core.stages.watching.observe import not_before
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.times import format_utc
from autolab_core.vocab.transitions import (
    LEFT_BY_A_PERSON,
    TAKEN_UP,
    TURNS,
    IllegalMove,
    by_a_person,
    leads_to,
    next_stage,
)

if TYPE_CHECKING:
    from autolab_core.models.handover import Handover

__all__ = ["StageResult", "apply", "as_recorded", "entered", "moved_by_a_person"]


@attrs.frozen
class StageResult:
    """The outcome of one stage. ``retry_stage`` is where a ``needs_retry`` leads; ``advice`` what to do next.

    ``advance_to`` is where an ``advance`` leads from a stage that leads to several (``decide_repeat``). ``refused``
    says that the answer to what was asked is no (exit 1): a gate was closed, or a run ended badly. ``handover`` is the
    one that the stage is at, where an agent has it in hand.
    """

    stage: Stage
    outcome: StageOutcome
    summary: str
    retry_stage: Stage | None = None
    advice: str = ""
    run_id: str | None = None
    refused: bool = False
    advance_to: Stage | None = None
    handover: Handover | None = None

    @property
    def bad(self) -> bool:
        """True when a command should end with exit code 1."""
        return self.refused or self.outcome not in {StageOutcome.ADVANCE, StageOutcome.STAY}


def apply(state: State, result: StageResult, now: datetime) -> State:
    """*state* after *result*, with one more history entry.

    ``stay`` changes nothing but the history. ``needs_retry`` counts the retries that a stage asked for since it last
    advanced; past ``max_stage_attempts`` the outcome becomes ``human_review``. ``stage_attempt`` is that count, and 0
    after an advance. Raises IllegalMove where ``vocab.transitions`` does not let the outcome lead: the state was edited
    while the stage was at work, or the stage is at fault. Nothing is then to be written.
    """
    at = format_utc(now)
    if result.outcome is StageOutcome.STAY:
        return entered(state, at, state.stage, result.outcome, result.summary, state.stage_attempt)
    after = _destination(state, result)
    if state.stage is not result.stage:
        why = f"taken up again for {result.stage}"
        state = entered(state, at, result.stage, StageOutcome.ADVANCE, why, _attempts(state, result.stage))
    if result.outcome is StageOutcome.NEEDS_RETRY:
        return _retried(state, result, after, at)
    return entered(state, at, after, result.outcome, result.summary, 0)


def as_recorded(result: StageResult, state: State) -> StageResult:
    """*result* as *state* has it, in which it was recorded: one retry too many has become a person's to decide."""
    if result.outcome is not StageOutcome.NEEDS_RETRY or state.stage is not Stage.HUMAN_REVIEW:
        return result
    advice = "; ".join(part for part in (result.advice, TURNS[Stage.HUMAN_REVIEW]) if part)
    return attrs.evolve(result, outcome=StageOutcome.HUMAN_REVIEW, retry_stage=None, advice=advice)


def _destination(state: State, result: StageResult) -> Stage:
    """Where *result* leads. Raises IllegalMove unless the table has the move."""
    after = {
        StageOutcome.ADVANCE: result.advance_to or next_stage(result.stage),
        StageOutcome.NEEDS_RETRY: result.retry_stage or result.stage,
        StageOutcome.HUMAN_REVIEW: Stage.HUMAN_REVIEW,
    }.get(result.outcome, Stage.STOP)
    may_act = state.stage is result.stage or state.stage in TAKEN_UP.get(result.stage, ())
    if may_act and after is not None and after in leads_to(result.stage, result.outcome):
        return after
    raise IllegalMove(
        f"{STATE}: at /stage: the iteration is at {state.stage}, and {result.outcome} of {result.stage} cannot lead "
        f"from there to {after or 'another stage'}; the state is as it was. Was it edited meanwhile? `autolab status` "
        "says what is to be done now"
    )


def _retried(state: State, result: StageResult, after: Stage, at: str) -> State:
    attempt = _attempts(state, result.stage) + 1
    if attempt > state.max_stage_attempts:
        summary = f"{result.summary} (attempt {attempt}; max_stage_attempts is {state.max_stage_attempts})"
        return entered(state, at, Stage.HUMAN_REVIEW, StageOutcome.HUMAN_REVIEW, summary, attempt)
    return entered(state, at, after, result.outcome, result.summary, attempt)


def entered(
    state: State,
    at: str,
    after: Stage,
    status: StageOutcome,
    summary: str,
    attempt: int,
    *,
    who: str | None = None,
    why: str | None = None,
) -> State:
    """*state* at *after*, with the entry that says so. *who* and *why* are those of a person's command."""
    if state.history:
        at, summary = not_before(state.history[-1].timestamp_utc, at, summary)
    entry = HistoryEntry(at, state.stage, after, status, summary, attempt, who, why)
    return attrs.evolve(state, stage=after, stage_attempt=attempt, history=(*state.history, entry))


def moved_by_a_person(state: State, after: Stage, now: datetime, *, said: str, who: str, why: str) -> State:
    """*state* at *after* because *who* decided so; *said* begins the entry's summary.

    Where the iteration is there already, that is put on record and its attempts still count. Raises IllegalMove where
    not even a person's command leads from the state's stage to *after*.
    """
    at, summary = format_utc(now), f"{said} by {who}: {why}"
    if after is state.stage:
        return entered(state, at, after, StageOutcome.STAY, summary, state.stage_attempt, who=who, why=why)
    if not by_a_person(state.stage, after):
        raise IllegalMove(f"{STATE}: at /stage: no command leads from {state.stage} to {after}; the state is as it was")
    status = StageOutcome.STOP if after is Stage.STOP else StageOutcome.ADVANCE
    return entered(state, at, after, status, summary, 0, who=who, why=why)


def _attempts(state: State, stage: Stage) -> int:
    """How often *stage* asked for a retry since it last advanced (or a person decided)."""
    count = 0
    for entry in reversed(state.history):
        if entry.stage_before in LEFT_BY_A_PERSON and entry.status is not StageOutcome.STAY:
            break
        if entry.stage_before is not stage:
            continue
        if entry.status is StageOutcome.ADVANCE:
            break
        if entry.status is StageOutcome.NEEDS_RETRY:
            count += 1
    return count
