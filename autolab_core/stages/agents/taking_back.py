"""Taking a stage back from an agent: what was brought is judged, and only then the work goes on.

Every outcome but ``stay`` is one judgement of what lies there, and what was judged is written down before the state
moves: whoever calls again judges nothing twice, and lets nothing pass that was not judged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from autolab_core.io.layout import STATE
from autolab_core.io.repository import Repository
from autolab_core.models.handover import Handover
from autolab_core.models.review import Review
from autolab_core.models.state import State
from autolab_core.stages.agents.handing_over import brought, close_handover, edited, prompt_again, save, waiting
from autolab_core.stages.context import StageContext
from autolab_core.stages.deciding import decided
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.errors import DocumentError, StoreError
from autolab_core.vocab.ownership import BRINGS
from autolab_core.vocab.states import ReviewStatus, Stage, StageOutcome, Verdict
from autolab_core.vocab.times import format_utc
from autolab_core.vocab.transitions import TURNS, IllegalMove

__all__ = ["nothing_new", "take_back"]

_MEND: Final = "mend what the prompt's context names, then `autolab run` again"
_NOT_CHANGED: Final = "nothing of it was changed since the hand-over, or since it was judged last"
# What of the state nobody else writes while the lock of the stage is held; its history is only added to.
_JUDGED_IN: Final = ("stage", "iteration_id", "experiment_id", "stage_attempt", "max_stage_attempts", "last_run_id")
# Where a review leads that does not let the work pass.
_AFTER_REVIEW: Final[Mapping[ReviewStatus, Stage]] = {
    ReviewStatus.NEEDS_RETRY: Stage.IMPLEMENTATION,
    ReviewStatus.FAILED: Stage.DESIGN,
}


def nothing_new(context: StageContext, handover: Handover, note: str = "") -> StageResult | None:
    """``stay``, where nothing is there that was not judged before; None where there is something to judge."""
    try:
        now = brought(context, handover)
        if not now:
            return waiting(handover, note)
        if now.items() <= handover.judged.items() and not _mended(context, handover):
            return waiting(handover, note, _NOT_CHANGED)
    except StoreError as error:
        return waiting(handover, note, str(error))
    return None


def _mended(context: StageContext, handover: Handover) -> bool:
    """True when something else was changed since the work was judged: what was objected to may lie anywhere."""
    if handover.judged_at is None or handover.base.note is not None:
        return False
    before = {path: each for path, each in handover.judged.items() if path not in handover.awaited}
    return before != {path: each for path, each in edited(context, handover).items() if path not in handover.awaited}


def take_back(
    context: StageContext,
    state: State,
    handover: Handover,
    *,
    done: str | None = None,
    failure: str | None = None,
    note: str = "",
) -> StageResult:
    """Judge what was brought, and move the state: ``advance`` where all is well, else ``needs_retry``, counted.

    *done*: somebody says that the work is done as it is, and why. *failure*: why the agent's command did not end well;
    then nothing is looked at. Raises DocumentError for a prompt that cannot be rendered again, StoreError, IllegalMove.
    Called under the stage lock.
    """
    repository = context.repository
    now, everything = _there_now(context, handover)
    if failure is not None:
        where = handover.prompt if handover.agent is None else handover.agent.log
        result, objections = _retry(handover, failure), {where: failure}
    else:
        objections = dict(_objections(repository, handover, now))
        result = _judged(context, state, handover, now, objections, done)
    if note:
        result = attrs.evolve(result, summary=f"{result.summary} ({note})")
    judged = attrs.evolve(
        handover, judged=everything, judged_at=format_utc(context.now()), objections=objections, agent=None
    )
    return _conclude(context, state, judged, result)


def _there_now(context: StageContext, handover: Handover) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What was brought, and that with all that changed."""
    try:
        changed = edited(context, handover)
    except StoreError:
        changed = {}  # without git nobody can say what changed; who says that it is done answers for it
    now = changed if BRINGS[handover.stage] is None and not changed else brought(context, handover)
    return now, {**changed, **now}


