"""What a stage concluded, and what that does to the state. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from autolab_core.models.state import HistoryEntry, State
from autolab_core.stages.observe import not_before
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.times import format_utc

__all__ = ["NEXT_STAGE", "StageResult", "apply"]

# Where ``advance`` leads. ``tests/unit/stages`` holds it complete for the deterministic stages.
NEXT_STAGE: Final = {
    Stage.HYPOTHESIS: Stage.DESIGN,
    Stage.DESIGN: Stage.IMPLEMENTATION,
    Stage.IMPLEMENTATION: Stage.IMPLEMENTATION_REVIEW,
    Stage.IMPLEMENTATION_REVIEW: Stage.LAUNCH,
    Stage.LAUNCH: Stage.SLURM_MONITOR,
    Stage.SLURM_MONITOR: Stage.EXTRACT_RESULTS,
    Stage.EXTRACT_RESULTS: Stage.UPDATE_DOCS,
    Stage.UPDATE_DOCS: Stage.DECIDE_REPEAT,
}


_LEFT_BY_A_PERSON: Final = frozenset({Stage.HUMAN_REVIEW, Stage.STOP})


@attrs.frozen
class StageResult:
    """The outcome of one stage. ``retry_stage`` is where a ``needs_retry`` leads; ``advice`` what to do next.

    ``refused`` says that the answer to what was asked is no (exit 1): a gate was closed, or a run ended badly.
    """

    stage: Stage
    outcome: StageOutcome
    summary: str
    retry_stage: Stage | None = None
    advice: str = ""
    run_id: str | None = None
    refused: bool = False

    @property
    def bad(self) -> bool:
        """True when a command should end with exit code 1."""
        return self.refused or self.outcome not in {StageOutcome.ADVANCE, StageOutcome.STAY}


def apply(state: State, result: StageResult, now: datetime) -> State:
    """*state* after *result*, with one more history entry.

    ``stay`` changes nothing but the history. ``needs_retry`` counts the retries that a stage asked for since it last
    advanced; past ``max_stage_attempts`` the outcome becomes ``human_review``. ``stage_attempt`` is that count, and 0
    after an advance.
    """
    at = format_utc(now)
    if result.outcome is StageOutcome.STAY:
        return _entered(state, at, state.stage, state.stage, result.outcome, result.summary, state.stage_attempt)
    if state.stage is not result.stage:
        why = f"taken up again for {result.stage}"
        state = _entered(
            state, at, state.stage, result.stage, StageOutcome.ADVANCE, why, _attempts(state, result.stage)
        )
    if result.outcome is StageOutcome.NEEDS_RETRY:
        return _retried(state, result, at)
    after = {
        StageOutcome.ADVANCE: NEXT_STAGE.get(result.stage, state.stage),
        StageOutcome.HUMAN_REVIEW: Stage.HUMAN_REVIEW,
        StageOutcome.STOP: Stage.STOP,
    }[result.outcome]
    return _entered(state, at, result.stage, after, result.outcome, result.summary, 0)


def _retried(state: State, result: StageResult, at: str) -> State:
    attempt = _attempts(state, result.stage) + 1
    if attempt > state.max_stage_attempts:
        summary = f"{result.summary} (attempt {attempt}; max_stage_attempts is {state.max_stage_attempts})"
        return _entered(state, at, result.stage, Stage.HUMAN_REVIEW, StageOutcome.HUMAN_REVIEW, summary, attempt)
    after = result.retry_stage or result.stage
    return _entered(state, at, result.stage, after, result.outcome, result.summary, attempt)


def _entered(
    state: State, at: str, before: Stage, after: Stage, status: StageOutcome, summary: str, attempt: int
) -> State:
    if state.history:
        at, summary = not_before(state.history[-1].timestamp_utc, at, summary)
    entry = HistoryEntry(at, before, after, status, summary, attempt)
    return attrs.evolve(state, stage=after, stage_attempt=attempt, history=(*state.history, entry))


def _attempts(state: State, stage: Stage) -> int:
    """How often *stage* asked for a retry since it last advanced (or a person decided)."""
    count = 0
    for entry in reversed(state.history):
        if entry.stage_before in _LEFT_BY_A_PERSON and entry.status is StageOutcome.ADVANCE:
            break
        if entry.stage_before is not stage:
            continue
        if entry.status is StageOutcome.ADVANCE:
            break
        if entry.status is StageOutcome.NEEDS_RETRY:
            count += 1
    return count
