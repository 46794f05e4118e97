"""``edit_scope``: an agent that has a stage in hand edits where the stage may, and leaves other stages' files alone.

Judged is what changed since the stage was handed over (``.autolab/handover.json``): committed, staged, unstaged and
untracked changes, but not ignored files. Without an open hand-over of the stage and the iteration nothing is judged,
and git is not asked: what people do while a run goes on is their own affair.

Git says what changed and not who changed it. What Autolab's own commands write is no violation: state, verification
results, locks, rendered prompts, guard's records, experiments' journals, and the folders of other runs.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.io.layout import EXPERIMENTS, HANDOVER, rendered_context, rendered_prompt
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import list_at, text_at

if TYPE_CHECKING:
    from autolab_verifiers.contract.edits import Edits, Work

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "edit_scope", "What was edited lies where the stage may edit, and is its own to write.", scope=Scope.ITERATION
)
_SHOWN: Final = 20
_WAY_OUT: Final = f"put it back; if people changed it meanwhile, remove {HANDOVER}: the stage is then handed over anew"


@VERIFIER.rule("ES001", "every changed file lies in a folder that the stage may edit", hint=_WAY_OUT)
def edits_lie_inside(context: VerifyContext) -> Iterator[Finding]:
    """A stage has its own folders (`allowed_edit_dirs` of its context), so that one task does not become many.

    They follow from the policy's `edit_scope`, the stage and what is closed.
    """
    edits = context.once(_edits)
    folders = ", ".join(edits.allowed) or "nothing"
    yield from _about(context, edits.outside, f"lies outside of what the stage may edit ({folders})")


@VERIFIER.rule("ES002", "no file of another stage was changed", hint=_WAY_OUT)
def others_are_untouched(context: VerifyContext) -> Iterator[Finding]:
    """A monitor that writes metrics, or a review, decides what another stage is there to find out."""
    edits = context.once(_edits)
    yield from _about(context, edits.others, "is not the stage's to write")


@VERIFIER.rule("ES003", "no protected file was changed", hint=_WAY_OUT)
def protected_is_untouched(context: VerifyContext) -> Iterator[Finding]:
    """What runs are judged by, the files of other roles, what is closed, and the spec are for no stage to edit."""
    edits = context.once(_edits)
    yield from _about(context, edits.protected, "is protected from every stage")


@VERIFIER.rule(
    "ES004",
    "the rendered context names the folders that may be edited",
    hint="`autolab render` writes the context anew",
)
def context_agrees(context: VerifyContext) -> Iterator[Finding]:
    """An agent goes by its context; one that names other folders was edited, or the policy changed since."""
    work = context.once(_work)
    path = rendered_context(work.stage)
    found = context.mapping(path)
    prompt = rendered_prompt(work.stage)
    if not context.tree.exists(prompt) or text_at(found, "/prompt_sha256") != context.tree.sha256(prompt):
        raise Skip(f"{path} does not belong to {prompt}")
    run = None if work.run is None else work.run.folder
    if (text_at(found, "/iteration/path"), text_at(found, "/run/path")) != (work.paths.folder, run):
        raise Skip(f"{path} is about something else")
    from autolab_verifiers.contract.edits import folders_of

    folders = list(folders_of(context, work))
    if list_at(found, "/allowed_edit_dirs") != folders:
        message = f"the stage {work.stage} may edit {', '.join(folders) or 'nothing'}, which is not what stands here"
        yield context.at(path, "/allowed_edit_dirs", message)


def _edits(context: VerifyContext) -> "Edits":
    """What was edited. Raises Skip."""
    work = context.once(_work)
    from autolab_verifiers.contract.edits import edits_of

    return edits_of(context, work)


def _work(context: VerifyContext) -> "Work":
    """What is handed over. Raises Skip where nothing is, or something else; DocumentError for a broken hand-over."""
    if not context.tree.exists(HANDOVER):
        raise Skip("no stage is handed over")
    from autolab_verifiers.contract.edits import work_of

    return work_of(context)


def _about(context: VerifyContext, paths: Iterable[str], why: str) -> Iterator[Finding]:
    work = context.once(_work)
    found = list(paths)
    for path in found[:_SHOWN]:
        yield context.missing(
            path, f"was changed after the stage {work.stage} was handed over ({work.since}), and {why}"
        )
    if len(found) > _SHOWN:
        yield context.missing(EXPERIMENTS, f"{len(found)} such files were changed; the first {_SHOWN} are named")
