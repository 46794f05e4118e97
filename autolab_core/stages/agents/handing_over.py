"""Handing a stage over to an agent: its prompt and context, what is awaited, and what lies there already.

The hand-over is on disk before anybody is told of it, and it is about one stay at the stage: whoever calls again
finds it. It moves no state.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from autolab_core.git.edits import changed_since, edit_base, fingerprint
from autolab_core.git.history import History
from autolab_core.io import codec
from autolab_core.io.atomic import make_dirs, remove, store_error, write_json
from autolab_core.io.edit_scope import lies_in
from autolab_core.io.layout import (
    AGENT_LOGS,
    AUTOLAB,
    HANDOVER,
    HANDOVER_BEFORE,
    IterationPaths,
    RunPaths,
    rendered_context,
    rendered_prompt,
)
from autolab_core.io.owned import artifact_paths
from autolab_core.io.repository import Repository
from autolab_core.models.handover import GONE, EditBase, Handover
from autolab_core.models.state import State
from autolab_core.prompts import Rendered
from autolab_core.stages.context import StageContext
from autolab_core.stages.prompting.rendering import render_stage, write_prompt
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.errors import DocumentError, StoreError
from autolab_core.vocab.ownership import BRINGS
from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.times import format_utc
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON

__all__ = [
    "AGAIN",
    "begun_by_rendering",
    "brought",
    "close_handover",
    "edited",
    "except_from_edits",
    "hand_over",
    "history_of",
    "open_handover",
    "prompt_again",
    "prompt_is_there",
    "run_of",
    "save",
    "strays",
    "waiting",
]

AGAIN: Final = "`autolab run` again when it is done"
_LOCK_SECONDS: Final = 30.0
_WITH_A_RUN: Final = frozenset({Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS, Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT})
_WAY_OUT: Final = f"remove {HANDOVER}, and `autolab run` hands the stage over anew"


def run_of(state: State) -> str | None:
    """The run that the state's stage is about; None before a launch, when the last run is an earlier one."""
    return state.last_run_id or None if state.stage in _WITH_A_RUN else None


def history_of(context: StageContext) -> History:
    """Where to ask git about the repository."""
    return History(context.runner, str(context.repository.root))


def open_handover(repository: Repository, state: State) -> tuple[Handover | None, str]:
    """The hand-over of the very stay at the stage that *state* is in, and what was done with one that is of another.

    A hand-over that does not fit the state is set aside: the stage was left meanwhile, by a person or by a call that
    was cut short. Raises DocumentError for one that cannot be read.
    """
    try:
        found = repository.handover()
    except DocumentError as error:
        error.hint = error.hint or _WAY_OUT
        raise
    if found is None:
        return None, ""
    if _is_of(found, state):
        return found, ""
    if found.stage not in BRINGS:  # nothing was awaited: Autolab itself did what there was to do
        close_handover(repository)
        return None, ""
    before = repository.absolute(HANDOVER_BEFORE)
    make_dirs(before.parent)
    try:
        os.replace(repository.absolute(HANDOVER), before)
    except OSError as error:
        raise store_error(HANDOVER, "cannot be set aside", error) from error
    return None, f"a hand-over of {found.stage} of {found.iteration_id} that is over was set aside: {HANDOVER_BEFORE}"


def _is_of(handover: Handover, state: State) -> bool:
    said = (handover.stage, handover.iteration_id, handover.entered_at)
    return said == (state.stage, state.iteration_id, state.entered_at)


def hand_over(context: StageContext, state: State, note: str = "") -> tuple[Handover, StageResult]:
    """Render the stage's prompt and write down that it is handed over; *note* is told with it.

    Raises DocumentError and UsageError, before anything is written, for a prompt that cannot be rendered; StoreError,
    LockHeld. Called under the stage lock.
    """
    repository = context.repository
    rendered = render_stage(context, state.stage, run_id=run_of(state), objections={})
    base = edit_base(history_of(context))
    written = write_prompt(repository, rendered)
    handover = _written_down(context, state, rendered, written, base)
    said = StageResult(state.stage, StageOutcome.STAY, f"handed over to an agent: {handover.prompt}")
    repository.update_state(lambda current: apply(current, said, context.now()))
    return handover, waiting(handover, note)


def prompt_is_there(repository: Repository, handover: Handover) -> bool:
    """Whether prompt and context of *handover* still lie where it says: both are nobody's work, and easily removed."""
    tree = repository.tree()
    return all(tree.exists(path) for path in (rendered_prompt(handover.stage), rendered_context(handover.stage)))


def prompt_again(context: StageContext, handover: Handover) -> Rendered:
    """Render and write the prompt of *handover* anew, with what is objected to by now. Raises as ``hand_over``."""
    rendered = render_stage(context, handover.stage, run_id=handover.run_id, objections=handover.objections)
    write_prompt(context.repository, rendered)
    return rendered


def except_from_edits(repository: Repository, state: State, path: str) -> None:
    """*path*, as it lies there now, is no edit of who has the state's stage in hand: a person's command wrote it.

    Raises DocumentError for a hand-over that cannot be read, StoreError. Called under the stage lock.
    """
    found = repository.handover()
    if found is None or not _is_of(found, state) or found.base.note is not None:
        return
    changed = {**found.base.changed, path: fingerprint(str(repository.root), path)}
    save(repository, attrs.evolve(found, base=attrs.evolve(found.base, changed=changed)))


