"""``verify_local_artifacts``: are the files of a run here, and are they that run's?"""

from __future__ import annotations

import os
from typing import NamedTuple

import attrs

from autolab_core.io.layout import RunPaths
from autolab_core.io.repository import Repository
from autolab_core.models.manifest import ArtifactSync, RunManifest
from autolab_core.stages.gate import sha256_of
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import SyncStatus

__all__ = ["LOCAL_METHOD", "verify_local_artifacts"]

LOCAL_METHOD = "none"  # nothing has to be brought home from this machine
_NOT_COUNTED = frozenset({"run_manifest.json", "verification_result.json", "metrics.json"})


class _Count(NamedTuple):
    files: int
    bytes: int


def verify_local_artifacts(repository: Repository, paths: RunPaths, manifest: RunManifest) -> RunManifest:
    """*manifest* with ``artifact_sync_to_local`` as found: ``ok``, or ``failed`` with what is missing as diagnosis."""
    problems = _problems(repository, paths, manifest)
    counted = _count(repository, paths)
    sync = ArtifactSync(
        status=SyncStatus.FAILED if problems else SyncStatus.OK,
        method=LOCAL_METHOD,
        files=counted.files,
        bytes=counted.bytes,
        diagnosis="; ".join(problems) or None,
    )
    return attrs.evolve(manifest, artifact_sync_to_local=sync)


def _problems(repository: Repository, paths: RunPaths, manifest: RunManifest) -> list[str]:
    tree = repository.tree()
    problems = []
    if not tree.is_folder(paths.logs):
        problems.append(f"{paths.logs} is missing")
    # A run that was stopped hard, or never began, may lack its markers; its failure says so.
    wanted = () if manifest.failure else (paths.start_marker, paths.exit_marker)
    problems += [f"{path} is missing" for path in wanted if not tree.exists(path)]
    recorded = manifest.submission.script_sha256 if manifest.submission else None
    if recorded is not None:
        try:
            if sha256_of(tree.source(paths.script)) != recorded:
                problems.append(f"{paths.script} is not the script that was started")
        except DocumentError as error:
            problems.append(str(error))
    return problems


def _count(repository: Repository, paths: RunPaths) -> _Count:
    files = total = 0
    root = repository.absolute(paths.folder)
    for folder, _folders, names in os.walk(root):
        for name in names:
            full = os.path.join(folder, name)
            if (folder == str(root) and name in _NOT_COUNTED) or not os.path.isfile(full):
                continue
            files += 1
            total += os.path.getsize(full)
    return _Count(files, total)
