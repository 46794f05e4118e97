"""``.autolab/handover.json``: the stage that an agent has in hand, and what its work is held against.

The file is there from the moment when a stage is handed over until it is taken back. It says what was lying about
then, so that what the agent changed can be told from what others had changed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.models.checks import extra, is_id, is_time
from autolab_core.vocab.states import Stage
from autolab_core.vocab.times import is_timestamp

__all__ = ["GONE", "AgentRun", "EditBase", "Handover"]

# What stands in place of a hash for a file that was deleted.
GONE: Final = "deleted"


def _is_time_or_empty(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if value and not is_timestamp(value):
        raise ValueError(f"{attribute.name} {value!r} is neither empty nor an RFC 3339 time with an offset")


@attrs.frozen
class EditBase:
    """What edits are counted from: the commit that HEAD named, and each path that differed from it.

    ``commit`` is None before the first commit. ``changed`` has the sha256 (hex) of each such file's bytes, ``deleted``
    for one that was gone; what is no plain file has its git mode and a colon in front, a folder (a submodule, say) one
    hash for all that is in it. ``note`` says why nothing can be said of edits (no git, no repository); then the other
    two are empty.
    """

    commit: str | None = None
    changed: Mapping[str, str] = attrs.field(factory=dict)
    note: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class AgentRun:
    """A command that does the stage's work. ``ended_at`` is None while it is at work, or when nobody saw its end.

    ``guard`` is the id of the guard's record, ``level`` the guard's level, ``exit_code`` as a shell gives it. ``log``
    has what the command wrote. ``timed_out``: it was ended because its time was over; ``interrupted``: because
    somebody pressed Ctrl-C.
    """

    argv: tuple[str, ...]
    started_at: str = attrs.field(validator=is_time)
    log: str
    guard: str = attrs.field(validator=is_id)
    ended_at: str | None = attrs.field(default=None, validator=is_time)
    exit_code: int | None = None
    level: str | None = None
    timed_out: bool = False
    interrupted: bool = False
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Handover:
    """A stage in an agent's hand. All paths are relative to the repository's root.

    ``entered_at`` is the time of the history entry that entered the stage (empty where there is none): another time is
    another stay at the stage, and another hand-over. ``awaited`` are the files that the stage has to bring, or the
    folders in which something has to change. ``judged`` has the sha256 of what of it lay there already at the
    hand-over; once the work was judged (``judged_at``), of that and of every file that had changed since the base.
    There is something to judge when something else is there. ``objections`` are, by path, what was wrong then.
    """

    stage: Stage
    iteration_id: str = attrs.field(validator=is_id)
    handed_over_at: str = attrs.field(validator=is_time)
    prompt: str
    context: str
    run_id: str | None = attrs.field(default=None, validator=is_id)
    stage_attempt: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    entered_at: str = attrs.field(default="", validator=_is_time_or_empty)
    awaited: tuple[str, ...] = ()
    base: EditBase = attrs.field(factory=EditBase)
    judged: Mapping[str, str] = attrs.field(factory=dict)
    judged_at: str | None = attrs.field(default=None, validator=is_time)
    objections: Mapping[str, str] = attrs.field(factory=dict)
    agent: AgentRun | None = None
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
