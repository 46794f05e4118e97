"""``.autolab/prompts/rendered/<stage>.context.json``: all that the work of a stage starts from, for a program to check.

Every path is relative to the repository's root. Nothing in it is of the moment: the same files give the same context.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra, is_id
from autolab_core.models.manifest import ProbeResult
from autolab_core.models.state import FocusTask
from autolab_core.vocab.states import HostMode, RunStatus, Stage, Verdict

__all__ = [
    "ContextHost",
    "ContextIteration",
    "ContextRun",
    "ContextTodo",
    "EnvironmentContract",
    "FailedCheck",
    "LastVerification",
    "LineBudget",
    "PromptPart",
    "RequiredInput",
    "StageContextFile",
]

_COUNT = attrs.validators.ge(0)


@attrs.frozen
class ContextIteration:
    """The iteration, its folder, and the backlog's experiment that it is about (None: found by the iteration)."""

    id: str = attrs.field(validator=is_id)
    path: str
    experiment_id: str | None = attrs.field(default=None, validator=is_id)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ContextRun:
    """The run; ``status`` is its manifest's, None where nothing has been launched."""

    id: str = attrs.field(validator=is_id)
    path: str
    status: RunStatus | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ContextHost:
    """Where the run happens, and what the probes answered: those of the launch where there is a manifest."""

    mode: HostMode
    probes: Mapping[str, ProbeResult] = attrs.field(factory=dict)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RequiredInput:
    """A file that the stage needs; ``sha256`` is None for a file that is not there."""

    path: str
    exists: bool
    sha256: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class LineBudget:
    """How long a file may get. Of the manifest ``max_lines`` is the most that its budget can grow to."""

    path: str
    max_lines: int = attrs.field(validator=_COUNT)
    max_chars: int | None = None
    max_bytes: int | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ContextTodo:
    """The to-do items in focus, those of the stage first; ``open_task_count`` counts the others too."""

    path: str
    open_task_count: int = attrs.field(default=0, validator=_COUNT)
    tasks: tuple[FocusTask, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class FailedCheck:
    """One thing that the last verification objected to. ``message`` None: the result file has its words."""

    rule: str
    status: Verdict
    path: str | None = None
    line: int | None = None
    message: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class LastVerification:
    """The last verification of the run, or of the iteration; ``left_out`` counts failures that are not listed.

    ``problem`` says why the result cannot be read; then ``passed`` is false.
    """

    path: str
    passed: bool
    message: str | None = None
    failures: tuple[FailedCheck, ...] = ()
    left_out: int = attrs.field(default=0, validator=_COUNT)
    problem: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class EnvironmentContract:
    """The block that every launch script runs, and its sha256 (hex); ``problem`` says why there is none."""

    path: str
    activation: str | None = None
    sha256: str | None = None
    problem: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class PromptPart:
    """A template or a shared part that the prompt was made from; ``shipped``: the tool's own, not the repository's."""

    path: str
    shipped: bool
    sha256: str
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class StageContextFile:
    """The context of one stage.

    ``closed`` are folders inside of ``allowed_edit_dirs``, or beside them, that nobody touches. ``may_write`` and
    ``must_not_write`` are about what stages hand to one another; other files are free inside of the allowed folders.
    ``compute_advisory`` is about an iteration with a spec, and null otherwise. ``prompt_sha256`` (hex) is of the prompt
    that belongs to this context, whose ``parts`` begin with its template; None before it is rendered.
    """

    stage: Stage
    iteration: ContextIteration
    host: ContextHost
    run: ContextRun | None = None
    allowed_edit_dirs: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    may_write: tuple[str, ...] = ()
    must_not_write: tuple[str, ...] = ()
    required_inputs: tuple[RequiredInput, ...] = ()
    line_budgets: tuple[LineBudget, ...] = ()
    todo: ContextTodo | None = None
    last_verification: LastVerification | None = None
    environment: EnvironmentContract | None = None
    compute_advisory: Mapping[str, Any] | None = None
    parts: tuple[PromptPart, ...] = ()
    prompt_sha256: str | None = None
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
