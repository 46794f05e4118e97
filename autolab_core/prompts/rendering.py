"""A stage's prompt from its context: the values, the text, and the context that belongs to it. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from autolab_core.io import codec
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.layout import rendered_context
from autolab_core.io.tree import Tree
from autolab_core.models.stage_context import PromptPart, StageContextFile
from autolab_core.prompts.block import context_block
from autolab_core.prompts.check import require_values
from autolab_core.prompts.expand import expand
from autolab_core.prompts.sources import Sources
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import placeholder_in

__all__ = ["Rendered", "render", "render_text"]

_FIRST_A_RUN: Final = "the iteration has no run yet; `autolab launch` starts one"
_WHY_EMPTY: Final = {
    "run_id": _FIRST_A_RUN,
    "run_path": _FIRST_A_RUN,
    "experiment_id": "write experiment_id into the state",
}


@attrs.frozen
class Rendered:
    """A prompt, and the context that belongs to it: it has the prompt's hash, and where each part of it came from."""

    text: str
    context: StageContextFile


def render(tree: Tree, context: StageContextFile) -> Rendered:
    """The prompt of the stage that *context* is about, from the templates of *tree* or the shipped ones.

    Raises DocumentError, naming template, line and token, when a token is unknown, has no value, or holds a literal
    placeholder; and as ``prompts.sources`` does for templates that cannot be used.
    """
    _refuse_placeholders(context)
    text, parts = render_text(tree, context.stage.value, _values(context))
    return Rendered(text, attrs.evolve(context, parts=parts, prompt_sha256=sha256_of_bytes(text.encode())))


def render_text(tree: Tree, name: str, values: Mapping[str, str]) -> tuple[str, tuple[PromptPart, ...]]:
    """The template *name* with *values* in place of its tokens, and what it was made from. Raises as ``render``."""
    prompt = Sources(tree).prompt(name)
    require_values(prompt, name, values, _WHY_EMPTY)
    return expand(prompt, values), prompt.parts


def _values(context: StageContextFile) -> dict[str, str]:
    run = context.run
    return {
        "stage": context.stage.value,
        "iteration_id": context.iteration.id,
        "iteration_path": context.iteration.path,
        "experiment_id": context.iteration.experiment_id or "",
        "run_id": run.id if run is not None else "",
        "run_path": run.path if run is not None else "",
        "launch_mode": context.host.mode.value,
        "stage_context": context_block(context),
    }


def _refuse_placeholders(context: StageContextFile) -> None:
    """Raise DocumentError for a literal placeholder in the context, naming the file that it comes from and its key."""
    todo = context.todo
    for index, task in enumerate(todo.tasks if todo is not None else ()):
        for key, text in (("task_id", task.task_id), ("text", task.text), ("source", task.source)):
            literal = placeholder_in(text or "")
            if literal is not None and todo is not None:
                raise DocumentError(
                    todo.path,
                    f"item {task.task_id!r} (no. {index + 1} by stage) holds the unresolved placeholder {literal}",
                    pointer=f"/focus_tasks/*/{key}",
                    hint="fill it in",
                )
    for pointer, text in _texts(codec.unstructure(context), ""):
        literal = placeholder_in(text)
        if literal is not None:
            message = f"would hold the unresolved placeholder {literal}"
            raise DocumentError(rendered_context(context.stage), message, pointer=pointer)


def _texts(data: Any, pointer: str) -> Iterator[tuple[str, str]]:
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, member in members:
        yield from _texts(member, f"{pointer}/{key}")
    if isinstance(data, str):
        yield pointer, data
