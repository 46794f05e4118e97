"""``monitor``: one look at the current run, or at every run that has not settled, folded into files and state.

Nothing here waits for a job except ``wait_for_end``, which is this step in a loop.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.io.layout import HANDOVER, STATE, IterationPaths, RunPaths
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.state import HistoryEntry, State
from autolab_core.stages.context import StageContext
from autolab_core.stages.result import StageResult, apply, as_recorded
from autolab_core.stages.watching.look import Asked, Seen, ask, fold
from autolab_core.stages.watching.observe import settled
from autolab_core.stages.watching.pace import Pace
from autolab_core.stages.watching.site import pace_of
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome, SyncStatus

__all__ = [
    "LOCK_SECONDS",
    "Look",
    "current_run",
    "ended_badly",
    "look",
    "monitor",
    "refresh",
    "wait_for_end",
    "waits_for_files",
]

LOCK_SECONDS: Final = 30.0
_STAGE: Final = Stage.SLURM_MONITOR
_OF_A_RUN: Final = frozenset({Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS})
_FIRST_WAIT_SECONDS: Final = 0.1
_LONGEST_WAIT_SECONDS: Final = 2.0


@attrs.frozen
class Look:
    """One look: the stage's outcome, what was seen of each run, and which runs could not be read (folder to reason)."""

    result: StageResult
    seen: tuple[Seen, ...] = ()
    unreadable: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def bad(self) -> bool:
        """True when a run that was looked at ended badly, or cannot be read."""
        return self.result.bad or bool(self.unreadable) or any(ended_badly(each) for each in self.seen)


def waits_for_files(manifest: RunManifest) -> bool:
    """True for a run that ended well and whose files are not proven to be here: a person has to see why."""
    sync = manifest.artifact_sync_to_local
    return manifest.watched_by_slurm and sync is not None and sync.status is SyncStatus.FAILED


def ended_badly(seen: Seen) -> bool:
    """True for a run that is no success, or of which nobody can tell."""
    return seen.manifest.status in {RunStatus.FAILED, RunStatus.PARTIAL} or waits_for_files(seen.manifest)


def current_run(context: StageContext, run_id: str | None = None) -> tuple[IterationPaths, RunPaths]:
    """The run that the state is about, or *run_id* of the same iteration.

    Raises UsageError when there is none, DocumentError when the state is at a stage that has one and names none, and
    when the run's manifest is another iteration's.
    """
    repository = context.repository
    state = repository.state()
    paths = repository.iteration(state.iteration_id)
    chosen = run_id or state.last_run_id
    if not chosen and state.stage in _OF_A_RUN and not state.pending_run_id:
        hint = f"write the run's id there, `autolab ls` lists the runs; or write {Stage.LAUNCH} at /stage"
        raise DocumentError(STATE, f"is empty, but the stage is {state.stage}", pointer="/last_run_id", hint=hint)
    if not chosen:
        raise UsageError(f"iteration {state.iteration_id} has no run yet; `autolab launch` starts one")
    run = paths.run(chosen)
    _refuse_foreign(repository.tree(), run, state)
    return paths, run


def _refuse_foreign(tree: Tree, run: RunPaths, state: State) -> None:
    """Raise DocumentError when the run's manifest says that it is another iteration's: a folder that was copied."""
    if not tree.exists(run.manifest):
        return
    found = tree.mapping(run.manifest).get("iteration_id")
    if isinstance(found, str) and found != state.iteration_id:
        message = f"is {found!r}, but {STATE} is at iteration {state.iteration_id!r}"
        hint = "the run is another iteration's; correct last_run_id in the state"
        line = tree.document(run.manifest).place("/iteration_id").line
        raise DocumentError(run.manifest, message, line=line, pointer="/iteration_id", hint=hint)


def monitor(context: StageContext, run_id: str | None = None) -> StageResult:
    """One step for the current run (or *run_id*); see ``look``."""
    return look(context, run_id).result


