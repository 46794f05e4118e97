"""``review approve``: a person says that these very files were reviewed; the gate checks their hashes."""

from __future__ import annotations

import attrs

from autolab_core.git.reader import GitReader
from autolab_core.io import codec
from autolab_core.io.atomic import write_json
from autolab_core.io.layout import ENVIRONMENT, HANDOVER
from autolab_core.io.repository import Repository
from autolab_core.io.tree import Tree
from autolab_core.models.design import Design
from autolab_core.models.review import Review, Reviewed
from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.stages.launching.provenance import declared_inputs
from autolab_core.stages.result import StageResult, apply
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import ReviewStatus, Stage, StageOutcome
from autolab_core.vocab.times import format_utc
from autolab_core.vocab.transitions import TAKEN_UP, TURNS

__all__ = ["approve", "reviewed_files"]

_BEFORE_LAUNCH = frozenset({Stage.IMPLEMENTATION_REVIEW, *TAKEN_UP[Stage.IMPLEMENTATION_REVIEW]})


def approve(context: StageContext, *, who: str, files: tuple[str, ...] = ()) -> StageResult:
    """Write ``status: pass`` with content hashes into ``review_result.json``; the iteration may then be launched.

    Hashed are the design, the environment page, the design's inputs, the source files of its modules, and *files*.
    Raises UsageError for a closed experiment or while blocking findings are listed; LockHeld while a stage is at work:
    what it has half done is nothing to approve.
    """
    if not who.strip():
        raise UsageError("--who must name a person: an approval is on record")
    repository = context.repository
    repository.require_schemas()
    with repository.stage_lock("review approve"):
        return _approve(context, who, files)


def _approve(context: StageContext, who: str, files: tuple[str, ...]) -> StageResult:
    repository = context.repository
    state = repository.state()
    reason = closed_reason(mapped_experiment(state, repository.backlog()))
    if reason is not None:
        raise UsageError(f"{reason}; `autolab reopen` comes first")
    paths = repository.iteration(state.iteration_id)
    design = repository.design(paths)
    before = repository.review(paths) if repository.tree().exists(paths.review) else Review(ReviewStatus.PASS)
    if before.blocking_findings:
        raise UsageError(f"{paths.review} lists {len(before.blocking_findings)} blocking findings; settle them first")
    at = format_utc(context.now())
    tree = repository.tree()
    reviewed = Reviewed(
        design_sha256=sha256_of(tree.source(paths.design)),
        commit=_commit(context, repository),
        files={path: sha256_of(tree.source(path)) for path in reviewed_files(repository, design, files)},
        by=who,
        at=at,
    )
    review = attrs.evolve(before, status=ReviewStatus.PASS, reviewed=reviewed, reviewed_at=at)
    write_json(repository.absolute(paths.review), codec.unstructure(review))
    result = StageResult(
        Stage.IMPLEMENTATION_REVIEW,
        StageOutcome.ADVANCE,
        f"{who} approved {len(reviewed.files) + 1} files",
        advice="`autolab launch`" if state.stage in {*_BEFORE_LAUNCH, Stage.LAUNCH} else TURNS[state.stage],
    )
    if state.stage in _BEFORE_LAUNCH:
        repository.update_state(lambda current: apply(current, result, context.now()))
        from autolab_core.stages.agents.handing_over import close_handover  # of all who come here, few approve

        close_handover(repository)
    elif repository.tree().exists(HANDOVER):
        from autolab_core.stages.agents.handing_over import except_from_edits

        except_from_edits(repository, state, paths.review)
    return result


def _commit(context: StageContext, repository: Repository) -> str | None:
    reader = GitReader(context.runner, str(repository.root))
    return None if reader.absence() else reader.head()


def reviewed_files(repository: Repository, design: Design, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The files whose content a review of *design* is about, besides the design itself.

    Inputs that are folders, missing or outside of the repository are left out: a launch records them. Raises
    DocumentError for one of *more* that is not a file of the repository.
    """
    tree = repository.tree()
    found = {*declared_inputs(design, repository)}
    if tree.exists(ENVIRONMENT):
        found.add(ENVIRONMENT)
    modules = [design.entrypoint.module, design.extract_parser.module if design.extract_parser else None]
    for module in modules:
        if module:
            found.update(_module_files(tree, module))
    for path in more:
        tree.source(path)
    return tuple(sorted({*more, *(path for path in found if _is_file(tree, path))}))


def _is_file(tree: Tree, path: str) -> bool:
    try:
        return tree.exists(path) and not tree.is_folder(path)
    except DocumentError:
        return False


def _module_files(tree: Tree, module: str) -> list[str]:
    """The module's package (every ``.py`` file beside it) where its source lies in the repository."""
    parts = module.split(".")
    for base in ("src/", ""):
        folder = base + "/".join(parts[:-1])
        for source in (f"{base}{'/'.join(parts)}.py", f"{base}{'/'.join(parts)}/__main__.py"):
            if not tree.exists(source):
                continue
            beside = tree.names(folder) if parts[:-1] else ()
            return [source, *(f"{folder}/{name}" for name in beside if name.endswith(".py"))]
    return []
