"""The markers that a job leaves in its ``logs`` folder: pure parsing. Damaged ones are told from absent ones."""

from __future__ import annotations

from typing import Any

import attrs

from autolab_core.io.documents import parse_json
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.times import is_timestamp

__all__ = [
    "CancelRequest",
    "ExitMarker",
    "SignalMarker",
    "StartMarker",
    "fields_of",
    "parse_cancel",
    "parse_exit",
    "parse_signal",
    "parse_start",
    "text_of",
    "time_of",
    "whole_of",
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
class SignalMarker:
    """Written by a Slurm job that was told to stop. Fields are None where it died while it wrote."""

    token: str | None = None
    signal: str | None = None
    at: str | None = None


@attrs.frozen
class CancelRequest:
    """Written by whoever wants the run to end, before anything is signalled. A None token could not be read."""

    token: str | None = None
    reason: str = "cancelled on request"

    @property
    def detail(self) -> str:
        """The request in a few words, for the record."""
        return self.reason if self.reason.startswith("cancelled") else f"cancelled: {self.reason}"


def fields_of(source: bytes, shown: str) -> dict[str, Any]:
    """The keys of a marker. Raises DocumentError when it is no JSON object."""
    data = parse_json(source, shown).data
    if not isinstance(data, dict):
        raise DocumentError(shown, "is not a mapping of keys to values")
    return data


def text_of(value: object) -> str | None:
    """*value* where it is a text."""
    return value if isinstance(value, str) else None


def whole_of(value: object) -> int | None:
    """*value* where it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time_of(value: object) -> str | None:
    """*value* where it is an RFC 3339 time."""
    return value if isinstance(value, str) and is_timestamp(value) else None


def parse_start(source: bytes, shown: str) -> StartMarker:
    """The start marker. An unreadable one still proves that the script began: its fields are None."""
    try:
        data = fields_of(source, shown)
    except DocumentError:
        return StartMarker()
    return StartMarker(
        text_of(data.get("token")),
        whole_of(data.get("pid")),
        text_of(data.get("host")),
        time_of(data.get("started_at")),
    )


def parse_exit(source: bytes, shown: str) -> ExitMarker:
    """The exit marker. Raises DocumentError when it does not say how the run ended: then it proves nothing."""
    data = fields_of(source, shown)
    token, code, at = text_of(data.get("token")), whole_of(data.get("exit_code")), time_of(data.get("finished_at"))
    if token is None or code is None or at is None:
        raise DocumentError(shown, "does not hold token, exit_code and finished_at")
    return ExitMarker(token, code, at)


def parse_signal(source: bytes, shown: str) -> SignalMarker:
    """The marker of a signal. An unreadable one still proves that the job was told to stop: its fields are None."""
    try:
        data = fields_of(source, shown)
    except DocumentError:
        return SignalMarker()
    return SignalMarker(text_of(data.get("token")), text_of(data.get("signal")), time_of(data.get("at")))


def parse_cancel(source: bytes, shown: str) -> CancelRequest:
    """The request to cancel. An unreadable one still is a request."""
    try:
        data = fields_of(source, shown)
    except DocumentError:
        return CancelRequest()
    return CancelRequest(text_of(data.get("token")), text_of(data.get("reason")) or CancelRequest().reason)
