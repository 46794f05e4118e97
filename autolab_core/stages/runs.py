"""``ls`` and ``show``: the runs of an iteration, from their files alone."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from typing import Any, NamedTuple

from autolab_core.io.layout import STATE, IterationPaths
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError

__all__ = ["RunLine", "job_of", "list_runs", "replicates_of", "run_documents"]


class RunLine(NamedTuple):
    """One run in short. ``problem`` says why a manifest cannot be read; the other texts are then empty.

    ``job`` is the scheduler's id of it, with the cluster where one is known: ``123``, ``123 on c1``.
    """

    iteration_id: str
    run_id: str
    status: str
    host_mode: str
    started_at: str
    completed_at: str
    primary: str
    problem: str | None
    job: str = ""


def _iteration(tree: Tree, iteration_id: str | None) -> tuple[str, IterationPaths]:
    chosen = iteration_id
    if chosen is None:
        data = tree.document(STATE).data
        chosen = data.get("iteration_id") if isinstance(data, dict) else None
    if not isinstance(chosen, str):
        raise UsageError(f"{STATE} names no iteration; use --iteration")
    return chosen, IterationPaths(tree.iteration_folder(chosen))


def list_runs(root: str, iteration_id: str | None = None) -> tuple[RunLine, ...]:
    """The iteration's runs, oldest first. Folders without a manifest are listed too, with that as their problem."""
    tree = Tree(root)
    chosen, paths = _iteration(tree, iteration_id)
    return tuple(_line(tree, chosen, paths, name) for name in tree.names(paths.runs) if not name.startswith("."))


def _line(tree: Tree, iteration_id: str, paths: IterationPaths, run_id: str) -> RunLine:
    try:
        manifest = tree.mapping(paths.run(run_id).manifest)
    except (DocumentError, UsageError) as error:
        return RunLine(iteration_id, run_id, "", "", "", "", "", str(error))
    times = manifest.get("timestamps")
    times = times if isinstance(times, dict) else manifest
    return RunLine(
        iteration_id,
        run_id,
        str(manifest.get("status", "")),
        str(manifest.get("host_mode", "")),
        str(times.get("started_at") or ""),
        str(times.get("completed_at") or ""),
        _primary(tree, paths.run(run_id).metrics),
        None,
        job_of(manifest),
    )


def job_of(manifest: dict[str, Any]) -> str:
    """The job of the run as people name it; empty where there is none."""
    job_id, cluster, remote = (manifest.get(key) for key in ("job_id", "cluster", "remote"))
    profile = remote.get("profile") if isinstance(remote, dict) else None
    where = f"{f' on {cluster}' if cluster else ''}{f' through {profile}' if profile else ''}"
    return f"{job_id}{where}" if job_id else ""


def replicates_of(manifest: dict[str, Any]) -> list[str]:
    """The run ids of a group's replicates; empty for any other run."""
    listed = manifest.get("replicates")
    entries = listed if isinstance(listed, list) else []
    return [str(each.get("run_id")) for each in entries if isinstance(each, dict)]


def _primary(tree: Tree, path: str) -> str:
    try:
        metric = tree.mapping(path).get("primary_metric") if tree.exists(path) else None
    except DocumentError:
        return "unreadable"
    if not isinstance(metric, dict) or metric.get("value") is None:
        return ""
    return f"{metric.get('name')}={metric.get('value')}"


def run_documents(root: str, run_id: str, iteration_id: str | None = None) -> dict[str, Any]:
    """``{"manifest": …, "metrics": … or None, "folder": …}`` of one run. Raises UsageError or DocumentError."""
    tree = Tree(root)
    _chosen, paths = _iteration(tree, iteration_id)
    run = paths.run(run_id)
    if not tree.exists(run.manifest):
        raise UsageError(f"{paths.folder} has no run {run_id!r}; `autolab ls` lists them")
    metrics = tree.mapping(run.metrics) if tree.exists(run.metrics) else None
    return {"folder": run.folder, "manifest": tree.mapping(run.manifest), "metrics": metrics}
