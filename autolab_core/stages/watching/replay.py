"""``monitor --replay``: every status of a Slurm run derived again, offline, from what was kept of each look.

The answers go through the same pure functions as when they came: parse, conclude, advance. What a person, another tool
or a fault did to the manifest afterwards then shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import attrs

from autolab_core.io import answers
from autolab_core.io.layout import RunPaths
from autolab_core.io.repository import Repository
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import ArtifactSync, RunManifest, Timestamps
from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.conclude import conclude
from autolab_core.schedulers.slurm.evidence import evidence_of
from autolab_core.stages.watching.look import concluded
from autolab_core.stages.watching.observe import ABSENT_GRACE, ABSENT_LOOKS, advance, with_sync
from autolab_core.stages.watching.scheduler_facts import text_of
from autolab_core.stages.watching.site import span
from autolab_core.vocab.errors import DocumentError, ParseError, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import RunStatus, SyncStatus
from autolab_core.vocab.times import parse_timestamp

__all__ = ["Replay", "Step", "replay"]


class Step(NamedTuple):
    """One look, or what the files proved: when, the scheduler's word, the run's status after it, and why.

    ``again`` says how often the same was seen once more, the last time at ``until``.
    """

    at: str
    state: str
    status: str
    why: str
    again: int = 0
    until: str = ""


class Replay(NamedTuple):
    """All steps, the statuses that they lead through and those on record, and where they differ (empty: nowhere)."""

    run_id: str
    steps: tuple[Step, ...]
    derived: tuple[str, ...]
    on_record: tuple[str, ...]
    differences: tuple[str, ...]


def replay(repository: Repository, run: RunPaths) -> Replay:
    """Derive the statuses of *run* again. Reads files alone.

    Raises UsageError for a run that is not Slurm's or of which nothing was kept, DocumentError for an unreadable file.
    """
    manifest = repository.manifest(run)
    if not manifest.watched_by_slurm:
        what = "a local run" if manifest.allocation is None else f"a run inside allocation {manifest.allocation}"
        raise UsageError(f"run {manifest.run_id} is {what}: its lock and its markers tell, no answers are kept")
    if manifest.replicates:
        parts = ", ".join(each.run_id for each in manifest.replicates)
        raise UsageError(f"run {manifest.run_id} is a group, nobody is asked about it; replay a replicate: {parts}")
    try:
        records = answers.read(repository.absolute(run.answers), run.answers)
    except DocumentError:
        if repository.tree().exists(run.answers):
            raise
        raise UsageError(f"{run.answers} does not exist: nobody has looked at run {manifest.run_id} yet") from None
    now, first = _as_launched(manifest)
    steps: list[Step] = []
    differences: list[str] = []
    for record in records:
        if record.kind == answers.LOOK:
            seen, problem = _derived(record)
            now = _looked(now, seen, record)
            steps.append(_step(record, seen.native_state or seen.state.value, now, seen.stuck or seen.reason))
            if problem:
                differences.append(f"{record.at}: {problem}")
        elif record.kind == answers.SYNC and (sync := _sync(record.facts)) is not None:
            now = with_sync(now, sync, _time(record.at))
            why = sync.diagnosis or f"{sync.files} files are here and proven"
            steps.append(_step(record, f"files {sync.status}", now, why))
        elif record.kind == answers.DROPPED:
            steps.append(Step("", "", "", f"{record.facts.get('lines')} lines were left out here: the file was full"))
    derived = tuple(entry.status.value for entry in now.history[first:])
    on_record = _on_record(manifest, first)
    gap = any(record.kind == answers.DROPPED for record in records)
    differences += _compared(derived, on_record, gap)
    return Replay(manifest.run_id, tuple(steps), derived, on_record, tuple(differences))


def _as_launched(manifest: RunManifest) -> tuple[RunManifest, int]:
    """*manifest* as the launch had left it, and how many entries its history had then."""
    submitted = [at for at, entry in enumerate(manifest.history) if entry.status is RunStatus.SUBMITTED]
    count = submitted[0] + 1 if submitted else min(1, len(manifest.history))
    status = manifest.history[count - 1].status if count else RunStatus.SUBMITTED
    sync = manifest.artifact_sync_to_local
    bare = attrs.evolve(
        manifest,
        status=status,
        history=manifest.history[:count],
        timestamps=Timestamps(created_at=manifest.timestamps.created_at),
        scheduler=None,
        failure=None,
        artifact_sync_to_local=ArtifactSync(SyncStatus.PENDING, sync.method if sync else None),
    )
    return bare, count


def _derived(record: answers.Record) -> tuple[JobObservation, str]:
    """What the answers of a look say now, and how that differs from what was concluded then."""
    then = _remembered(record)
    if not record.answers:
        return then, ""  # nobody answered: what was concluded is all there is
    handle = JobHandle(
        text_of(record.facts, "token") or "",
        "",
        job_id=text_of(record.facts, "job_id"),
        cluster=text_of(record.facts, "cluster"),
        submitted_at=text_of(record.facts, "submitted_at"),
    )
    try:
        evidence = evidence_of(handle, record.answers, _time(record.at))
    except ParseError as error:
        return then, str(error)
    seen = attrs.evolve(conclude(evidence), answers=record.answers)
    was, now = record.concluded, concluded(seen)
    keys = [key for key in ("state", "native", "exit_code", "signal") if was.get(key) != now.get(key)]
    told = ", ".join(f"{key} {was.get(key)!r}, now {now.get(key)!r}" for key in keys)
    return seen, f"what was answered was taken for {told}" if told else ""


def _remembered(record: answers.Record) -> JobObservation:
    said = record.concluded
    code = said.get("exit_code")
    try:
        state = JobState(str(said.get("state")))
    except ValueError:
        state = JobState.UNKNOWN
    return JobObservation(
        state,
        code if isinstance(code, int) else None,
        text_of(said, "reason") or "",
        text_of(said, "started_at"),
        text_of(said, "ended_at"),
        native_state=text_of(said, "native"),
        job_id=text_of(said, "job_id"),
        accounting_due=said.get("accounting_due") is True,
    )


def _looked(manifest: RunManifest, seen: JobObservation, record: answers.Record) -> RunManifest:
    """*manifest* after the look and those that saw the same: their number counts for a job that is not listed."""
    grace = _grace(record)
    manifest = advance(manifest, seen, _time(record.at), grace=grace)
    for _ in range(min(record.again, ABSENT_LOOKS)):
        manifest = advance(manifest, seen, _time(record.until), grace=grace)
    return manifest


def _grace(record: answers.Record) -> timedelta:
    """How long the policy of then let a job be listed nowhere."""
    try:
        return span(Duration.parse(text_of(record.facts, "absent_grace") or ""))
    except ValueError:
        return ABSENT_GRACE


def _step(record: answers.Record, state: str, manifest: RunManifest, why: str) -> Step:
    return Step(record.at, state, manifest.status.value, why, record.again, record.until)


def _sync(said: Any) -> ArtifactSync | None:
    known = {name: said.get(name) for name in ("method", "files", "bytes", "checksums_sha256", "diagnosis")}
    try:
        return ArtifactSync(SyncStatus(str(said.get("status"))), **known)
    except (ValueError, TypeError):
        return None


def _on_record(manifest: RunManifest, first: int) -> tuple[str, ...]:
    """The statuses that looks have led to: what comes after ``synced`` or a job's failure is extraction's."""
    found = []
    for entry in manifest.history[first:]:
        if entry.status in {RunStatus.COMPLETED, RunStatus.PARTIAL}:
            break
        found.append(entry.status.value)
        if entry.status in {RunStatus.SYNCED, RunStatus.FAILED}:
            break
    return tuple(found)


def _compared(derived: Sequence[str], on_record: Sequence[str], gap: bool) -> list[str]:
    """How the history differs. A look that was kept, and died before its manifest was written, has one status more."""
    last, recorded = (derived or ["no change"])[-1], (on_record or ["no change"])[-1]
    if last != recorded:
        return [f"the answers lead to {last}, the manifest's history to {recorded}"]
    rest = iter(derived)
    if not gap and not all(status in rest for status in on_record):
        return [f"the answers lead through {', '.join(derived)}; the manifest's history through {', '.join(on_record)}"]
    return []


def _time(text: str) -> datetime:
    """The time that a record carries. Raises UsageError for one that is none: nothing can be derived from it."""
    found = parse_timestamp(text)
    if found is None:
        raise UsageError(f"{text[:40]!r} in the kept answers is no time")
    return found
