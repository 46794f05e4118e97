"""One look at any number of runs: each scheduler is asked once for all of them, and what is new is written.

A look has two halves. ``ask`` reads and asks, and may take as long as a silent controller makes it: nobody is kept
waiting by it. ``fold`` writes, under the stage lock, and reads a manifest again that somebody has changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import attrs

from autolab_core.io import answers
from autolab_core.io.atomic import make_dirs
from autolab_core.io.layout import LEDGER, RunPaths
from autolab_core.io.stamps import Stamp
from autolab_core.io.stamps import stamp as stamp_of
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest, VerifierSnapshot
from autolab_core.models.policy import SlurmPolicy
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.look import fold_group, group_seen, open_replicates, tasks_of
from autolab_core.stages.launching.active import handle_of, observe_run, runs_of, says_settled, unsubmitted
from autolab_core.stages.launching.guard_record import with_guard
from autolab_core.stages.ledger import record
from autolab_core.stages.remote.hearing import observed
from autolab_core.stages.watching import scheduler_facts as facts
from autolab_core.stages.watching.artifacts import counted, prove_shared_artifacts, verify_local_artifacts
from autolab_core.stages.watching.observe import advance, ended_well, settled, with_sync
from autolab_core.stages.watching.site import slurm_policy, span
from autolab_core.stages.watching.steady import Known, Steady, again, goes_on
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode, RunStatus, Stage
from autolab_core.vocab.times import format_utc

__all__ = ["Asked", "Seen", "ask", "concluded", "count_looks", "fold"]


# What is known of it is None where the manifest was read anew.
_Loaded = tuple[RunPaths, RunManifest, Stamp | None, Known | None]


class Asked(NamedTuple):
    """What was heard about one run, and when. ``asked`` is False where its manifest says how it ended: no need."""

    run: RunPaths
    manifest: RunManifest
    observation: JobObservation
    at: datetime
    asked: bool
    stamp: Stamp | None


class Seen(NamedTuple):
    """What became of one run by a look. ``before`` is its manifest as it was."""

    run: RunPaths
    before: RunManifest
    manifest: RunManifest
    observation: JobObservation

    @property
    def new(self) -> bool:
        """True when there is something to read that was not there before."""
        if self.manifest is self.before:
            return False
        return self.manifest.status is not self.before.status or self.manifest.scheduler != self.before.scheduler

    @property
    def over(self) -> bool:
        """True when looking again would tell nothing new: the run has ended, or nobody can be asked about it."""
        manifest = self.manifest
        if manifest.watched_by_slurm and manifest.submission is not None:
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

    Of a group its replicates that go on are asked about, too; the answers begin with *runs*, in their order.
    """
    context.steady.begin()
    tree = context.repository.tree(many=every)
    loaded = _loaded(context, tree, runs, every, unreadable)
    tasks = tasks_of(context, tree, _of_groups(loaded))
    handles = {}
    for run, manifest, _, known in loaded:
        if known is not None and known.handle is not None:
            handles[run.folder] = known.handle
        elif _in_a_batch(manifest):
            handles[run.folder] = handle_of(run, manifest)
    handles |= tasks.handles
    sent = {run.folder: manifest.remote.profile for run, manifest, *_ in loaded if manifest.remote is not None}
    said, now = observed(context, handles, sent), context.now()
    said |= tasks.said
    found = []
    for run, manifest, stamp, known in loaded:
        needless = False
        if known is not None and known.handle is not None:
            observation = said[run.folder]
        elif manifest.replicates:
            observation, needless = group_seen(run, manifest, said, tasks), settled(manifest)
        elif manifest.watched_by_slurm and settled(manifest):
            observation, needless = facts.remembered(manifest), True
        elif run.folder in said:
            observation = said[run.folder]
        else:
            observation = observe_run(context, run, manifest)
        found.append(Asked(run, manifest, observation, now, not needless, stamp))
    return tuple(found)


def _loaded(
    context: StageContext, tree: Tree, runs: Sequence[RunPaths], every: bool, unreadable: dict[str, str] | None
) -> list[_Loaded]:
    """The manifests of *runs*, with *every* of the others that go on, and of the replicates of groups among them."""
    steady, named = context.steady, {run.folder: run for run in runs}
    found: list[_Loaded] = []

    def load(run: RunPaths) -> None:
        last = steady.last(run.folder)
        # Before it is read: who changes it meanwhile is noticed.
        stamp = _manifest_stamp(context, run) if last is None else stamp_of(last.path)
        known = last if last is not None and last.stamp == stamp else None
        if known is not None and known.manifest is not None:
            found.append((run, known.manifest, stamp, known))
            return
        if run.folder not in named and (known is not None or (last is not None and stamp is None)):
            return
        try:
            if run.folder in named or not says_settled(tree, run):
                found.append((run, context.repository.manifest(run, tree), stamp, None))
            elif last is None or not last.looks:
                steady.left(run, stamp, None, path=tree.absolute(run.manifest))
        except DocumentError as error:
            if unreadable is None:
                raise
            unreadable[run.folder] = str(error)

    for run in named.values():
        load(run)
    for run in runs_of(tree, {} if unreadable is None else unreadable, steady) if every else ():
        if run.folder not in named:
            load(run)
    for run in open_replicates(tree, _of_groups(found)):
        load(run)
    return found


