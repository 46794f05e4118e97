"""Runs that are being watched, on a terminal: a table that is drawn over itself; elsewhere a line each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TextIO

from autolab_core.models.resources import Duration
from autolab_core.stages.watching.look import Seen
from autolab_core.stages.watching.watch import Round
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = ["Table", "plain"]

_HEADER: Final = ("RUN", "JOB", "STATE", "STATUS", "ELAPSED/LIMIT", "IN QUEUE", "REASON")
_NARROW: Final = 80


def plain(seen: Seen, now: datetime) -> str:
    """One run in one line."""
    run, job, state, status, times, queued, why = _cells(seen, now)
    return f"{run} job {job}: {state}, {status}, {times} elapsed, {queued} in queue{f': {why}' if why else ''}"


def _cells(seen: Seen, now: datetime) -> tuple[str, ...]:
    manifest, observation, usage = seen.manifest, seen.observation, seen.observation.usage
    created, started = (
        parse_timestamp(each or "") for each in (manifest.timestamps.created_at, manifest.timestamps.started_at)
    )
    ended = parse_timestamp(manifest.timestamps.completed_at or observation.ended_at or "")
    waited = (started or ended or now) - created if created is not None else None
    elapsed = usage.elapsed if usage is not None and usage.elapsed is not None else None
    if started is not None and elapsed is None:
        elapsed = int(((ended or now) - started).total_seconds())
    limit = usage.limit if usage is not None else None
    sync = manifest.artifact_sync_to_local
    failure = manifest.failure.reason if manifest.failure else ""
    why = failure or observation.stuck or observation.reason or (sync.diagnosis if sync else "") or ""
    return (
        manifest.run_id,
        manifest.job_id or "-",
        observation.native_state or observation.state.value,
        manifest.status.value,
        f"{_clock(elapsed)}/{_clock(limit)}",
        _clock(None if waited is None else int(waited.total_seconds())),
        why,
    )


def _clock(seconds: int | None) -> str:
    return "-" if seconds is None else str(Duration(max(seconds, 0)))


class Table:
    """A table on the terminal *stream*. Each ``show`` draws over the one before, and never beyond the window."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0

    def show(self, shown: Round) -> None:
        width, height = self._window()
        rows = [_HEADER, *(_cells(each, shown.at) for each in shown.seen)]
        fits = max(height - 4, 2)
        lines = [line[:width] for line in _aligned(rows[:fits])]
        if len(rows) > fits:
            lines.append(f"... and {len(rows) - fits} more runs"[:width])
        lines.append(self._footer(shown)[:width])
        back = f"\x1b[{self._drawn}F" if self._drawn else ""
        self._stream.write(back + "".join(f"\x1b[2K{_printable(line)}\n" for line in lines) + "\x1b[J")
        self._stream.flush()
        self._drawn = len(lines)

    def _window(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except OSError:
            return _NARROW, 24
        return size.columns or _NARROW, size.lines or 24

    def _footer(self, shown: Round) -> str:
        at = format_utc(shown.at)
        if shown.problem:
            return f"{at} this look failed: {shown.problem}; next look in {shown.pause:.0f} s"
        return f"{at} nothing goes on" if shown.pause is None else f"{at} next look in {shown.pause:.0f} s"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADER) - 1)]
    return [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1])) for row in rows
    ]


def _printable(line: str) -> str:
    """What a scheduler said must not write to the terminal."""
    return "".join(character if character.isprintable() else "?" for character in line)
