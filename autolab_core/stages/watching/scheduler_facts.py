"""``scheduler`` in a Slurm run's manifest: what was said about its job, short and bounded. Pure.

Only what changes when something happens is kept, not what changes with every look: a manifest is written again when
there is something new to read in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from autolab_core.models.job import Answer, JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.argv import ACCOUNTING_FIELDS, SEPARATOR
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = ["absent", "accounted", "exit_text", "missed", "recorded", "remembered", "text_of", "unknown_note"]

_NOTES: Final = 20
_NOTE_CHARACTERS: Final = 300
_ROWS: Final = 50
# What `sacct --format=JobID,State,ExitCode,Elapsed,MaxRSS` shows stands first in what is asked.
_SHOWN: Final = 5
# Set while the job cannot be asked about, and while it is not listed; both end with the next look that sees it.
_PASSING: Final = ("note", "unknown_since", "absent_since", "absent_looks")


def exit_text(observation: JobObservation) -> str | None:
    """``code:signal``, as Slurm writes it; None when nobody said how it ended."""
    if observation.exit_code is None and observation.signal is None:
        return None
    return f"{observation.exit_code or 0}:{observation.signal or 0}"


def recorded(manifest: RunManifest, observation: JobObservation) -> RunManifest:
    """*manifest* with what *observation* says of the job. What an earlier look knew and this one does not, is kept."""
    ended = observation.state in ENDED_JOB_STATES
    usage = observation.usage
    said = {key: value for key, value in (manifest.scheduler or {}).items() if key not in _PASSING}
    said["state"] = observation.native_state or observation.state.value
    said["reason"] = observation.reason or None
    said["exit"] = exit_text(observation) if ended else None
    said["ended_at"] = observation.ended_at if ended else None
    said["stuck"] = observation.stuck
    given: dict[str, Any] = {"attempt": observation.attempt}
    if usage is not None:
        given["limit"] = None if usage.limit is None else str(Duration(usage.limit))
        if ended:
            given["elapsed"] = None if usage.elapsed is None else str(Duration(usage.elapsed))
            given["max_rss"] = None if usage.max_rss is None else f"{usage.max_rss // 1024}K"
    if ended:
        given["sacct"] = accounted(observation.answers) or None
    said |= {key: value for key, value in given.items() if value is not None}
    notes = _with_notes(said.get("notes"), observation.notes)
    if notes:
        said["notes"] = notes
    return attrs.evolve(manifest, scheduler=said)


def remembered(manifest: RunManifest) -> JobObservation:
    """What the last look at a job that has ended saw, from *manifest* alone: nobody is asked about it any more."""
    said = manifest.scheduler or {}
    native, ended_at = text_of(said, "state"), text_of(said, "ended_at") or manifest.timestamps.completed_at
    if native == JobState.COMPLETED.value and said.get("exit") == "0:0":
        return JobObservation(JobState.COMPLETED, 0, "", manifest.timestamps.started_at, ended_at, native_state=native)
    reason = manifest.failure.reason if manifest.failure else text_of(said, "reason") or ""
    return JobObservation(JobState.FAILED, None, reason, manifest.timestamps.started_at, ended_at, native_state=native)


def missed(manifest: RunManifest, observation: JobObservation, now: datetime) -> RunManifest:
    """*manifest* once the job could not be asked about: noted when that begins, and not again until it is over."""
    said = manifest.scheduler or {}
    if "unknown_since" in said:
        return manifest
    reason = (observation.reason or "no answer")[:_NOTE_CHARACTERS]
    return attrs.evolve(manifest, scheduler={**said, "note": reason, "unknown_since": format_utc(now)})


def unknown_note(manifest: RunManifest) -> str | None:
    """The outage that *manifest* is in, in words that are the same as long as it lasts; None when it is in none."""
    said = manifest.scheduler or {}
    if "unknown_since" not in said:
        return None
    return f"not known since {said['unknown_since']}: {said.get('note')}"


def absent(manifest: RunManifest, now: datetime, looks_at_most: int) -> tuple[RunManifest, datetime, int]:
    """*manifest* with one more look at which the job was not listed; since when it is not, and how many there were.

    The looks are counted up to *looks_at_most*. Where the clock went back, they begin again.
    """
    said = {key: value for key, value in (manifest.scheduler or {}).items() if key not in ("note", "unknown_since")}
    since, looks = parse_timestamp(str(said.get("absent_since"))), said.get("absent_looks")
    if since is None or since > now or not isinstance(looks, int):
        since, looks = now, 0
    looks = min(looks + 1, looks_at_most)
    said |= {"absent_since": format_utc(since), "absent_looks": looks}
    return attrs.evolve(manifest, scheduler=said), since, looks


def accounted(answers: tuple[Answer, ...]) -> list[str]:
    """The rows of the last answer of sacct, steps included: ``JobID|State|ExitCode|Elapsed|MaxRSS``, at most 50."""
    rows: list[str] = []
    for answer in answers:
        if "sacct" in answer.argv and answer.exit_code == 0:
            found = [line.split(SEPARATOR)[:_SHOWN] for line in answer.stdout.splitlines()]
            rows = ["|".join(row) for row in found if len(row) == _SHOWN and row[0][:1].isdigit()] or rows
    return ["|".join(ACCOUNTING_FIELDS[:_SHOWN]), *rows[:_ROWS]] if rows else []


def _with_notes(before: object, new: tuple[str, ...]) -> list[str]:
    kept = [str(note) for note in before] if isinstance(before, list | tuple) else []
    fresh = [note[:_NOTE_CHARACTERS] for note in new]
    return [*kept, *dict.fromkeys(note for note in fresh if note not in kept)][-_NOTES:]


def text_of(said: Mapping[str, Any], key: str) -> str | None:
    """The text under *key*; None where there is none, or something else."""
    value = said.get(key)
    return value if isinstance(value, str) and value else None
