"""Where the artifacts lie that stages own and need (``vocab.ownership``), in one iteration and its run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from autolab_core.io.layout import (
    AUTOLAB,
    AUTOLAB_CONTROL,
    BACKLOG,
    ENVIRONMENT,
    LEDGER,
    STATE,
    TODO_FOCUS,
    IterationPaths,
    RunPaths,
    schema_file,
)
from autolab_core.vocab.ownership import Area, Artifact

__all__ = ["area_folder", "artifact_paths"]

_PLACES: Final[Mapping[Artifact, tuple[str, ...]]] = {
    Artifact.STATE: (STATE,),
    Artifact.BACKLOG: (BACKLOG,),
    Artifact.TODO: (TODO_FOCUS,),
    Artifact.CONTROL: AUTOLAB_CONTROL,
    Artifact.ENVIRONMENT: (ENVIRONMENT,),
    Artifact.MANIFEST_SCHEMA: (schema_file("run_manifest"),),
    Artifact.LEDGER: (LEDGER,),
}
_OF_THE_ITERATION: Final[Mapping[Artifact, Callable[[IterationPaths], tuple[str, ...]]]] = {
    Artifact.HYPOTHESIS: lambda paths: (paths.hypothesis,),
    Artifact.DESIGN: lambda paths: (paths.design,),
    Artifact.REVIEW: lambda paths: (paths.review,),
    Artifact.LAUNCH_SCRIPTS: lambda paths: (paths.run_local, paths.run_slurm),
    Artifact.SUMMARY: lambda paths: (paths.summary,),
    Artifact.DECISION: lambda paths: (paths.decision,),
}
_OF_THE_RUN: Final[Mapping[Artifact, Callable[[RunPaths], tuple[str, ...]]]] = {
    Artifact.MANIFEST: lambda run: (run.manifest,),
    Artifact.LOGS: lambda run: (run.logs,),
    Artifact.EXIT_MARKER: lambda run: (run.exit_marker,),
    Artifact.METRICS: lambda run: (run.metrics,),
    Artifact.CHECKSUMS: lambda run: (run.checksums,),
}


def artifact_paths(artifacts: Iterable[Artifact], paths: IterationPaths, run: RunPaths | None) -> tuple[str, ...]:
    """The files and folders that *artifacts* are, in their order. Without a *run*, those of a run are left out."""
    found: list[str] = []
    for artifact in artifacts:
        if artifact in _PLACES:
            found += _PLACES[artifact]
        elif artifact in _OF_THE_ITERATION:
            found += _OF_THE_ITERATION[artifact](paths)
        elif run is not None:
            found += _OF_THE_RUN[artifact](run)
    return tuple(found)


def area_folder(area: Area, paths: IterationPaths, run: RunPaths | None) -> str | None:
    """The folder that *area* is; None for the run where there is none."""
    if area is Area.ITERATION:
        return paths.folder
    if area is Area.RUN:
        return None if run is None else run.folder
    return AUTOLAB if area is Area.AUTOLAB else ENVIRONMENT.rpartition("/")[0]
