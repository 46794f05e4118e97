"""A stage that Autolab does, with an agent who watches over it: what it changed is judged before the stage is left."""

from __future__ import annotations

from typing import Final

import attrs

from autolab_core.stages.agents.handing_over import open_handover
from autolab_core.stages.context import StageContext
from autolab_core.stages.result import StageResult
from autolab_core.vocab.states import StageOutcome

__all__ = ["held_to_edits"]

_JUDGE: Final = "edit_scope"


def held_to_edits(context: StageContext, result: StageResult) -> StageResult:
    """*result*, or ``needs_retry`` where the stage is in an agent's hand that changed what is not the stage's.

    Raises DocumentError for a hand-over that cannot be read. Called under the stage lock.
    """
    repository = context.repository
    state = repository.state()
    if state.stage is not result.stage:
        return result
    handover, _ = open_handover(repository, state)
    if handover is None:
        return result
    root = str(repository.root)
    report = context.verify(root, stage=state.stage, iteration_id=state.iteration_id, run_id=handover.run_id)
    for check in report.checks:
        if check.verifier == _JUDGE and (said := check.objection) is not None:
            finding = next(iter(check.findings), None)
            return attrs.evolve(
                result,
                outcome=StageOutcome.NEEDS_RETRY,
                summary=said,
                retry_stage=state.stage,
                advice=(finding.hint if finding else None) or "`autolab-verify` says what is wrong",
            )
    return result