def _of_groups(loaded: Sequence[_Loaded]) -> list[tuple[RunPaths, RunManifest]]:
    """Those that are a group, or a part of one."""
    return [(run, found) for run, found, *_ in loaded if found.replicates or found.replicate is not None]


def _in_a_batch(manifest: RunManifest) -> bool:
    on_slurm = manifest.watched_by is HostMode.SLURM and manifest.submission is not None and not manifest.replicates
    return on_slurm and not settled(manifest) and not unsubmitted(manifest)


def _manifest_stamp(context: StageContext, run: RunPaths) -> Stamp | None:
    return stamp_of(f"{context.repository.root}/{run.manifest}")


def fold(context: StageContext, asked: Sequence[Asked]) -> tuple[Seen, ...]:
    """Write what *asked* tells: answers, manifests, ledger, and for runs that have ended the verification.

    The caller holds the stage lock. Whoever sees the end of a run proves its files and replaces the verifier snapshot.
    Raises StoreError, DocumentError; the next look then writes what this one could not.
    """
    tree, steady = context.repository.tree(), context.steady
    done = {each.run.folder: _still(tree, steady, each) for each in asked}
    busy = [each for each in asked if done[each.run.folder] is None]
    for known in steady.uncounted(apart_from={folder for folder, seen in done.items() if seen is not None}):
        _count(tree, known)
        steady.forget(known.run.folder)
    open_jobs = any(each.manifest.watched_by_slurm and not settled(each.manifest) for each in busy)
    site = slurm_policy(context) if open_jobs else SlurmPolicy()
    done |= {each.run.folder: _folded(context, each, tree, site) for each in busy if not each.manifest.replicates}
    # A group's status follows from its replicates', so these come first.
    done |= {each.run.folder: _folded_group(context, each, done) for each in busy if each.manifest.replicates}
    seen = tuple(one for each in asked if (one := done[each.run.folder]) is not None)
    _into_ledger(context, seen, {each.run.folder for each in busy})
    return tuple(_verified(context, each) for each in seen)


def _still(tree: Tree, steady: Steady, asked: Asked) -> Seen | None:
    """What became of a run about which all is as it was; None where that is not certain."""
    known = steady.last(asked.run.folder)
    if known is None or not known.holds(asked.stamp, asked.observation):
        return None
    if again(known, asked.at):
        _count(tree, known)
    return Seen(asked.run, asked.manifest, asked.manifest, asked.observation)


def _into_ledger(context: StageContext, seen: Sequence[Seen], busy: Container[str]) -> None:
    """Let the ledger say what the manifests say. One that said so, and is what it was, is not asked about *busy*'s."""
    stamp = stamp_of(f"{context.repository.root}/{LEDGER}")
    rows = []
    for each in seen:
        manifest, known = each.manifest, context.steady.last(each.run.folder)
        told = known is not None and known.ledger is not None and known.ledger == stamp
        if manifest.on_slurm and manifest.job_id and (not told or each.run.folder in busy):
            rows.append(each)
    if not rows:
        return
    # A row for an outage while it lasts: the words stay the same, so that it is one row.
    said = (each.manifest for each in rows)
    notes = {each.run_id: note for each in said if (note := facts.unknown_note(each)) is not None}
    written = record(context.repository, [each.manifest for each in rows], context.now(), notes=notes)
    if stamp is not None and not any(written) and context.steady.is_old(stamp):
        for each in rows:
            if (known := context.steady.last(each.run.folder)) is not None:
                known.ledger = stamp


def _folded(context: StageContext, asked: Asked, tree: Tree, site: SlurmPolicy) -> Seen:
    run, before, observation, stamp = asked.run, asked.manifest, asked.observation, asked.stamp
    if stamp is None or stamp != _manifest_stamp(context, run):
        before, stamp = context.repository.manifest(run), None
    after = advance(before, observation, asked.at, grace=span(site.absent_grace))
    if after.watched_by_slurm:
        if asked.asked and not settled(before):
            _keep(tree, asked, before, site)
            after = _proven(context, tree, asked, after, site)
    elif _ended_here(before, after, observation):
        after = verify_local_artifacts(context.repository, run, after)
    if after.guard is not None and not settled(before):
        after = with_guard(context.repository, run, after, observation)
    if after != before:
        context.repository.save_manifest(run, after)
        stamp = None
    known = context.steady.left(run, stamp, after, path=tree.absolute(run.manifest))
    if known is not None and _in_a_batch(after):
        known.handle = handle_of(run, after)
        if goes_on(observation):
            known.seen, known.kept = observation, asked.at
    return Seen(run, before, after, observation)


