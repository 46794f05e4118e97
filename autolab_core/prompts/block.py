"""A stage's context as the list that stands in its prompt for ``{{stage_context}}``. Pure.

What comes from other files is put on one line each, so that no text of a to-do item or a finding can pass for a part of
the prompt itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autolab_core.io.layout import rendered_context
from autolab_core.models.manifest import ProbeResult
from autolab_core.models.stage_context import (
    ContextTodo,
    EnvironmentContract,
    FailedCheck,
    LastVerification,
    StageContextFile,
)

__all__ = ["context_block"]


def context_block(context: StageContextFile) -> str:
    """The list; lines end in LF, the last one in nothing."""
    return "\n".join(_lines(context))


def _lines(context: StageContextFile) -> Iterator[str]:
    iteration = context.iteration
    about = f", experiment `{iteration.experiment_id}`" if iteration.experiment_id else ""
    yield f"- stage: `{context.stage}`"
    yield f"- iteration: `{iteration.id}` in `{iteration.path}`{about}"
    if context.run is not None:
        status = f"status `{context.run.status}`" if context.run.status else "not launched yet"
        yield f"- run: `{context.run.id}` in `{context.run.path}`, {status}"
    yield f"- host mode: `{context.host.mode}`{_probes(context.host.probes.values())}"
    yield f"- allowed_edit_dirs: {_paths(context.allowed_edit_dirs)}"
    if context.closed:
        yield f"- closed, never to be touched: {_paths(context.closed)}"
    yield f"- may write: {_paths(context.may_write)}"
    yield f"- must not write: {_paths(context.must_not_write)}"
    if context.required_inputs:
        yield "- required inputs:"
        yield from (f"  - `{each.path}`{'' if each.exists else ' is MISSING'}" for each in context.required_inputs)
    if context.line_budgets:
        yield "- line budgets:"
        yield from (f"  - `{each.path}`: at most {each.max_lines} lines" for each in context.line_budgets)
    yield from _environment(context.environment)
    yield from _todo(context.todo)
    yield from _verification(context.last_verification)
    yield f"- compute advisory: {'none' if context.compute_advisory is None else 'see the JSON file'}"
    yield f"- all of this, with hashes, as JSON: `{rendered_context(context.stage)}`"


def _probes(probes: Iterable[ProbeResult]) -> str:
    said = [f"`{' '.join(probe.argv)}`: {_answer(probe)}" for probe in probes]
    return f" ({'; '.join(said)})" if said else ""


def _answer(probe: ProbeResult) -> str:
    if probe.exit_code is None:
        return "could not be run"
    return _one_line(probe.stdout) or f"ended with {probe.exit_code}"


def _environment(environment: EnvironmentContract | None) -> Iterator[str]:
    if environment is None:
        return
    if environment.problem is not None:
        yield f"- environment: {_one_line(environment.problem)}"
        return
    yield f"- environment: every launch script begins with the activation block of `{environment.path}`:"
    yield "  ```bash"
    yield from (f"  {line}".rstrip() for line in (environment.activation or "").splitlines())
    yield "  ```"


def _todo(todo: ContextTodo | None) -> Iterator[str]:
    if todo is None or not todo.tasks:
        yield "- to do: nothing in focus"
        return
    yield f"- to do, this stage's first ({todo.open_task_count} open in all, `{todo.path}`):"
    for task in todo.tasks:
        stage = f" [{_one_line(task.stage)}]" if task.stage else ""
        source = f" ({_one_line(task.source)})" if task.source else ""
        yield f"  - {_one_line(task.task_id)}{stage}: {_one_line(task.text)}{source}"


def _verification(last: LastVerification | None) -> Iterator[str]:
    if last is None:
        yield "- last verification: none yet"
        return
    if last.problem is not None:
        yield f"- last verification: {_one_line(last.problem)}"
        return
    message = f": {_one_line(last.message)}" if last.message else ""
    yield f"- last verification (`{last.path}`): {'passed' if last.passed else 'NOT passed'}{message}"
    yield from (f"  - {_failure(each)}" for each in last.failures)
    if last.left_out:
        yield f"  - and {last.left_out} more"


def _failure(failed: FailedCheck) -> str:
    place = f" {failed.path}" if failed.path else ""
    line = f":{failed.line}" if failed.path and failed.line else ""
    return f"{failed.rule} {failed.status}{place}{line} {_one_line(failed.message or '(its words are in the file)')}"


def _paths(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths) or "nothing"


def _one_line(text: str) -> str:
    return " ".join(text.split())
