"""What was edited since a stage was handed over: what the rules of ``edit_scope`` are about.

Imported only where a hand-over is open, because only then there is something to ask of git.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from typing import Final, NamedTuple

from autolab_core.git.edits import changed_since
from autolab_core.git.history import History
from autolab_core.guard.closed import closed
from autolab_core.guard.derive import ALWAYS
from autolab_core.io.codec import structure
from autolab_core.io.edit_scope import allowed_edit_dirs, lies_in
from autolab_core.io.experiment_layout import CLOUD_RECORDS, EXPERIMENT_RECORDS, experiment_results
from autolab_core.io.layout import (
    AUTOLAB,
    AUTOLAB_CONTROL,
    AUTOLAB_REWRITES,
    EXPERIMENTS,
    GUARD_AGENT_POLICY,
    HANDOVER,
    HARNESS_SETTINGS,
    STATE,
    TODO_FOCUS,
    IterationPaths,
    RunPaths,
)
from autolab_core.io.owned import artifact_paths
from autolab_core.models.handover import EditBase, Handover
from autolab_core.models.policy import EditScopePolicy
from autolab_core.models.state import State
from autolab_core.vocab.errors import DocumentError, RunnerError, StoreError
from autolab_core.vocab.ownership import Artifact, owned_by
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.states import Stage
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import list_at, text_at

__all__ = ["Edits", "Work", "edits_of", "folders_of", "work_of"]

_WRITES_SPEC: Final = frozenset({Stage.HYPOTHESIS, Stage.DESIGN})
# Other tools bring the to-do items up to date between stages, and Python leaves its compiled files anywhere.
_PASSING: Final = (*AUTOLAB_REWRITES, TODO_FOCUS, EXPERIMENT_RECORDS, CLOUD_RECORDS)
_COMPILED: Final = "__pycache__"
# They have owners, and are still none of an agent's edits: the state is Autolab's to write, the to-do items pass.
_FREE: Final = frozenset({Artifact.STATE, Artifact.TODO})
_ANEW: Final = f"get the commit back; or look at what was done, and remove {HANDOVER}: the stage is handed over anew"


class Work(NamedTuple):
    """What is in an agent's hand: the stage, its iteration and run, since when (RFC 3339), and what lay there then."""

    stage: Stage
    paths: IterationPaths
    run: RunPaths | None
    since: str
    base: EditBase


class Edits(NamedTuple):
    """Paths that were ``outside`` of where may be edited, of ``others``' stages, and ``protected``; each in one only.

    ``allowed``: the folders that may be edited.
    """

    allowed: tuple[str, ...]
    outside: tuple[str, ...]
    others: tuple[str, ...]
    protected: tuple[str, ...]


def work_of(context: VerifyContext) -> Work:
    """What is handed over. Raises Skip where that is not what is judged, DocumentError for a broken hand-over."""
    found = structure(context.tree.document(HANDOVER), Handover)
    if (found.stage, found.iteration_id) != (context.stage, context.iteration_id):
        raise Skip(f"the stage {found.stage} of {found.iteration_id} is handed over, not what is judged here")
    context.mapping(STATE)  # Skip where there is none
    state = structure(context.tree.document(STATE), State)
    if (state.stage, state.iteration_id, state.entered_at) != (found.stage, found.iteration_id, found.entered_at):
        raise Skip(f"the hand-over of the stage {found.stage} is over: the state was elsewhere since")
    paths = context.iteration
    run = None if found.run_id is None else paths.run(found.run_id)
    return Work(found.stage, paths, run, found.handed_over_at, found.base)


def folders_of(context: VerifyContext, work: Work) -> tuple[str, ...]:
    """The folders where the stage may edit, as its context has them. Raises Skip for a wrong policy."""
    return allowed_edit_dirs(_policy(context), work.stage, work.paths, work.run, closed(context.tree.root))


def _policy(context: VerifyContext) -> EditScopePolicy:
    orchestration = context.in_policy("/edit_scope/orchestration")
    allowed = context.in_policy("/edit_scope/allowed")
    texts = [path for path in list_at({"allowed": allowed}, "/allowed") if isinstance(path, str)]
    try:
        return EditScopePolicy(orchestration is True, None if allowed is None else tuple(texts))
    except ValueError as error:
        raise Skip("the policy does not fit its schema (SC010)") from error


def edits_of(context: VerifyContext, work: Work) -> Edits:
    """What was edited since the hand-over. Raises Skip where it was taken without git.

    Raises DocumentError where git could say it then and cannot now: an agent that throws the commit away, or git's
    folder, must not get through for it.
    """
    if work.base.note is not None:
        raise Skip(f"nothing can be said of edits: {work.base.note}")
    try:
        changed = changed_since(History.at(context.tree.root), work.base)
    except (RunnerError, StoreError) as error:
        message = f"what was edited since then cannot be said any more: {error}"
        raise DocumentError(HANDOVER, message, pointer="/base", hint=_ANEW) from error
    protected = _protected(context, work)
    own, others = _artifacts(work)
    allowed = (*folders_of(context, work), *_of_runs(context))
    found: dict[str, list[str]] = {"outside": [], "others": [], "protected": []}
    for path in changed:
        if _is_ours(path):
            continue
        if any(lies_in(path, each) for each in protected):
            found["protected"].append(path)
        elif _is_of_another_run(path, work):
            continue
        elif any(lies_in(path, each) for each in others):
            found["others"].append(path)
        elif not any(lies_in(path, each) for each in (*allowed, *own)):
            found["outside"].append(path)
    return Edits(allowed, **{name: tuple(paths) for name, paths in found.items()})


def _protected(context: VerifyContext, work: Work) -> tuple[str, ...]:
    """What no stage edits: other roles' files, what judges, what is closed, and the spec once it is designed."""
    spec = None if work.stage in _WRITES_SPEC else _spec(context)
    return (
        *(path for path in ALWAYS if path != AUTOLAB),
        *AUTOLAB_CONTROL,
        *HARNESS_SETTINGS,
        *closed(context.tree.root, (work.paths.folder, *_of_runs(context))),
        *(() if spec is None else (spec,)),
    )


def _spec(context: VerifyContext) -> str | None:
    try:
        spec = text_at(context.design(), "/spec")
    except (DocumentError, Skip):
        return None  # SC001 and SC002 say what is wrong with the design
    return None if spec is None or relative_problem(spec) is not None else spec


def _of_runs(context: VerifyContext) -> tuple[str, ...]:
    """Where a run itself writes, beside its own folder."""
    spec = _spec(context)
    policy = [path for path in list_at({"": context.in_policy("/guard/writable")}, "/") if isinstance(path, str)]
    return (*(() if spec is None else (experiment_results(spec),)), *policy)


def _artifacts(work: Work) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the stage writes, wherever it lies, and what is other stages'. What is protected is neither."""
    mine, others = owned_by(work.stage)
    theirs = [each for each in others if each not in _FREE and each is not Artifact.CONTROL]
    return artifact_paths(mine, work.paths, work.run), artifact_paths(theirs, work.paths, work.run)


def _is_ours(path: str) -> bool:
    """Whether Autolab's own commands write *path*, or what passes."""
    return _COMPILED in path.split("/") or (
        path != GUARD_AGENT_POLICY and any(lies_in(path, each) for each in _PASSING)
    )


def _is_of_another_run(path: str, work: Work) -> bool:
    """Whether *path* lies in the folder of a run that is not this one, which may go on beside it."""
    parts = path.split("/")
    of_a_run = parts[0] == EXPERIMENTS and "runs" in parts[2:4]
    return of_a_run and (work.run is None or not lies_in(path, work.run.folder))
