"""Are the files of a run here, and are they that run's? One answer for this machine, one for a shared file system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from autolab_core.io.atomic import write_bytes
from autolab_core.io.checksums import Entry, parse, render
from autolab_core.io.digest import measure
from autolab_core.io.documents import MAX_BYTES
from autolab_core.io.layout import RunPaths
from autolab_core.io.proof import differences
from autolab_core.io.repository import Repository
from autolab_core.io.run_files import run_files, settled_files
from autolab_core.io.tree import Tree
from autolab_core.models.manifest import ArtifactSync, RunManifest
from autolab_core.schedulers.markers import parse_exit, parse_start
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import RunStatus, SyncStatus
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = [
    "LOCAL_METHOD",
    "SHARED_METHOD",
    "SYNC_GRACE",
    "counted",
    "prove_shared_artifacts",
    "record_checksums",
    "unproven",
    "verify_local_artifacts",
]

LOCAL_METHOD = "none"  # nothing has to be brought home from this machine
SHARED_METHOD: Final = "shared_filesystem"  # the node wrote where we read
# A network file system shows what a node has written only after a while: NFS keeps what it knows of a folder for up to
# a minute (acdirmax, nfs(5)). Until twice that has passed a missing file is not missing, it is on its way.
SYNC_GRACE: Final = timedelta(minutes=2)


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
        method=SHARED_METHOD if manifest.on_slurm else LOCAL_METHOD,
        files=len(lengths),
        bytes=sum(lengths.values()),
        diagnosis="; ".join(problems) or None,
    )
    return attrs.evolve(manifest, artifact_sync_to_local=sync)


def prove_shared_artifacts(
    repository: Repository,
    paths: RunPaths,
    manifest: RunManifest,
    ended_at: str | None,
    now: datetime,
    *,
    grace: timedelta = SYNC_GRACE,
) -> ArtifactSync:
    """What can be said of the files of a Slurm run that has ended, where the cluster writes to this file system.

    ``ok``: the markers are those of this run, the script is the one that was submitted, and every file is hashed and on
    the checksum list, which is on the disk when this returns. What is missing within *grace* of the end leaves it
    ``syncing``, later it is ``failed``. Of a run that failed nothing is a result: its logs are counted, marked as
    diagnostic, and no list is written. Raises StoreError when the list cannot be written.
    """
    if manifest.status is RunStatus.FAILED:
        return _diagnostic(repository, paths)
    problems = unproven(repository, paths, manifest)
    if not problems:
        before = ArtifactSync(SyncStatus.OK, SHARED_METHOD)
        try:
            listed = record_checksums(
                repository, paths, attrs.evolve(manifest, artifact_sync_to_local=before)
            ).artifact_sync_to_local
            assert listed is not None
            return listed
        except DocumentError as error:  # something still writes
            problems.append(str(error))
    ended = parse_timestamp(ended_at) if ended_at else None
    early = ended is not None and now - ended < grace
    return ArtifactSync(
        SyncStatus.SYNCING if early else SyncStatus.FAILED, SHARED_METHOD, diagnosis="; ".join(problems)
    )


def counted(before: ArtifactSync | None, sync: ArtifactSync, now: datetime, *, apart: timedelta) -> ArtifactSync:
    """*sync*, where it failed with the attempts that failed before it, *before* being what was known until now.

    A failure that is seen again within *apart* of the last attempt is that attempt's, and not counted twice: who looks
    every second has tried no more often than who looks now and then.
    """
    if sync.status is not SyncStatus.FAILED:
        return sync
    failed = before if before is not None and before.status is SyncStatus.FAILED else None
    attempts = (failed.failed_attempts or 0) if failed is not None else 0
    at = parse_timestamp(failed.failed_at) if failed is not None and failed.failed_at else None
    if failed is not None and attempts and at is not None and now - at < apart:
        return attrs.evolve(sync, failed_attempts=attempts, failed_at=failed.failed_at)
    return attrs.evolve(sync, failed_attempts=attempts + 1, failed_at=format_utc(now))


def _diagnostic(repository: Repository, paths: RunPaths) -> ArtifactSync:
    logs = paths.logs.removeprefix(f"{paths.folder}/")
    try:
        lengths = [length for name, length in _settled(repository, paths).items() if name.startswith(f"{logs}/")]
    except DocumentError as error:
        return ArtifactSync(SyncStatus.FAILED, SHARED_METHOD, diagnosis=f"diagnostic: {error}")
    if not repository.tree().is_folder(paths.logs):
        return ArtifactSync(SyncStatus.FAILED, SHARED_METHOD, diagnosis=f"diagnostic: {paths.logs} is missing")
    return ArtifactSync(
        SyncStatus.OK,
        SHARED_METHOD,
        len(lengths),
        sum(lengths),
        diagnosis="diagnostic: the logs of a run that failed; nothing of it is a result",
    )


def unproven(repository: Repository, paths: RunPaths, manifest: RunManifest) -> list[str]:
    """Why the files that are here are not those of *manifest*, which ended well; empty when they are."""
    return [*_problems(repository, paths, manifest), *_foreign(repository.tree(), paths, manifest)]


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
        launched = paths if manifest.replicate is None else paths.sibling(manifest.replicate.group)
        script = launched.batch_script if manifest.watched_by_slurm else launched.script
        try:
            if sha256_of(tree.source(script)) != recorded:
                problems.append(f"{script} is not the script that was started")
        except DocumentError as error:
            problems.append(str(error))
    return problems


def _foreign(tree: Tree, paths: RunPaths, manifest: RunManifest) -> list[str]:
    """Which of the markers are not those of a run of this token that ended with 0."""
    token = manifest.submission.token if manifest.submission else None
    problems = []
    if token is not None and tree.exists(paths.start_marker):
        try:
            if parse_start(tree.source(paths.start_marker), paths.start_marker).token not in {None, token}:
                problems.append(f"{paths.start_marker} is another job's")
        except DocumentError as error:
            problems.append(str(error))
    if tree.exists(paths.exit_marker):
        try:
            marker = parse_exit(tree.source(paths.exit_marker), paths.exit_marker)
        except DocumentError as error:
            return [*problems, str(error)]
        if token is not None and marker.token != token:
            problems.append(f"{paths.exit_marker} is another job's")
        elif marker.exit_code != 0:
            problems.append(f"{paths.exit_marker} says that the run ended with exit code {marker.exit_code}")
    return problems


def _settled(repository: Repository, paths: RunPaths) -> dict[str, int]:
    return settled_files(run_files(str(repository.absolute(paths.folder)), paths.folder), paths)


def record_checksums(repository: Repository, paths: RunPaths, manifest: RunManifest) -> RunManifest:
    """*manifest* with the run's checksum list on record, once the list is on the disk.

    Listed is what does not change any more. A list too long to be read again is not written; ``diagnosis`` says so.
    A run that gets its results after its files were proven gets a new list then: the metrics are files of it too.
    Raises DocumentError when a file cannot be read or is written to meanwhile, and when one that came from another
    machine is not what that machine's list says: there is then no new list.
    """
    folder = repository.absolute(paths.folder)
    measured = {
        name: measure(f"{folder}/{name}", f"{paths.folder}/{name}") for name in sorted(_settled(repository, paths))
    }
    _check_far_list(repository, paths, {name: each.sha256 for name, each in measured.items()})
    source = render(Entry(name, each.sha256) for name, each in measured.items())
    method = SHARED_METHOD if manifest.on_slurm else LOCAL_METHOD
    sync = manifest.artifact_sync_to_local or ArtifactSync(SyncStatus.OK, method)
    sync = attrs.evolve(sync, files=len(measured), bytes=sum(each.bytes for each in measured.values()))
    if len(source) > MAX_BYTES:
        diagnosis = f"{len(measured)} files are too many for a checksum list of at most {MAX_BYTES} bytes"
        return attrs.evolve(manifest, artifact_sync_to_local=attrs.evolve(sync, diagnosis=diagnosis))
    write_bytes(repository.absolute(paths.checksums), source)
    return attrs.evolve(manifest, artifact_sync_to_local=attrs.evolve(sync, checksums_sha256=sha256_of(source)))


def _check_far_list(repository: Repository, paths: RunPaths, sha256: Mapping[str, str]) -> None:
    """Raise DocumentError unless all that came from another machine is still what it was there.

    The metrics may be made anew here, whatever the job wrote.
    """
    if not repository.tree().exists(paths.far_checksums):
        return
    listed = dict(parse(repository.tree().source(paths.far_checksums), paths.far_checksums))
    listed.pop(paths.metrics.removeprefix(f"{paths.folder}/"), None)
    found = run_files(str(repository.absolute(paths.folder)), paths.folder)
    for name, message in differences(listed, found, sha256.__getitem__):
        raise DocumentError(f"{paths.folder}/{name}", message, hint="launch again, or bring the run home anew")
