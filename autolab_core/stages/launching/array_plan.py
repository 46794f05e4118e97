"""A design whose replicates are runs of their own: which there are, and which of them a launch starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from autolab_core.io.layout import IterationPaths
from autolab_core.io.repository import Repository
from autolab_core.models.aggregation import AGGREGATES, DEFAULT_AGGREGATION
from autolab_core.models.design import Design
from autolab_core.models.manifest import Commit, Environment, Replicate, ReplicateOf, RunManifest
from autolab_core.models.replicates import FIXED, INCREMENT, filled, needs_array, replicate_id, seed_of, values_of
from autolab_core.schedulers.slurm.array import TaskArray
from autolab_core.stages.group.status import own_replicates, succeeded
from autolab_core.stages.launching.command import command_line
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import HostMode, RunStatus

__all__ = ["Array", "ArrayRefused", "Before", "Work", "array_of", "check_array", "group_before", "replicate_manifests"]

_STRATEGIES = (INCREMENT, FIXED)


class ArrayRefused(UsageError):
    """A design whose replicates cannot be launched as it asks. ``advice`` is what to write instead."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@attrs.frozen
class Array:
    """``replicates`` are all of the group, in the order of their numbers; ``tasks`` are those that are started now.

    ``note`` says what became of the replicates of an earlier group; empty where there is none.
    """

    replicates: tuple[Replicate, ...]
    tasks: TaskArray
    note: str = ""


@attrs.frozen
class Work:
    """What a replicate's results depend on beside its seed. ``command`` has its placeholders still."""

    command: tuple[str, ...]
    commit: Commit | None
    environment: Environment | None


@attrs.frozen
class Before:
    """The group that was launched before: which of its replicates succeeded (number to manifest)."""

    run_id: str
    succeeded: Mapping[int, RunManifest]


def check_array(design: Design, host_mode: HostMode) -> bool:
    """True when the design's replicates are launched as a job array. Raises ArrayRefused when that cannot be."""
    if not needs_array(design.entrypoint.cli, design.entrypoint.args):
        return False
    replicates = design.replicates
    if replicates is None:
        raise ArrayRefused(
            "the entry point asks for {seed} or {replicate}, but the design has no replicates",
            "add `replicates` to the design, or write the value itself",
        )
    if host_mode is HostMode.LOCAL:
        raise ArrayRefused(
            "replicates are launched as a job array, which this host has not",
            "launch on a Slurm host, or list the seeds in the entry point's arguments",
        )
    if replicates.seed_strategy not in {None, *_STRATEGIES}:
        raise ArrayRefused(
            f"replicates.seed_strategy {replicates.seed_strategy!r} is not known",
            f"write one of: {', '.join(_STRATEGIES)}",
        )
    aggregation = design.metrics.aggregation
    if aggregation is not None and aggregation not in AGGREGATES:
        raise ArrayRefused(
            f"metrics.aggregation {aggregation!r} is not known, and the group's results are made by it",
            f"write one of: {', '.join(AGGREGATES)} (without it: {DEFAULT_AGGREGATION})",
        )
    return True


def group_before(repository: Repository, paths: IterationPaths, run_id: str) -> Before | None:
    """The group *run_id*, when it is one of which some replicates succeeded and others did not. Raises DocumentError.

    A replicate whose manifest is gone, or cannot be read, did not succeed.
    """
    if not run_id or not repository.tree().exists(paths.run(run_id).manifest):
        return None
    group = repository.manifest(paths.run(run_id))
    if not group.replicates or group.status is not RunStatus.PARTIAL:
        return None
    found: dict[int, RunManifest] = {}
    for each in group.replicates:
        try:
            manifest = repository.manifest(paths.run(each.run_id))
        except DocumentError:
            continue
        if succeeded(manifest):
            found[each.index] = manifest
    return Before(run_id, found)


def array_of(design: Design, run_id: str, work: Work, before: Before | None) -> Array:
    """All replicates of *design*, which ``check_array`` let through, as the group *run_id* has them.

    Those that succeeded in *before* are kept, if they did the same *work*; all others are started.
    """
    plan = design.replicates
    assert plan is not None, "check_array has seen it"
    strategy = plan.seed_strategy or INCREMENT
    base = plan.base_seed if plan.base_seed is not None else design.compute.seed or 0
    seeds = {index: seed_of(strategy, base, index) for index in range(plan.count)}
    kept: dict[int, str] = {}
    note = ""
    if before is not None:
        kept, note = _kept(before, work, seeds)
    replicates = tuple(
        Replicate(index, kept.get(index) or replicate_id(run_id, index), seed) for index, seed in seeds.items()
    )
    tasks = TaskArray(tuple(index for index in seeds if index not in kept), strategy, base)
    return Array(replicates, tasks, note)


def _kept(before: Before, work: Work, seeds: Mapping[int, int]) -> tuple[dict[int, str], str]:
    """Which replicates need not run again (number to run id), and what to say of that."""
    kept: dict[int, str] = {}
    whys = []
    for index, manifest in before.succeeded.items():
        why = _differs(manifest, work, index, seeds.get(index))
        if why is None:
            kept[index] = manifest.run_id
        else:
            whys.append(why)
    if len(kept) == len(seeds):  # a design that was cut down to what had succeeded
        return {}, f"all replicates again: all that the design asks for succeeded in run {before.run_id}"
    if not kept:
        return {}, f"all replicates again: {whys[0]}" if whys else ""
    again = [str(index) for index in seeds if index not in kept]
    note = f"replicate{'s' if len(again) > 1 else ''} {', '.join(again)} of {len(seeds)}"
    note = f"only {note}, because {len(kept)} succeeded in run {before.run_id}"
    return kept, f"{note}; {whys[0]}" if whys else note


def _differs(manifest: RunManifest, work: Work, index: int, seed: int | None) -> str | None:
    """Why the results of *manifest* are not those of *work*; None when they are."""
    run = f"that of run {manifest.run_id}"
    if manifest.replicate is None or manifest.replicate.seed != seed:
        return f"the seed of replicate {index} is not {run}"
    was, now = manifest.commit or Commit(), work.commit or Commit()
    if now.sha is None or was.sha is None:
        return "no commit on record says that the code is the same"
    if was.sha != now.sha:
        return f"the commit is not {run}"
    if was.diff_sha256 != now.diff_sha256:
        return f"what differs from the commit is not what differed in run {manifest.run_id}"
    if manifest.command != command_line(filled(work.command, values_of(index, seed))):
        return f"the command is not {run}"
    before, after = manifest.environment or Environment(), work.environment or Environment()
    if dict(before.inputs) != dict(after.inputs):
        return f"the inputs are not those of run {manifest.run_id}"
    if before.activation_sha256 != after.activation_sha256:
        return f"the activation block is not {run}"
    return None


def replicate_manifests(group: RunManifest, command: Sequence[str]) -> tuple[RunManifest, ...]:
    """The manifests of the replicates that *group* starts, as they stand before anything is submitted."""
    return tuple(
        attrs.evolve(
            group,
            run_id=each.run_id,
            command=command_line(filled(command, values_of(each.index, each.seed))),
            replicates=(),
            replicate=ReplicateOf(group.run_id, each.index, each.seed),
        )
        for each in own_replicates(group)
    )
