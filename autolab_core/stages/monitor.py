"""``monitor``: one look at the current run, or at every run that has not settled, folded into files and state.

Nothing here waits for a job except ``wait_for_end``, which is this step in a loop.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.state import State
from autolab_core.stages.context import StageContext
from autolab_core.stages.look import Asked, Seen, ask, fold
from autolab_core.stages.observe import settled
from autolab_core.stages.pace import Pace
from autolab_core.stages.result import StageResult, apply
from autolab_core.stages.site import pace_of
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
    """The run that the state is about, or *run_id* of the same iteration. Raises UsageError when there is none."""
    state = context.repository.state()
    paths = context.repository.iteration(state.iteration_id)
    chosen = run_id or state.last_run_id
    if not chosen:
        raise UsageError(f"iteration {state.iteration_id} has no run yet; `autolab launch` starts one")
    return paths, paths.run(chosen)


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
            from autolab_core.stages.prompting import prompt_once  # a look at every run need not load it

            prompt_once(context, _STAGE, state.iteration_id, state.last_run_id)
    unreadable: dict[str, str] = {}
    asked = ask(context, [] if current is None else [current], every=every, unreadable=unreadable if every else None)
    with repository.stage_lock("monitor", wait=LOCK_SECONDS):
        seen = fold(context, asked)
        result = _result(current, seen, unreadable)
        about_it = result.run_id in {None, state.last_run_id}
        if current is not None and about_it and current.folder not in unreadable:
            _into_state(context, result, next(each.manifest for each in seen if each.run.folder == current.folder))
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
            context.repository.update_state(lambda state: apply(state, result, context.now()))
    return Look(result)


def _into_state(context: StageContext, result: StageResult, manifest: RunManifest) -> None:
    """Record *result*, when the state is at this stage. That a run still goes on is recorded once, not at each look."""
    repository = context.repository
    state = repository.state()
    if state.stage is not _STAGE:
        return
    sync = manifest.artifact_sync_to_local
    word = sync.status.value if sync else state.sync_status

    def change(current: State) -> State:
        return attrs.evolve(apply(current, result, context.now()), sync_status=word)

    last = state.history[-1] if state.history else None
    told = last is not None and (last.stage_before, last.summary) == (_STAGE, result.summary)
    if result.outcome is not StageOutcome.STAY or not told or word != state.sync_status:
        repository.update_state(change)


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
        summary = f"run {manifest.run_id} ended well, but its files are not proven to be here: {diagnosis}"
        advice = "see whether the node can write to this file system; then `autolab monitor`"
        return answer(StageOutcome.NEEDS_RETRY, summary, advice, _STAGE)
    said = (manifest.scheduler or {}).get("stuck") or observation.reason
    if observation.accounting_due:
        said = f"its job has ended ({observation.native_state}); what the accounting says of that comes in a moment"
    return answer(StageOutcome.STAY, f"run {manifest.run_id} is {manifest.status}{f': {said}' if said else ''}")


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
            time.sleep(pace.after([heard.observation], new=seen.new, failed=failed, now=context.now()))
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
