"""``.autolab/state.json``, ``backlog.yaml`` and ``todo_focus.json``: where the work stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra, is_id, is_time
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.states import CLOSED_BACKLOG, Stage, StageOutcome

__all__ = ["Backlog", "BacklogExperiment", "FocusTask", "HistoryEntry", "State", "TodoFocus"]


def _is_id_or_empty(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if value and (problem := id_problem(value)) is not None:
        raise ValueError(f"{attribute.name} {value!r} is refused: {problem}")


@attrs.frozen
class HistoryEntry:
    """One thing that happened. ``status`` is the outcome; ``stage_attempt`` the attempts it left behind.

    ``who`` and ``why`` are a person's, whose command it was. Both keys stand in every entry that we write, null where
    no person acted; older entries lack them.
    """

    timestamp_utc: str = attrs.field(validator=is_time)
    stage_before: Stage
    stage_after: Stage
    status: StageOutcome
    summary: str = ""
    stage_attempt: int = 0
    who: str | None = None
    why: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class State:
    """The state machine's memory. An empty ``pending_run_id`` means that no launch is half done."""

    iteration_id: str = attrs.field(validator=is_id)
    stage: Stage
    experiment_id: str = attrs.field(default="", validator=_is_id_or_empty)
    stage_attempt: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    last_run_id: str = attrs.field(default="", validator=_is_id_or_empty)
    pending_run_id: str = attrs.field(default="", validator=_is_id_or_empty)
    sync_status: str = ""
    max_stage_attempts: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    max_total_iterations: int = attrs.field(default=20, validator=attrs.validators.ge(1))
    assistant_mode: str = "off"
    history: tuple[HistoryEntry, ...] = ()
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()

    @property
    def entered_at(self) -> str:
        """When the work came to the stage; empty where the history does not say it. A retry is no entry."""
        for entry in reversed(self.history):
            if entry.stage_after is self.stage and entry.stage_before is not self.stage:
                return entry.timestamp_utc
        return ""


@attrs.frozen
class BacklogExperiment:
    """A backlog entry. ``status`` is free text, but the words of ``vocab.states.CLOSED_BACKLOG`` close it."""

    id: str = attrs.field(validator=is_id)
    status: str
    hypothesis_id: str | None = attrs.field(default=None, validator=is_id)
    type: str | None = None
    iteration_id: str | None = attrs.field(default=None, validator=is_id)
    extra: Mapping[str, Any] = extra()

    @property
    def closed(self) -> bool:
        """True when nobody may touch the experiment until a person re-opens it."""
        return self.status.strip().lower() in CLOSED_BACKLOG


@attrs.frozen
class Backlog:
    """The backlog. Hypotheses are kept as they are; only experiments are judged."""

    hypotheses: tuple[Mapping[str, Any], ...] = ()
    experiments: tuple[BacklogExperiment, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class FocusTask:
    """A to-do item. ``source`` is ``file:line``."""

    task_id: str
    text: str
    stage: str | None = None
    source: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class TodoFocus:
    """The snapshot of to-do items that a stage is given."""

    generated_at: str | None = attrs.field(default=None, validator=is_time)
    stage: str | None = None
    open_task_count: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    focus_tasks: tuple[FocusTask, ...] = ()
    extra: Mapping[str, Any] = extra()
