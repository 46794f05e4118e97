"""``status``: where things stand, from files alone. Imports nothing heavy: people type this all the time."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from typing import Any, NamedTuple

from autolab_core.io.layout import STATE, VERIFICATION_RESULT, IterationPaths
from autolab_core.io.tree import Tree
from autolab_core.stages.agents.in_hand import InHand, in_hand
from autolab_core.stages.runs import job_of
from autolab_core.vocab.errors import DocumentError, StoreError, UsageError
from autolab_core.vocab.transitions import TURNS

__all__ = ["Status", "read_status"]


class Status(NamedTuple):
    """``run_status`` and ``verified`` are None where there is no run or verification; ``problem`` is what is broken.

    ``handover``: what an agent has in hand; None where nothing is handed over.
    """

    iteration_id: str
    experiment_id: str
    stage: str
    stage_attempt: int
    max_stage_attempts: int
    run_id: str | None
    run_status: str | None
    run_folder: str | None
    verified: bool | None
    verification: str | None
    last_event: str | None
    next: str | None
    problem: str | None
    job: str = ""
    handover: InHand | None = None


def read_status(root: str) -> Status:
    """Where the repository *root* stands. Raises DocumentError when its state cannot be read."""
    tree = Tree(root)
    state = tree.mapping(STATE)
    last, pending = _text(state, "last_run_id"), _text(state, "pending_run_id")
    iteration_id, run_id = _text(state, "iteration_id"), pending or last
    problem = _problem(tree, state)
    run_folder = run_status = None
    job = ""
    try:
        if iteration_id and run_id:
            run = IterationPaths(tree.iteration_folder(iteration_id)).run(run_id)
            run_folder = run.folder
            # A launch that is at work, or was cut short, has named its run before the manifest is there.
            if not pending or tree.exists(run.manifest):
                manifest = tree.mapping(run.manifest)
                run_status, job = _text(manifest, "status"), job_of(manifest)
    except (DocumentError, UsageError) as error:
        problem = problem or str(error)
    handover = None
    try:
        handover = in_hand(tree, state)
    except (DocumentError, StoreError) as error:
        problem = problem or str(error)
    verified, verification = _verification(tree)
    return Status(
        iteration_id=iteration_id or "",
        experiment_id=_text(state, "experiment_id") or "",
        stage=_text(state, "stage") or "",
        stage_attempt=_number(state, "stage_attempt", 0),
        max_stage_attempts=_number(state, "max_stage_attempts", 3),
        run_id=run_id,
        run_status=run_status,
        run_folder=run_folder,
        verified=verified,
        verification=verification,
        last_event=_last_event(state),
        next=next((turn for stage, turn in TURNS.items() if stage == state.get("stage")), None),
        problem=problem,
        job=job,
        handover=handover,
    )


def _problem(tree: Tree, state: dict[str, Any]) -> str | None:
    """What keeps the commands from going on from *state*: the first thing that its schema has against it."""
    try:
        problems = tree.schemas.problems("state", state, plain=True)
    except DocumentError as error:  # the repository's own schema cannot be used
        return str(error)
    if not problems:
        return None
    first = problems[0]
    place = tree.document(STATE).place(first.pointer)
    return str(DocumentError(STATE, first.message, line=place.line, pointer=first.pointer))


def _verification(tree: Tree) -> tuple[bool | None, str | None]:
    if not tree.exists(VERIFICATION_RESULT):
        return None, None
    try:
        result = tree.mapping(VERIFICATION_RESULT)
    except DocumentError as error:
        return None, str(error)
    run = result.get("run")
    at = run.get("generated_at") if isinstance(run, dict) else None
    return result.get("passed") is True, f"{_text(result, 'message') or ''}{f' at {at}' if at else ''}"


def _last_event(state: dict[str, Any]) -> str | None:
    history = state.get("history")
    if not isinstance(history, list) or not history or not isinstance(history[-1], dict):
        return None
    last = history[-1]
    return f"{last.get('timestamp_utc')} {last.get('stage_before')}: {last.get('status')}, {last.get('summary')}"


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None


def _number(data: dict[str, Any], key: str, default: int) -> int:
    value = data.get(key)
    return value if isinstance(value, int) else default
