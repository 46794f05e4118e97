"""``run``: the next deterministic stage, once. Safe to call again at any point."""

from __future__ import annotations

from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.extract import extract
from autolab_core.stages.launch import LaunchOptions, launch
from autolab_core.stages.monitor import current_run, monitor, wait_for_end
from autolab_core.stages.result import StageResult, apply
from autolab_core.stages.turns import TURNS
from autolab_core.vocab.states import Stage, StageOutcome

__all__ = ["step"]


def step(context: StageContext, options: LaunchOptions, *, wait: bool = False) -> StageResult:
    """Do the stage that the state is at, when it is one that needs nobody: launch, slurm_monitor, extract_results.

    At any other stage the result is ``stay`` and says whose turn it is. With *wait*, a run that is still going is
    waited for before its results are read. Errors are those of the stage.
    """
    repository = context.repository
    state = repository.state()
    reason = closed_reason(mapped_experiment(state, repository.backlog()))
    if reason is not None and state.stage not in {Stage.LAUNCH, Stage.EXTRACT_RESULTS, Stage.STOP}:
        stop = StageResult(state.stage, StageOutcome.STOP, reason, advice=TURNS[Stage.STOP], refused=True)
        repository.update_state(lambda current: apply(current, stop, context.now()))
        return stop
    if state.stage is Stage.LAUNCH:
        return launch(context, options)
    if state.stage is Stage.SLURM_MONITOR:
        return monitor(context)
    if state.stage is Stage.EXTRACT_RESULTS:
        if wait:
            wait_for_end(context, current_run(context)[1])
        return extract(context)
    return StageResult(
        state.stage,
        StageOutcome.STAY,
        f"stage {state.stage} is not Autolab's to do",
        advice=TURNS[state.stage],
        run_id=state.last_run_id or None,
    )