def _folded_group(context: StageContext, asked: Asked, done: Mapping[str, Seen | None]) -> Seen:
    run, before = asked.run, asked.manifest
    if asked.stamp is None or asked.stamp != _manifest_stamp(context, run):
        before = context.repository.manifest(run)
    mine = {run.sibling(each.run_id).folder for each in before.replicates}
    seen = {folder: each for folder, each in done.items() if each is not None and folder in mine}
    fresh = {folder: each.manifest for folder, each in seen.items() if each.manifest != each.before}
    after, observation = fold_group(context, run, before, asked.observation, asked.at, fresh)
    if after != before:
        context.repository.save_manifest(run, after)
    return Seen(run, before, after, observation)


def _ended_here(before: RunManifest, after: RunManifest, observation: JobObservation) -> bool:
    local = after.watched_by is HostMode.LOCAL
    return local and observation.state in ENDED_JOB_STATES and not before.status.ended


def _proven(context: StageContext, tree: Tree, asked: Asked, manifest: RunManifest, site: SlurmPolicy) -> RunManifest:
    """*manifest* with what its files prove, once its job has ended."""
    seen = asked.observation
    if not manifest.status.ended and (seen.accounting_due or not ended_well(seen)):
        return manifest
    grace = span(site.sync_grace)
    if manifest.remote is None:
        sync = prove_shared_artifacts(context.repository, asked.run, manifest, seen.ended_at, asked.at, grace=grace)
    else:
        from autolab_core.stages.remote.homecoming import bring_artifacts_home  # few runs are on another machine

        sync = bring_artifacts_home(context, asked.run, manifest, manifest.remote, seen.ended_at, grace=grace)
        grace = timedelta()  # each attempt counts: there was a copy, not a look
    if manifest.status is not RunStatus.FAILED:
        sync = counted(manifest.artifact_sync_to_local, sync, asked.at, apart=grace)
    if sync != manifest.artifact_sync_to_local:
        said = attrs.asdict(sync, filter=lambda attribute, _: attribute.name != "extra")
        said["status"] = sync.status.value
        _append(tree, asked.run, answers.Record(answers.SYNC, format_utc(asked.at), facts=said))
    return with_sync(manifest, sync, asked.at)


def _keep(tree: Tree, asked: Asked, manifest: RunManifest, site: SlurmPolicy) -> None:
    """Keep what was said, for ``autolab monitor --replay``."""
    _append(tree, asked.run, _kept(asked.run, manifest, asked.observation, asked.at, site))


def _count(tree: Tree, known: Known) -> None:
    """Write how often *known* was seen again. Where somebody else has looked since, that is what the file says."""
    if known.looks and known.manifest is not None and known.seen is not None and known.until is not None:
        record = _kept(known.run, known.manifest, known.seen, known.until, SlurmPolicy())
        answers.count(tree.absolute(known.run.answers), record, known.looks)
    known.looks, known.kept = 0, known.until


def _kept(
    run: RunPaths, manifest: RunManifest, seen: JobObservation, at: datetime, site: SlurmPolicy
) -> answers.Record:
    handle = handle_of(run, manifest)
    known = {
        "token": handle.token,
        "job_id": seen.job_id or handle.job_id,
        "cluster": handle.cluster,
        "submitted_at": handle.submitted_at,
    }
    if seen.state is JobState.ABSENT:
        known["absent_grace"] = str(site.absent_grace)  # the policy of then decided what this look led to
    return answers.Record(answers.LOOK, format_utc(at), concluded(seen), known, seen.answers)


def count_looks(context: StageContext) -> None:
    """Write how often runs were seen as they were, before nobody looks any more. The caller holds the stage lock.

    Raises StoreError, DocumentError.
    """
    tree = context.repository.tree()
    for known in context.steady.uncounted():
        _count(tree, known)


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
    if observation.accounting_due:
        said["accounting_due"] = True
    if ended and observation.usage is not None:
        said["usage"] = attrs.asdict(observation.usage)
    return said


def _verified(context: StageContext, seen: Seen) -> Seen:
    """*seen*, judged where it is the look that saw the end."""
    before, after = seen.before, seen.manifest
    if after is before:
        return seen
    ended_there = after.watched_by_slurm and settled(after) and not settled(before)
    ended_here = after != before and after.watched_by is HostMode.LOCAL and seen.observation.state in ENDED_JOB_STATES
    if not ended_there and not ended_here:
        return seen
    root = str(context.repository.root)
    report = context.verify(root, stage=Stage.SLURM_MONITOR, iteration_id=after.iteration_id, run_id=after.run_id)
    after = attrs.evolve(after, verifier_snapshot=VerifierSnapshot.of(report))
    context.repository.save_manifest(seen.run, after)
    return seen._replace(manifest=after)