def look(context: StageContext, run_id: str | None = None, *, every: bool = False) -> Look:
    """Look once at the current run, or *run_id*, and with *every* at all runs of the repository that go on.

    The first look at the state's run writes the stage's prompt, unless *every* run is looked at. The outcome goes into
    the state when the state is at this stage and about the run. Without a manifest nothing is
    written but that. Raises UsageError when there is no run, DocumentError, StoreError, LockHeld; what the scheduler
    could not say raises nothing and changes no status.
    """
    repository = context.repository
    repository.require_schemas()
    state = repository.state()
    current = None
    if run_id is not None or state.last_run_id or not every:
        current = current_run(context, run_id)[1]
        if not repository.tree().exists(current.manifest):
            return _nothing_launched(context, current)
        if state.stage is _STAGE and not every and run_id in {None, state.last_run_id}:
            from autolab_core.stages.prompting.rendering import prompt_once  # a look at every run need not load it

            prompt_once(context, _STAGE, state.iteration_id, state.last_run_id)
    unreadable: dict[str, str] = {}
    asked = ask(context, [] if current is None else [current], every=every, unreadable=unreadable if every else None)
    with repository.stage_lock("monitor", wait=LOCK_SECONDS):
        seen = fold(context, asked)
        result = _result(current, seen, unreadable)
        about_it = result.run_id in {None, state.last_run_id}
        if about_it and result.outcome is StageOutcome.ADVANCE and repository.tree().exists(HANDOVER):
            from autolab_core.stages.agents.edit_check import held_to_edits  # seldom is a run in an agent's hand

            result = held_to_edits(context, result)
        if current is not None and about_it and current.folder not in unreadable:
            mine = next(each.manifest for each in seen if each.run.folder == current.folder)
            result = _into_state(context, result, mine)
    return Look(result, seen, unreadable)


def _nothing_launched(context: StageContext, run: RunPaths) -> Look:
    result = StageResult(
        _STAGE,
        StageOutcome.NEEDS_RETRY,
        f"{run.manifest} does not exist",
        retry_stage=Stage.LAUNCH,
        advice="launch first: `autolab launch`",
        refused=True,
    )
    with context.repository.stage_lock("monitor", wait=LOCK_SECONDS):
        if context.repository.state().stage is _STAGE:
            state = context.repository.update_state(lambda state: apply(state, result, context.now()))
            result = as_recorded(result, state)
    return Look(result)


def _into_state(context: StageContext, result: StageResult, manifest: RunManifest) -> StageResult:
    """Record *result*, when the state is at this stage; return it as it was recorded.

    That a run still goes on is recorded once, not at each look; that its files did not come once for each attempt.
    """
    repository = context.repository
    state = repository.state()
    if state.stage is not _STAGE:
        return result
    sync = manifest.artifact_sync_to_local
    word = sync.status.value if sync else state.sync_status

    last = state.history[-1] if state.history else None
    told = last is not None and last.stage_before is _STAGE and _is_told(result, manifest, last)

    def change(current: State) -> State:
        new = current if told else apply(current, result, context.now())
        return attrs.evolve(new, sync_status=word)

    if not told or word != state.sync_status:
        state = repository.update_state(change)
    return as_recorded(result, state)


def _is_told(result: StageResult, manifest: RunManifest, last: HistoryEntry) -> bool:
    """True when *last*, of the same stage, says what *result* says of *manifest*, and of the same attempt."""
    if last.status is not result.outcome:
        return False
    if waits_for_files(manifest):  # behind the colon stands what is missing, which may change meanwhile
        return last.summary.partition(": ")[0] == result.summary.partition(": ")[0]
    return result.outcome is StageOutcome.STAY and last.summary == result.summary


