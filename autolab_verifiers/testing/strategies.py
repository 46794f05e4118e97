"""Hypothesis strategies for valid documents and repositories: every builtin verifier passes on what they give.

They vary the sample of ``autolab_verifiers.selftest``: its ids, arms and paths stay, so that documents drawn apart fit
together. What does not belong to the contract between tools is left as it is.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from autolab_core.vocab.states import HostMode, RunStatus
from autolab_core.vocab.times import format_utc
from autolab_verifiers.selftest.repository import (
    ENDED,
    METRICS_DATA,
    RUN_PATHS,
    Repository,
    build,
    manifest_of,
    move_to_slurm,
)

__all__ = ["STATUSES", "Sample", "manifests", "metrics", "repositories"]

STATUSES: Final = (
    RunStatus.COMPLETED,
    RunStatus.PARTIAL,
    RunStatus.FAILED,
    RunStatus.RUNNING,
    RunStatus.SUBMITTED,
    RunStatus.PENDING,
)

# What other tools write beside our keys; nothing of it looks like a template that was not filled in.
_EXTRA: Final = st.dictionaries(
    st.sampled_from(["x_tool", "annotations", "größe"]),
    st.sampled_from([None, True, 3, 2.5, "as planned", ["a", 1], {"nested": {"deep": [None]}}]),
    max_size=2,
)


class Sample(NamedTuple):
    """A valid repository that is not on disk yet. ``metrics`` is None while the run has not ended."""

    status: RunStatus
    host: HostMode
    manifest: dict[str, Any]
    metrics: dict[str, Any] | None

    def build(self, root: Path) -> Repository:
        """Write it into the empty or missing folder *root*."""
        repository = build(root)
        if self.host is HostMode.SLURM:
            repository.to_slurm()
        repository.become(self.status)
        repository.write(RUN_PATHS.manifest, json.dumps(self.manifest, indent=2) + "\n")
        if self.host is HostMode.SLURM:
            repository.ledger()
        if self.metrics is not None:
            repository.write(RUN_PATHS.metrics, json.dumps(self.metrics, indent=2) + "\n")
        return repository

    @contextmanager
    def on_disk(self) -> Iterator[Repository]:
        """The repository in a temporary folder, which is gone afterwards."""
        with TemporaryDirectory(prefix="autolab-sample-") as folder:
            yield self.build(Path(folder) / "repository")


@st.composite
def manifests(
    draw: st.DrawFn,
    statuses: Sequence[RunStatus] = STATUSES,
    hosts: Sequence[HostMode] = (HostMode.LOCAL, HostMode.SLURM),
) -> dict[str, Any]:
    """``run_manifest.json`` of the sample's run, at one of *statuses* on one of *hosts*, at any time."""
    manifest = manifest_of(str(draw(st.sampled_from(list(statuses)))))
    if draw(st.sampled_from(list(hosts))) is HostMode.SLURM:
        move_to_slurm(manifest)
    manifest["commit"].update(
        branch=draw(st.sampled_from(["main", "feature/momentum", "release-2"])),
        dirty=draw(st.booleans()),
        untracked=draw(st.integers(0, 50)),
    )
    later = timedelta(seconds=draw(st.integers(0, 3 * 366 * 86_400)))
    _move(manifest["timestamps"], later)
    for entry in manifest["history"]:
        _move(entry, later, "at")
    return {**manifest, **draw(_EXTRA)}


def _move(times: dict[str, Any], later: timedelta, *names: str) -> None:
    for name in names or tuple(times):
        times[name] = format_utc(datetime.fromisoformat(times[name]) + later)


@st.composite
def metrics(draw: st.DrawFn, status: RunStatus = RunStatus.COMPLETED) -> dict[str, Any]:
    """``metrics.json`` of the sample's run when it ended as *status*, with other values of each seed.

    Means, the primary value and its delta follow from the values of the seeds.
    """
    data: dict[str, Any] = copy.deepcopy(METRICS_DATA)
    for row in data["per_run_metrics"]:
        row["validation_accuracy"] = draw(st.integers(0, 1000)) / 10
        row["validation_loss"] = draw(st.integers(0, 10_000)) / 1000
    for arm in (*data["baseline_results"], *data["variant_results"]):
        rows = [row for row in data["per_run_metrics"] if row["name"] == arm["name"]]
        arm["value"] = fmean(row["validation_accuracy"] for row in rows)
        arm["validation_loss"] = fmean(row["validation_loss"] for row in rows)
    best, baseline = data["variant_results"][0]["value"], data["baseline_results"][0]["value"]
    data["primary_metric"].update(value=best, delta_vs_baseline=best - baseline)
    data["status"] = str(status)
    if status is not RunStatus.COMPLETED:
        data["missing"] = ["momentum_seed2: no record"]
    return {**data, **draw(_EXTRA)}


@st.composite
def repositories(
    draw: st.DrawFn,
    statuses: Sequence[RunStatus] = STATUSES,
    hosts: Sequence[HostMode] = (HostMode.LOCAL, HostMode.SLURM),
) -> Sample:
    """Whole repositories whose run is at one of *statuses* on one of *hosts*; ``on_disk`` writes one for a while."""
    status = draw(st.sampled_from(list(statuses)))
    host = draw(st.sampled_from(list(hosts)))
    manifest = draw(manifests([status], [host]))
    return Sample(status, host, manifest, draw(metrics(status)) if status in ENDED else None)
