"""What a local run left in its ``logs`` folder beside the markers that all jobs leave. Pure."""

from __future__ import annotations

import attrs

from autolab_core.schedulers.markers import (
    CancelRequest,
    ExitMarker,
    StartMarker,
    fields_of,
    parse_cancel,
    parse_exit,
    parse_start,
    text_of,
    time_of,
    whole_of,
)

__all__ = [
    "CancelRequest",
    "Evidence",
    "ExitMarker",
    "StartMarker",
    "Supervision",
    "parse_cancel",
    "parse_exit",
    "parse_start",
    "parse_supervision",
]


@attrs.frozen
class Supervision:
    """The supervisor's own record. ``stopping`` is why it began to stop the run, ``exit_code`` how the script ended.

    ``grace_seconds`` is the time it leaves between INT, TERM and KILL.
    """

    pid: int | None = None
    host: str | None = None
    grace_seconds: float | None = None
    stopping: str | None = None
    detail: str | None = None
    exit_code: int | None = None
    ended_at: str | None = None


@attrs.frozen
class Evidence:
    """Everything that is known about a local run.

    ``alive``: some process of it still holds its lock; ``holders`` names those where it should have none any more.
    """

    alive: bool
    start: StartMarker | None = None
    exit: ExitMarker | None = None
    supervision: Supervision | None = None
    cancel: CancelRequest | None = None
    damaged: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None


def parse_supervision(source: bytes, shown: str) -> Supervision:
    """The supervisor's record; fields that are missing are None. Raises DocumentError when it cannot be read."""
    data = fields_of(source, shown)
    return Supervision(
        pid=whole_of(data.get("pid")),
        host=text_of(data.get("host")),
        grace_seconds=_seconds(data.get("grace_seconds")),
        stopping=text_of(data.get("stopping")),
        detail=text_of(data.get("detail")),
        exit_code=whole_of(data.get("exit_code")),
        ended_at=time_of(data.get("ended_at")),
    )