def begun_by_rendering(context: StageContext, rendered: Rendered, written: tuple[str, str]) -> None:
    """Somebody takes the state's own stage in hand by having its prompt rendered: edits count from now on.

    *written* are the paths of prompt and context. Nothing is done for another stage or iteration, or where one is
    handed over already. Raises StoreError, LockHeld, DocumentError.
    """
    repository = context.repository
    state = repository.state()
    about = rendered.context
    if (about.stage, about.iteration.id) != (state.stage, state.iteration_id) or state.stage in LEFT_BY_A_PERSON:
        return
    found = repository.handover()
    if found is not None and _is_of(found, state):
        return  # also while an agent is at work, whose caller holds the lock
    with repository.stage_lock("render", wait=_LOCK_SECONDS):
        if open_handover(repository, state)[0] is None:
            _written_down(context, state, rendered, written, edit_base(history_of(context)))


def _written_down(
    context: StageContext, state: State, rendered: Rendered, written: tuple[str, str], base: EditBase
) -> Handover:
    """The hand-over of the state's stage, on disk. What a stage that needs nobody brings is not awaited."""
    repository = context.repository
    paths = repository.iteration(state.iteration_id)
    brings = BRINGS.get(state.stage)
    awaited: tuple[str, ...] = ()
    if brings is not None:
        awaited = artifact_paths([brings], paths, None)
    elif state.stage in BRINGS:
        awaited = _may_change(rendered.context.allowed_edit_dirs)
    handover = Handover(
        stage=state.stage,
        iteration_id=state.iteration_id,
        handed_over_at=format_utc(context.now()),
        prompt=written[0],
        context=written[1],
        run_id=run_of(state),
        stage_attempt=state.stage_attempt,
        entered_at=state.entered_at,
        awaited=awaited,
        base=base,
    )
    handover = attrs.evolve(handover, judged={} if brings is None else _there(repository, awaited))
    save(repository, handover)
    return handover


def _may_change(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folder for folder in folders if not lies_in(folder, AUTOLAB))


def save(repository: Repository, handover: Handover) -> None:
    """Put *handover* on disk. Raises StoreError."""
    make_dirs(repository.absolute(AGENT_LOGS))
    write_json(repository.absolute(HANDOVER), codec.unstructure(handover))


def close_handover(repository: Repository) -> None:
    """The stage is in nobody's hand any more. Raises StoreError."""
    if repository.tree().exists(HANDOVER):
        remove(repository.absolute(HANDOVER))


def brought(context: StageContext, handover: Handover) -> Mapping[str, str]:
    """What there is of what is awaited, by path, with its hash: files, or what changed in the folders since the base.

    Raises StoreError where what changed cannot be said.
    """
    if BRINGS[handover.stage] is not None:
        return _there(context.repository, handover.awaited)
    changed = edited(context, handover)
    return {path: each for path, each in changed.items() if any(lies_in(path, folder) for folder in handover.awaited)}


def edited(context: StageContext, handover: Handover) -> Mapping[str, str]:
    """Every file that changed since the base, by path, with its hash; what Autolab itself keeps is left out: its own
    folder, and a run's copy of its verification, which each judgement writes anew.

    Raises StoreError where what changed cannot be said.
    """
    root, paths = str(context.repository.root), context.repository.iteration(handover.iteration_id)
    changed = changed_since(history_of(context), handover.base)
    mine = [path for path in changed if not lies_in(path, AUTOLAB) and not _is_verdict(path, paths)]
    return {path: fingerprint(root, path) for path in mine}


def strays(context: StageContext, handover: Handover, paths: Iterable[str]) -> frozenset[str]:
    """Those of the files *paths* that are there now and were not when the stage was handed over.

    None where git cannot tell.
    """
    base, found = handover.base, set[str]()
    try:
        now = edited(context, handover)
        history = history_of(context)
        for path in paths:
            if now.get(path, GONE) == GONE or base.changed.get(path, GONE) != GONE:
                continue
            if path in base.changed or base.commit is None or not history.holds(path, base.commit):
                found.add(path)
    except StoreError:
        return frozenset()
    return frozenset(found)


def _is_verdict(path: str, paths: IterationPaths) -> bool:
    run = posixpath.dirname(path)
    return run.startswith(f"{paths.runs}/") and path == RunPaths(run).verification


def _there(repository: Repository, paths: tuple[str, ...]) -> Mapping[str, str]:
    root = str(repository.root)
    found = {path: fingerprint(root, path) for path in paths}
    return {path: each for path, each in found.items() if each != GONE}


def waiting(handover: Handover, note: str = "", why: str = "") -> StageResult:
    """``stay``: what is awaited, and where it is said. *why* is what keeps the stage from being taken back."""
    what = ", ".join(handover.awaited) or "nothing"
    awaited = f"awaited is a change in {what}" if BRINGS[handover.stage] is None else f"awaited is {what}"
    parts = (note, why, f"the prompt is {handover.prompt}, its context {handover.context}", awaited)
    advice = f"let an agent do what the prompt says; {AGAIN}"
    if handover.judged:
        advice += "; `autolab run --done WHY` takes what is there as it is"
    if handover.base.note is not None and BRINGS[handover.stage] is None:
        advice = f"changes cannot be told ({handover.base.note}); `autolab run --done WHY` when it is done"
    return StageResult(
        handover.stage,
        StageOutcome.STAY,
        "; ".join(part for part in parts if part),
        advice=advice,
        run_id=handover.run_id,
        handover=handover,
    )
