"""One look at any number of runs: each scheduler is asked once for all of them, and what is new is written.

A look has two halves. ``ask`` reads and asks, and may take as long as a silent controller makes it: nobody is kept
waiting by it. ``fold`` writes, under the stage lock, and reads a manifest again that somebody has changed meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import attrs

from autolab_core.io import answers
from autolab_core.io.atomic import make_dirs
from autolab_core.io.layout import RunPaths
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import RunManifest, VerifierSnapshot
from autolab_core.stages import scheduler_facts as facts
from autolab_core.stages.active import handle_of, observe_run, runs_of, says_settled, unsubmitted
from autolab_core.stages.artifacts import prove_shared_artifacts, verify_local_artifacts
from autolab_core.stages.context import StageContext
from autolab_core.stages.ledger import record
from autolab_core.stages.observe import advance, ended_well, settled, with_sync
from autolab_core.vocab.errors import DocumentError, RunnerError, SchedulerError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, Stage
from autolab_core.vocab.times import format_utc

__all__ = ["Asked", "Seen", "ask", "concluded", "fold"]

# What tells whether a file was replaced: device, inode, length, time of the last change.
_Stamp = tuple[int, int, int, int]


class Asked(NamedTuple):
    """What was heard about one run, and when. ``asked`` is False where its manifest says how it ended: no need."""

    run: RunPaths
    manifest: RunManifest
    observation: JobObservation
    at: datetime
    asked: bool
    stamp: _Stamp | None


class Seen(NamedTuple):
    """What became of one run by a look. ``before`` is its manifest as it was."""

    run: RunPaths
    before: RunManifest
    manifest: RunManifest
    observation: JobObservation

    @property
    def new(self) -> bool:
        """True when there is something to read that was not there before."""
        return self.manifest.status is not self.before.status or self.manifest.scheduler != self.before.scheduler

    @property
    def over(self) -> bool:
        """True when looking again would tell nothing new: the run has ended, or nobody can be asked about it."""
        manifest = self.manifest
        if manifest.on_slurm and manifest.submission is not None:
            return settled(manifest)
        return settled(manifest) or self.observation.state in ENDED_JOB_STATES | {JobState.ABSENT, JobState.UNKNOWN}


def ask(
    context: StageContext,
    runs: Sequence[RunPaths],
    *,
    every: bool = False,
    unreadable: dict[str, str] | None = None,
) -> tuple[Asked, ...]:
    """Ask about *runs*, and with *every* about all others that go on, each scheduler once. It needs no lock.

    A question that fails is an answer, too: ``unknown``. Raises DocumentError for a manifest that cannot be read; with
    *unreadable* that run is left out instead, and its folder is put there with the reason.
    """
    tree, problems = context.repository.tree(many=every), {} if unreadable is None else unreadable
    named = {run.folder: run for run in runs}
    others = (run for run in runs_of(tree, problems) if run.folder not in named) if every else ()
    loaded: list[tuple[RunPaths, RunManifest, _Stamp | None]] = []
    for run in (*named.values(), *others):
        try:
            stamp = _stamp(context, run)  # before it is read: who changes it meanwhile is noticed
            if run.folder in named or not says_settled(tree, run):
                loaded.append((run, context.repository.manifest(run, tree), stamp))
        except DocumentError as error:
            if unreadable is None:
                raise
            unreadable[run.folder] = str(error)
    handles = {run.folder: handle_of(run, manifest) for run, manifest, _ in loaded if _in_a_batch(manifest)}
    heard, now = _observed(context, list(handles.values())), context.now()
    found = []
    for run, manifest, stamp in loaded:
        needless = manifest.on_slurm and settled(manifest)
        if needless:
            observation = facts.remembered(manifest)
        elif run.folder in handles:
            observation = heard[handles[run.folder]]
        else:
            observation = observe_run(context, run, manifest)
        found.append(Asked(run, manifest, observation, now, not needless, stamp))
    return tuple(found)


def _in_a_batch(manifest: RunManifest) -> bool:
    on_slurm = manifest.host_mode is HostMode.SLURM and manifest.submission is not None
    return on_slurm and not settled(manifest) and not unsubmitted(manifest)


def _observed(context: StageContext, handles: Sequence[JobHandle]) -> dict[JobHandle, JobObservation]:
    """One observation for each of *handles*. The monitor's own failure is never a job's."""
    if not handles:
        return {}
    try:
        given = context.schedulers[HostMode.SLURM].observe(handles)
    except (SchedulerError, RunnerError) as error:
        return dict.fromkeys(handles, JobObservation(JobState.UNKNOWN, reason=str(error)))
    return {handle: given.get(handle) or JobObservation(JobState.UNKNOWN, reason="no answer") for handle in handles}


def _stamp(context: StageContext, run: RunPaths) -> _Stamp | None:
    try:
        status = os.stat(f"{context.repository.root}/{run.manifest}")
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def fold(context: StageContext, asked: Sequence[Asked]) -> tuple[Seen, ...]:
    """Write what *asked* tells: answers, manifests, ledger, and for runs that have ended the verification.

    The caller holds the stage lock. Whoever sees the end of a run proves its files and replaces the verifier snapshot.
    Raises StoreError, DocumentError; the next look then writes what this one could not.
    """
    tree = context.repository.tree()
    seen = tuple(_folded(context, each, tree) for each in asked)
    slurm = [each.manifest for each in seen if each.manifest.on_slurm and each.manifest.job_id]
    if slurm:
        # A row for an outage while it lasts: the words stay the same, so that it is one row.
        notes = {each.run_id: note for each in slurm if (note := facts.unknown_note(each)) is not None}
        record(context.repository, slurm, context.now(), notes=notes)
    return tuple(_verified(context, each) for each in seen)


def _folded(context: StageContext, asked: Asked, tree: Tree) -> Seen:
    run, before, observation = asked.run, asked.manifest, asked.observation
    if asked.stamp is None or asked.stamp != _stamp(context, run):
        before = context.repository.manifest(run)
    after = advance(before, observation, asked.at)
    if after.on_slurm:
        if asked.asked and not settled(before):
            _keep(tree, asked, before)
            after = _proven(context, tree, asked, after)
    elif _ended_here(before, after, observation):
        after = verify_local_artifacts(context.repository, run, after)
    if after != before:
        context.repository.save_manifest(run, after)
    return Seen(run, before, after, observation)


def _ended_here(before: RunManifest, after: RunManifest, observation: JobObservation) -> bool:
    local = after.host_mode is HostMode.LOCAL
    return local and observation.state in ENDED_JOB_STATES and not before.status.ended


def _proven(context: StageContext, tree: Tree, asked: Asked, manifest: RunManifest) -> RunManifest:
    """*manifest* with what its files prove, once its job has ended."""
    if not manifest.status.ended and not ended_well(asked.observation):
        return manifest
    sync = prove_shared_artifacts(context.repository, asked.run, manifest, asked.observation.ended_at, asked.at)
    if sync != manifest.artifact_sync_to_local:
        said = attrs.asdict(sync, filter=lambda attribute, _: attribute.name != "extra")
        said["status"] = sync.status.value
        _append(tree, asked.run, answers.Record(answers.SYNC, format_utc(asked.at), facts=said))
    return with_sync(manifest, sync, asked.at)


def _keep(tree: Tree, asked: Asked, manifest: RunManifest) -> None:
    """Keep what was said, for ``autolab monitor --replay``."""
    handle, seen = handle_of(asked.run, manifest), asked.observation
    known = {
        "token": handle.token,
        "job_id": seen.job_id or handle.job_id,
        "cluster": handle.cluster,
        "submitted_at": handle.submitted_at,
    }
    _append(tree, asked.run, answers.Record(answers.LOOK, format_utc(asked.at), concluded(seen), known, seen.answers))


def _append(tree: Tree, run: RunPaths, what: answers.Record) -> None:
    path = Path(tree.absolute(run.answers))
    if not path.parent.is_dir():
        make_dirs(path.parent)
    answers.append(path, what)


def concluded(observation: JobObservation) -> dict[str, object]:
    """What *observation* says, without what changes while nothing happens: how long it has run, how much it has."""
    ended = observation.state in ENDED_JOB_STATES
    said: dict[str, object] = {
        "state": observation.state.value,
        "native": observation.native_state,
        "exit_code": observation.exit_code,
        "signal": observation.signal,
        "reason": observation.reason,
        "started_at": observation.started_at,
        "ended_at": observation.ended_at,
        "stuck": observation.stuck,
        "notes": list(observation.notes),
        "attempt": observation.attempt,
        "job_id": observation.job_id,
    }
    if ended and observation.usage is not None:
        said["usage"] = attrs.asdict(observation.usage)
    return said


def _verified(context: StageContext, seen: Seen) -> Seen:
    """*seen*, judged where it is the look that saw the end."""
    before, after = seen.before, seen.manifest
    ended_there = after.on_slurm and settled(after) and not settled(before)
    ended_here = after != before and after.host_mode is HostMode.LOCAL and seen.observation.state in ENDED_JOB_STATES
    if not ended_there and not ended_here:
        return seen
    root = str(context.repository.root)
    report = context.verify(root, stage=Stage.SLURM_MONITOR, iteration_id=after.iteration_id, run_id=after.run_id)
    after = attrs.evolve(after, verifier_snapshot=VerifierSnapshot.of(report))
    context.repository.save_manifest(seen.run, after)
    return seen._replace(manifest=after)