def _objections(repository: Repository, handover: Handover, now: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with the files that were brought, by path, before anything in them is read."""
    if BRINGS[handover.stage] is None:
        return {}
    tree = repository.tree()
    found: dict[str, str] = {}
    for path in handover.awaited:
        try:
            if path not in now:
                found[path] = "is not there"
            elif ":" in now[path].removeprefix("100755:"):
                found[path] = "is no regular file"
            elif os.path.realpath(tree.absolute(path)) != os.path.join(os.path.realpath(tree.root), path):
                found[path] = "lies behind a link"
            elif not tree.source(path).strip():
                found[path] = "is empty"
        except DocumentError as error:
            found[path] = str(error)
    return found


def _judged(
    context: StageContext,
    state: State,
    handover: Handover,
    now: Mapping[str, str],
    objections: dict[str, str],
    done: str | None,
) -> StageResult:
    """The stage's outcome; what it finds wrong is added to *objections*."""
    repository, stage = context.repository, handover.stage
    result = None
    if not objections:
        try:
            result = _answer(repository, state, handover)
        except DocumentError as error:
            objections[error.path] = str(error)
    report = context.verify(
        str(repository.root), stage=stage, iteration_id=handover.iteration_id, run_id=handover.run_id
    )
    if result is None:
        path, why = next(iter(objections.items()))
        return _retry(handover, why if path in why else f"{path} {why}")
    if result.outcome is StageOutcome.NEEDS_RETRY:
        return result  # it goes back, whatever else holds
    if not report.passed:
        return _retry(handover, f"the verification did not pass: {report.first_objection}")
    what = f"done as it is: {done}" if done is not None else f"brought: {_named(now)}"
    verified = f"verified ({report.counts.get(Verdict.PASS, 0)} checks passed)"
    return attrs.evolve(result, summary="; ".join(part for part in (what, verified, result.summary) if part))


def _answer(repository: Repository, state: State, handover: Handover) -> StageResult:
    """What the stage's own result says, where it has one. Raises DocumentError for one that cannot be read."""
    paths, stage = repository.iteration(handover.iteration_id), handover.stage
    if stage is Stage.DECIDE_REPEAT:
        return decided(state, repository.decision(paths))
    if stage is Stage.IMPLEMENTATION_REVIEW:
        return _of_review(repository.review(paths), paths.review, handover)
    if stage is Stage.DESIGN:
        repository.design(paths)
    return StageResult(stage, StageOutcome.ADVANCE, "", run_id=handover.run_id)


def _of_review(review: Review, path: str, handover: Handover) -> StageResult:
    back = _AFTER_REVIEW.get(review.status)
    if back is not None:
        findings = f"; {len(review.blocking_findings)} blocking findings" if review.blocking_findings else ""
        why = f"{path} says {review.status}{findings}"
        return StageResult(handover.stage, StageOutcome.NEEDS_RETRY, why, retry_stage=back, advice=TURNS[back])
    if review.blocking_findings:
        count = len(review.blocking_findings)
        raise DocumentError(path, f"says {review.status} and lists {count} blocking findings", pointer="/status")
    return StageResult(handover.stage, StageOutcome.ADVANCE, f"{path} says {review.status}")


def _retry(handover: Handover, why: str) -> StageResult:
    return StageResult(handover.stage, StageOutcome.NEEDS_RETRY, why, advice=_MEND, run_id=handover.run_id)


def _named(now: Mapping[str, str]) -> str:
    first, *more = sorted(now)
    return f"{first} and {len(more)} more" if more else first


def _conclude(context: StageContext, state: State, handover: Handover, result: StageResult) -> StageResult:
    """Write what was judged, then the state; the hand-over is over unless the state stays at its stage.

    A call that is cut short between the two leaves a hand-over whose work was judged, and no stage that moved unseen.
    """
    repository = context.repository
    after = apply(state, result, context.now())
    stays = after.stage is handover.stage
    if stays:
        handover = attrs.evolve(handover, stage_attempt=after.stage_attempt)
        prompt_again(context, handover)
        save(repository, handover)
    repository.update_state(_unless_moved(state, lambda current: apply(current, result, context.now())))
    if not stays:
        close_handover(repository)
    if after.stage is Stage.HUMAN_REVIEW and result.outcome is StageOutcome.NEEDS_RETRY:
        result = attrs.evolve(
            result, outcome=StageOutcome.HUMAN_REVIEW, retry_stage=None, advice=TURNS[Stage.HUMAN_REVIEW]
        )
    elif result.outcome is StageOutcome.ADVANCE:
        result = attrs.evolve(result, advice=result.advice or TURNS[after.stage])
    return attrs.evolve(result, handover=handover if stays else None)


def _unless_moved(before: State, change: Callable[[State], State]) -> Callable[[State], State]:
    """*change*, refused where somebody edited the state since *before* was read: a person, or the agent itself."""

    def checked(current: State) -> State:
        edited = next((key for key in _JUDGED_IN if getattr(current, key) != getattr(before, key)), None)
        if edited is None and current.history[: len(before.history)] != before.history:
            edited = "history"
        if edited is not None:
            raise IllegalMove(
                f"{STATE}: at /{edited}: it was changed while {before.stage} of {before.iteration_id} was done and "
                "judged; nothing was moved. `autolab run` goes on from what it says now"
            )
        return change(current)

    return checked
