"""What a local run left in its ``logs`` folder: pure parsing of the markers. Damaged ones are told from absent ones."""

from __future__ import annotations

from typing import Any

import attrs

from autolab_core.io.documents import parse_json
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.times import is_timestamp

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
class StartMarker:
    """Written by the script first of all. Every field may be None: the script can die while it writes."""

    token: str | None = None
    pid: int | None = None
    host: str | None = None
    started_at: str | None = None


@attrs.frozen
class ExitMarker:
    """Written by the script last of all, whole or not at all."""

    token: str
    exit_code: int
    finished_at: str


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
class CancelRequest:
    """Written by whoever wants the run to end, before anything is signalled. A None token could not be read."""

    token: str | None = None
    reason: str = "cancelled on request"

    @property
    def detail(self) -> str:
        """The request in a few words, for the record."""
        return self.reason if self.reason.startswith("cancelled") else f"cancelled: {self.reason}"


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


def _fields(source: bytes, shown: str) -> dict[str, Any]:
    data = parse_json(source, shown).data
    if not isinstance(data, dict):
        raise DocumentError(shown, "is not a mapping of keys to values")
    return data


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None


def _time(value: object) -> str | None:
    return value if isinstance(value, str) and is_timestamp(value) else None


def parse_start(source: bytes, shown: str) -> StartMarker:
    """The start marker. An unreadable one still proves that the script began: its fields are None."""
    try:
        data = _fields(source, shown)
    except DocumentError:
        return StartMarker()
    return StartMarker(
        _text(data.get("token")), _whole(data.get("pid")), _text(data.get("host")), _time(data.get("started_at"))
    )


def parse_exit(source: bytes, shown: str) -> ExitMarker:
    """The exit marker. Raises DocumentError when it does not say how the run ended: then it proves nothing."""
    data = _fields(source, shown)
    token, code, at = _text(data.get("token")), _whole(data.get("exit_code")), _time(data.get("finished_at"))
    if token is None or code is None or at is None:
        raise DocumentError(shown, "does not hold token, exit_code and finished_at")
    return ExitMarker(token, code, at)


def parse_cancel(source: bytes, shown: str) -> CancelRequest:
    """The request to cancel. An unreadable one still is a request."""
    try:
        data = _fields(source, shown)
    except DocumentError:
        return CancelRequest()
    return CancelRequest(_text(data.get("token")), _text(data.get("reason")) or CancelRequest().reason)


def parse_supervision(source: bytes, shown: str) -> Supervision:
    """The supervisor's record; fields that are missing are None. Raises DocumentError when it cannot be read."""
    data = _fields(source, shown)
    return Supervision(
        pid=_whole(data.get("pid")),
        host=_text(data.get("host")),
        grace_seconds=_seconds(data.get("grace_seconds")),
        stopping=_text(data.get("stopping")),
        detail=_text(data.get("detail")),
        exit_code=_whole(data.get("exit_code")),
        ended_at=_time(data.get("ended_at")),
    )
