"""Extraction of a group: each replicate as the run that it is, then the group's numbers from theirs."""

from __future__ import annotations

from typing import Final

import attrs

from autolab_core.io.atomic import sweep
from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.manifest import Failure, Replicate, RunManifest
from autolab_core.stages.context import StageContext
from autolab_core.stages.group.metrics import group_metrics
from autolab_core.stages.group.status import group_failure
from autolab_core.stages.result import StageResult
from autolab_core.stages.results import (
    STAGE,
    answer,
    final,
    read_results,
    verified,
    with_checksums,
    write_failed_metrics,
)
from autolab_core.stages.watching import scheduler_facts as facts
from autolab_core.stages.watching.observe import ended_well, move
from autolab_core.vocab.states import MetricsStatus, RunStatus, Stage, StageOutcome

__all__ = ["extract_group"]

_AGAIN: Final = "see what still writes there, then `autolab run` extracts again"


def extract_group(context: StageContext, paths: IterationPaths, run: RunPaths, group: RunManifest) -> StageResult:
    """Read the results of every replicate of *group*, which has settled, and make the group's of them.

    A replicate that was read before is not read again. Raises as extraction does: the next one goes on from there.
    """
    if group.status is RunStatus.COMPLETED:
        return final(context, run, group)
    design = context.repository.design(paths)
    replicates = {each.run_id: _extracted(context, paths, run, design, each) for each in group.replicates}
    good = [each for each in group.replicates if replicates[each.run_id].status is RunStatus.COMPLETED]
    status = _status(group, replicates)
    failure = None if status is RunStatus.COMPLETED else group_failure(group, replicates)
    missing = failure.missing if failure is not None else ()
    parts = [(each, context.repository.metrics(run.sibling(each.run_id))) for each in good]
    word = MetricsStatus(status.value)
    context.repository.save_metrics(run, group_metrics(design, group.run_id, parts, word, missing))
    if status is not RunStatus.FAILED:
        group, unlisted = with_checksums(context, run, group)
        if unlisted and failure is None:
            status, why = RunStatus.PARTIAL, "; ".join(unlisted)
            failure = Failure(why, STAGE, advice=_AGAIN, outcome=StageOutcome.NEEDS_RETRY, missing=unlisted)
    why = failure.reason if failure is not None else "its replicates' metrics were read, judged and put together"
    group = attrs.evolve(move(group, status, why, context.now()), failure=failure)
    context.repository.save_manifest(run, group)
    return final(context, run, group) if failure is None else _no_success(context, run, group, replicates)


def _extracted(
    context: StageContext, paths: IterationPaths, run: RunPaths, design: Design, replicate: Replicate
) -> RunManifest:
    """The replicate's manifest once its results are read, where its job left any."""
    repository, mine = context.repository, run.sibling(replicate.run_id)
    sweep(repository.absolute(mine.folder))
    manifest = repository.manifest(mine)
    if manifest.status is RunStatus.COMPLETED:
        return manifest
    if manifest.status is RunStatus.SYNCED or ended_well(facts.remembered(manifest)):
        manifest = read_results(context, paths, mine, design, manifest, facts.remembered(manifest).ended_at)
    elif not repository.tree().exists(mine.metrics):
        reason = manifest.failure.reason if manifest.failure else f"the run is {manifest.status}"
        write_failed_metrics(context, mine, design, manifest, (reason,))
    verified(context, mine, manifest)
    return repository.manifest(mine)


def _status(group: RunManifest, replicates: dict[str, RunManifest]) -> RunStatus:
    statuses = {replicates[each.run_id].status for each in group.replicates}
    if len(statuses) == 1 and statuses <= {RunStatus.COMPLETED, RunStatus.FAILED}:
        return statuses.pop()
    return RunStatus.PARTIAL if RunStatus.COMPLETED in statuses else RunStatus.FAILED


def _no_success(
    context: StageContext, run: RunPaths, group: RunManifest, replicates: dict[str, RunManifest]
) -> StageResult:
    verified(context, run, group)
    failure = group.failure
    assert failure is not None, "a group without success says why"
    summary, advice = f"run {group.run_id} is {group.status}: {failure.reason}", failure.advice or ""
    if failure.outcome is StageOutcome.HUMAN_REVIEW:
        return answer(group, StageOutcome.HUMAN_REVIEW, summary, advice=advice)
    stages = {each.failure.stage for each in (group, *replicates.values()) if each.failure is not None}
    # A job that failed is run again; where only results could not be read, they are read again.
    retry = STAGE if stages <= {STAGE} else Stage.LAUNCH
    return answer(group, StageOutcome.NEEDS_RETRY, summary, retry=retry, advice=advice)
