"""One call at a stage that an agent does: hand it over, start the agent's command where there is one, take it back."""

from __future__ import annotations

import shutil

import attrs

from autolab_core.io.lock import Lock
from autolab_core.models.handover import AgentRun, Handover
from autolab_core.models.state import State
from autolab_core.stages.agents.command import failure_of, run_agent, seen_to_end
from autolab_core.stages.agents.handing_over import (
    hand_over,
    open_handover,
    prompt_again,
    prompt_is_there,
    strays,
    waiting,
)
from autolab_core.stages.agents.options import AgentOptions
from autolab_core.stages.agents.taking_back import nothing_new, take_back
from autolab_core.stages.context import StageContext
from autolab_core.stages.result import StageResult
from autolab_core.vocab.errors import LockHeld, UsageError
from autolab_core.vocab.ownership import BRINGS
from autolab_core.vocab.states import StageOutcome

__all__ = ["agent_stage"]

_NOTHING_BROUGHT = "the agent ended, and nothing of what is awaited was changed"


def agent_stage(context: StageContext, options: AgentOptions) -> StageResult:
    """Hand the state's stage over, or take it back once it is done; ``stay`` until then. Safe to call again.

    While another call is at work, or the command that one has started, the answer is no. Raises UsageError,
    DocumentError and StoreError for what cannot be rendered, read, guarded or written; GuardRefused.
    """
    repository = context.repository
    repository.require_schemas()
    command = _command(context, options)
    try:
        taken = repository.stage_lock("run")
    except LockHeld as held:
        stage = repository.state().stage
        why = f"another command is at work: {held.holder}"
        return StageResult(stage, StageOutcome.STAY, why, advice="wait for it", refused=True)
    with taken as lock:
        state = repository.state()
        if state.stage not in BRINGS:
            raise UsageError(f"the stage is {state.stage} by now; `autolab run` again")
        handover, note = open_handover(repository, state)
        if handover is None:
            handover, result = hand_over(context, state, note)
            if not command and options.done is None:
                return result
            state = repository.state()
        elif not prompt_is_there(repository, handover):
            prompt_again(context, handover)  # it is named in what is said, and given to an agent
        if options.done is not None:
            return _done(context, state, handover, options.done)
        return _Stage(context, state, handover, note, command, options, lock).go_on()


def _command(context: StageContext, options: AgentOptions) -> tuple[str, ...]:
    """The command that is to be started; none when somebody says that the work is done. Raises UsageError."""
    if options.done is not None:
        if not options.done.strip():
            raise UsageError("--done must say why the work counts as done: it is on record")
        return ()
    command = context.repository.policy().agent.command if options.command is None else options.command
    if command and shutil.which(command[0], path=None) is None:
        raise UsageError(f"the agent's command {command[0]!r} is not there, or cannot be executed")
    return command


def _done(context: StageContext, state: State, handover: Handover, why: str) -> StageResult:
    missing = nothing_new(context, attrs.evolve(handover, judged={}))
    if missing is not None and BRINGS[handover.stage] is not None:
        return attrs.evolve(missing, summary=f"there is nothing to take; {missing.summary}", refused=True)
    return take_back(context, state, handover, done=why)


@attrs.frozen
class _Stage:
    """A stage that is handed over, and what is to be done about it in this call."""

    context: StageContext
    state: State
    handover: Handover
    note: str
    command: tuple[str, ...]
    options: AgentOptions
    lock: Lock

    def go_on(self) -> StageResult:
        """What was begun is ended first; then what lies there is judged, or the command is started."""
        agent = self._ended(self.handover.agent)
        if agent is not None and agent.ended_at is not None and not agent.interrupted:
            return self._after(self.handover, agent)
        unfinished = agent is not None
        if not unfinished:
            nothing = nothing_new(self.context, self.handover, self.note)
            if nothing is None:
                return take_back(self.context, self.state, self.handover, note=self.note)
            if not self.command:
                return nothing
        if agent is not None and not self.command:
            why = f"the agent that was started at {agent.started_at} was cut short, and its work may be half done"
            advice = "`autolab run --agent-command CMD` starts one again; `autolab run --done WHY` takes what is there"
            return attrs.evolve(waiting(self.handover, self.note, why), advice=advice)
        return self._start()

    def _ended(self, agent: AgentRun | None) -> AgentRun | None:
        """*agent* with the end that its guard saw, where the call that had started it was killed."""
        if agent is None or agent.ended_at is not None:
            return agent
        return seen_to_end(self.context.repository, agent) or agent

    def _start(self) -> StageResult:
        repository = self.context.repository
        before = attrs.evolve(self.handover, agent=None)
        # Made from facts: what lies there could have been edited to say that more may be written.
        about = prompt_again(self.context, before).context
        # What an earlier agent made and must not have made is in the way of the stage, and has to be removable.
        removable = strays(self.context, before, about.must_not_write)
        kept = tuple(path for path in about.must_not_write if path not in removable)
        about = attrs.evolve(about, must_not_write=kept)
        timeout = self.options.timeout or repository.policy().agent.timeout
        ended = run_agent(
            self.context, before, about, self.command, timeout=timeout, lock=self.lock, echo=self.options.echo
        )
        assert ended.agent is not None
        return self._after(ended, ended.agent)

    def _after(self, handover: Handover, agent: AgentRun) -> StageResult:
        """Take the stage back from an agent that has ended, well or not."""
        failure = failure_of(self.context.repository, agent)
        if failure is None and nothing_new(self.context, handover) is not None:
            failure = _NOTHING_BROUGHT
        note = f"{agent.log}, guard {agent.level}"
        return take_back(self.context, self.state, handover, failure=failure, note=note)
