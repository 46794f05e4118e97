"""``run``: the next stage, once: done where it needs nobody, handed over and taken back where an agent does it.

Safe to call again at any point.
"""

from __future__ import annotations

from autolab_core.stages.agents.options import AgentOptions
from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.extract import extract
from autolab_core.stages.launch import LaunchOptions, launch
from autolab_core.stages.monitor import current_run, monitor, wait_for_end
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON, TABLE, TURNS, Actor

__all__ = ["step"]


def step(
    context: StageContext, options: LaunchOptions, *, wait: bool = False, agent: AgentOptions | None = None
) -> StageResult:
    """Do the stage that the state is at: launch, slurm_monitor and extract_results need nobody.

    A stage that an agent does is handed over and taken back, as *agent* says (``stages.agents.stage``). One that is a
    person's is refused, with what the person has to do. With *wait*, a run that is still going is waited for before its
    results are read. Errors are those of the stage.
    """
    repository = context.repository
    state = repository.state()
    reason = closed_reason(mapped_experiment(state, repository.backlog()))
    if reason is not None and state.stage not in {Stage.LAUNCH, Stage.EXTRACT_RESULTS, *LEFT_BY_A_PERSON}:
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
    if TABLE[state.stage].actor is Actor.AGENT:
        from autolab_core.stages.agents.stage import agent_stage  # a launch need not load it

        return agent_stage(context, agent or AgentOptions())
    return StageResult(
        state.stage,
        StageOutcome.STAY,
        f"stage {state.stage} is a person's to leave",
        advice=TURNS[state.stage],
        run_id=state.last_run_id or None,
        refused=True,
    )
