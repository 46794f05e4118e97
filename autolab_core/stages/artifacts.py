"""``verify_local_artifacts``: are the files of a run here, and are they that run's?"""

from __future__ import annotations

import attrs

from autolab_core.io.atomic import write_bytes
from autolab_core.io.checksums import Entry, render
from autolab_core.io.digest import measure
from autolab_core.io.documents import MAX_BYTES
from autolab_core.io.layout import RunPaths
from autolab_core.io.repository import Repository
from autolab_core.io.run_files import run_files, settled_files
from autolab_core.models.manifest import ArtifactSync, RunManifest
from autolab_core.stages.gate import sha256_of
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import SyncStatus

__all__ = ["LOCAL_METHOD", "record_checksums", "verify_local_artifacts"]

LOCAL_METHOD = "none"  # nothing has to be brought home from this machine


def verify_local_artifacts(repository: Repository, paths: RunPaths, manifest: RunManifest) -> RunManifest:
    """*manifest* with ``artifact_sync_to_local`` as found: ``ok``, or ``failed`` with what is missing as diagnosis."""
    problems = _problems(repository, paths, manifest)
    lengths: dict[str, int] = {}
    try:
        lengths = _settled(repository, paths)
    except DocumentError as error:
        problems.append(str(error))
    sync = ArtifactSync(
        status=SyncStatus.FAILED if problems else SyncStatus.OK,
        method=LOCAL_METHOD,
        files=len(lengths),
        bytes=sum(lengths.values()),
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


def _settled(repository: Repository, paths: RunPaths) -> dict[str, int]:
    return settled_files(run_files(str(repository.absolute(paths.folder)), paths.folder), paths)


def record_checksums(repository: Repository, paths: RunPaths, manifest: RunManifest) -> RunManifest:
    """*manifest* with the run's checksum list on record, once the list is on the disk.

    Listed is what does not change any more. A list too long to be read again is not written; ``diagnosis`` says so.
    Raises DocumentError when a file cannot be read or is written to meanwhile: there is then no new list.
    """
    folder = repository.absolute(paths.folder)
    measured = {
        name: measure(f"{folder}/{name}", f"{paths.folder}/{name}") for name in sorted(_settled(repository, paths))
    }
    source = render(Entry(name, each.sha256) for name, each in measured.items())
    sync = manifest.artifact_sync_to_local or ArtifactSync(SyncStatus.OK, LOCAL_METHOD)
    sync = attrs.evolve(sync, files=len(measured), bytes=sum(each.bytes for each in measured.values()))
    if len(source) > MAX_BYTES:
        diagnosis = f"{len(measured)} files are too many for a checksum list of at most {MAX_BYTES} bytes"
        return attrs.evolve(manifest, artifact_sync_to_local=attrs.evolve(sync, diagnosis=diagnosis))
    write_bytes(repository.absolute(paths.checksums), source)
    return attrs.evolve(manifest, artifact_sync_to_local=attrs.evolve(sync, checksums_sha256=sha256_of(source)))