def _result(current: RunPaths | None, seen: tuple[Seen, ...], unreadable: Mapping[str, str]) -> StageResult:
    mine = next((each for each in seen if current is not None and each.run.folder == current.folder), None)
    if mine is not None:
        return _judge(mine.manifest, mine.observation)
    summary = f"{len(seen)} run{'' if len(seen) == 1 else 's'} looked at"
    if unreadable:
        summary += f", {len(unreadable)} cannot be read: {next(iter(unreadable.values()))}"
    return StageResult(_STAGE, StageOutcome.STAY, summary)


def _judge(manifest: RunManifest, observation: JobObservation) -> StageResult:
    def answer(outcome: StageOutcome, summary: str, advice: str = "", retry: Stage | None = None) -> StageResult:
        return StageResult(_STAGE, outcome, summary, retry, advice, manifest.run_id)

    if manifest.watched_by is HostMode.LOCAL:
        where = "local run" if manifest.allocation is None else f"run inside allocation {manifest.allocation}"
        return answer(StageOutcome.ADVANCE, f"{where}, nothing to monitor ({observation.state})")
    if settled(manifest):
        failure = manifest.failure
        why = f": {failure.reason}" if failure else ""
        return answer(
            StageOutcome.ADVANCE,
            f"run {manifest.run_id} is {manifest.status}{why}",
            (failure.advice if failure else None) or "",
        )
    if waits_for_files(manifest):
        sync = manifest.artifact_sync_to_local
        diagnosis = sync.diagnosis if sync else None
        attempts = (sync.failed_attempts if sync else None) or 1
        why = f"its files are not proven to be here, attempt {attempts}: {diagnosis}"
        summary = f"run {manifest.run_id} ended well, but {why}"
        advice = "see whether the node can write to this file system; then `autolab monitor`"
        if manifest.remote is not None:
            advice = f"`autolab remote check {manifest.remote.profile}`; then `autolab monitor`, which goes on with it"
        return answer(StageOutcome.NEEDS_RETRY, summary, advice, _STAGE)
    said = (manifest.scheduler or {}).get("stuck") or observation.reason
    if observation.accounting_due:
        said = f"its job has ended ({observation.native_state}); what the accounting says of that comes in a moment"
    advice = ""
    if manifest.remote is not None and observation.state is JobState.UNKNOWN:
        advice = f"`autolab remote check {manifest.remote.profile}` says whether it can be reached"
    return answer(StageOutcome.STAY, f"run {manifest.run_id} is {manifest.status}{f': {said}' if said else ''}", advice)


def refresh(context: StageContext, run: RunPaths) -> tuple[RunManifest, JobObservation]:
    """Look once at one run, and write what is new. The caller holds the stage lock."""
    seen, *_ = fold(context, ask(context, [run]))
    return seen.manifest, seen.observation


def wait_for_end(context: StageContext, run: RunPaths) -> RunManifest:
    """Look again and again, ever less often, until there is nothing left to wait for. Returns the manifest.

    A local run is looked at without writing until it has ended, a Slurm run with all that a look writes.
    """
    began, pause = time.monotonic(), _FIRST_WAIT_SECONDS
    pace: Pace | None = None
    while True:
        heard, *_ = asked = _ask_again(context, run)
        context.progress(heard.observation, time.monotonic() - began)
        if heard.manifest.watched_by_slurm or Seen(run, heard.manifest, heard.manifest, heard.observation).over:
            with context.repository.stage_lock("monitor", wait=LOCK_SECONDS):
                seen, *_ = fold(context, asked)
            if seen.over or waits_for_files(seen.manifest):
                return seen.manifest
            failed = heard.observation.state is JobState.UNKNOWN
            pace = pace or pace_of(context)
            wait = pace.after([heard.observation], new=seen.new, failed=failed, now=context.now())
            time.sleep(max(wait, context.least_seconds))
        else:
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_WAIT_SECONDS)


def _ask_again(context: StageContext, run: RunPaths) -> tuple[Asked, ...]:
    root = context.repository.root
    try:
        return ask(context, [run])
    except DocumentError as error:
        if root.is_dir():
            raise
        raise UsageError(f"{root} is not there any more; what became of the run cannot be said") from error
