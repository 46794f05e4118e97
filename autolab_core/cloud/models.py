"""The documents of a run in the cloud. What the runner in the container reads and writes has these keys, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.cloud.versions import VERSION
from autolab_core.models.checks import extra, is_relative_path
from autolab_core.vocab.cloud import CloudEnd, CloudPhase, Requirements

__all__ = [
    "DEFAULT_MAX_HOURS",
    "CloudIntent",
    "DataFolder",
    "Heartbeat",
    "JobDocument",
    "Lease",
    "OutFile",
    "OutObject",
    "RunDocument",
    "RunManifestOut",
    "RunRequest",
    "RunResult",
    "StagedObject",
]

DEFAULT_MAX_HOURS: Final = 12.0
_HEX: Final = frozenset("0123456789abcdef")
_positive = attrs.validators.gt(0)
_not_negative = attrs.validators.ge(0)


def _is_sha256(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if len(value) != 64 or set(value) - _HEX:
        raise ValueError(f"{attribute.name} {value!r} is no SHA-256 in lower-case hex")


def _is_path(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    is_relative_path(instance, attribute, value)


def _is_one_of(words: type[CloudEnd | CloudPhase | Requirements]) -> Any:
    def check(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in list(words):
            raise ValueError(f"{attribute.name} {value!r} is none of {', '.join(words)}")

    return check


@attrs.frozen
class RunRequest:
    """What somebody asks for.

    ``command`` is one line for ``sh -c``, as it was written; ``argv`` is a command in words. One of the two is given.
    ``memory`` is in bytes. ``environment`` names variables whose values go along and can be read in the storage;
    ``secrets`` are known by their names alone, and the engine brings their values.
    """

    spec: str
    output_dir: str
    command: str | None = None
    argv: tuple[str, ...] = ()
    data_dirs: tuple[str, ...] = ()
    cpus: int | None = None
    memory: int | None = None
    gpus: int = 0
    image: str | None = None
    environment: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    max_hours: float = DEFAULT_MAX_HOURS
    engine: str | None = None


@attrs.frozen
class StagedObject:
    """An object of the storage that holds a file, or many in a tar. ``path`` is that of a file alone, below the folder
    that it belongs to; None for a tar. ``mode`` is a file's permission bits."""

    sha256: str = attrs.field(validator=_is_sha256)
    size: int = attrs.field(validator=_not_negative)
    path: str | None = None
    mode: int = 0o644
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class DataFolder:
    """A folder of data, by the blobs that make it up; ``path`` is relative to the repository."""

    path: str = attrs.field(validator=_is_path)
    files: int = attrs.field(validator=_not_negative)
    bytes: int = attrs.field(validator=_not_negative)
    objects: tuple[StagedObject, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RunDocument:
    """``run.json``: everything that the runner needs. Written last, it says that the staging is whole.

    ``deadline`` (RFC 3339) is when nothing of the run may go on any more, however long it waited; ``max_seconds`` is
    how long it may take from its start on. ``commit`` is as manifests have it, and ``patch_sha256`` that of
    ``code.patch``, which leads from that commit to the code that was staged; None where they are equal. ``protected``
    has what the command must not write: paths relative to the repository. ``spot_notice``: the machine may be taken
    away, and says so before.
    """

    run_id: str
    token: str
    created_at: str
    deadline: str
    max_seconds: int = attrs.field(validator=_positive)
    spec: str = attrs.field(validator=_is_path)
    spec_sha256: str = attrs.field(validator=_is_sha256)
    output_dir: str = attrs.field(validator=_is_path)
    code: StagedObject
    command: str | None = None
    argv: tuple[str, ...] = ()
    data: tuple[DataFolder, ...] = ()
    requirements: str = attrs.field(default=Requirements.NONE.value, validator=_is_one_of(Requirements))
    image: str | None = None
    cpus: int | None = None
    memory: int | None = None
    gpus: int = 0
    environment: Mapping[str, str] = attrs.field(factory=dict)
    secrets: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    commit: Mapping[str, Any] = attrs.field(factory=dict)
    patch_sha256: str | None = None
    runner_sha256: str = ""
    sync_seconds: float = 60.0
    spot_notice: bool = False
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class JobDocument:
    """``job.json``: the job that the engine accepted for the run. ``handle`` is the engine's own name for it."""

    run_id: str
    engine: str
    handle: str
    submitted_at: str
    token: str
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Lease:
    """``lease.json``, ``lease.2.json``, …: the runner that carries out the run's attempt of this number.

    Whoever finds it taken ends, unless its holder's heartbeat has long stopped. ``deadline`` is that of this attempt.
    """

    run_id: str
    attempt: int = attrs.field(validator=_positive)
    holder: str
    host: str
    started_at: str
    deadline: str
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Heartbeat:
    """``heartbeat.json``: the last sign of life. ``synced_at`` is when outputs were last brought to the storage.

    ``notice`` is there once the machine is about to be taken away: ``action``, ``time``, and when it was ``seen_at``.
    """

    run_id: str
    attempt: int
    at: str
    phase: str = attrs.field(validator=_is_one_of(CloudPhase))
    synced_at: str | None = None
    notice: Mapping[str, Any] | None = None
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class OutObject:
    """An object below the run that holds outputs: one file, or a ``tar`` of several."""

    key: str
    sha256: str = attrs.field(validator=_is_sha256)
    size: int = attrs.field(validator=_not_negative)
    tar: bool = False
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class OutFile:
    """An output. ``path`` is relative to the output folder; ``object`` counts in the manifest's ``objects`` from 0."""

    path: str
    sha256: str = attrs.field(validator=_is_sha256)
    size: int = attrs.field(validator=_not_negative)
    object: int = attrs.field(validator=_not_negative)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RunManifestOut:
    """``manifest.json``: all outputs, and where each is. ``left_out`` says what was not taken, and why.
    ``so_far``: there may be more."""

    run_id: str
    attempt: int
    at: str
    objects: tuple[OutObject, ...] = ()
    files: tuple[OutFile, ...] = ()
    left_out: tuple[str, ...] = ()
    so_far: bool = False
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RunResult:
    """``result.json``, written last. ``exit_code`` is the command's, as a shell gives it.

    ``reason`` is a word of ``CloudEnd``, ``phase`` is where the run stood then. ``last_lines`` are of the log, or of
    pip where requirements failed. ``guard``: ``level``, and ``changes`` to what is protected. ``notice`` is as in
    ``Heartbeat``.
    """

    run_id: str
    attempt: int
    exit_code: int
    reason: str = attrs.field(validator=_is_one_of(CloudEnd))
    phase: str = attrs.field(validator=_is_one_of(CloudPhase))
    message: str
    started_at: str
    finished_at: str
    seconds: float = 0.0
    command_seconds: float = 0.0
    cpu_seconds: float = 0.0
    manifest_sha256: str | None = None
    outputs_complete: bool = True
    last_lines: tuple[str, ...] = ()
    guard: Mapping[str, Any] = attrs.field(factory=dict)
    notice: Mapping[str, Any] | None = None
    host: Mapping[str, Any] = attrs.field(factory=dict)
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class CloudIntent:
    """``.autolab/cloud/<run id>.json``: what this repository wants, and knows, of a run. It is there before anything
    of the run is anywhere else.

    ``request_sha256`` is of what was asked for, so that asking again finds it. ``commit`` is what was checked out then,
    as manifests have it. ``handle`` and ``place`` are the engine's own name for the job; ``handle`` is None until the
    engine accepted it, ``pulled_at`` until the results are here, ``merged_at`` until the numbers are on the record of
    the experiment. ``ended`` says how it ended (``exit_code``, ``message``, ``last_lines``), once its results are here.
    ``forced`` says who let it begin before the baseline was proven, and why; ``gave_up`` why there will be no job.
    ``artifact_sync_to_local`` is as a run's manifest has it.
    """

    run_id: str
    token: str
    spec: str
    request_sha256: str
    engine: str
    storage: str
    created_at: str
    output_dir: str
    max_hours: float
    commit: Mapping[str, Any] = attrs.field(factory=dict)
    place: str = ""
    staged_at: str | None = None
    handle: str | None = None
    submitted_at: str | None = None
    terminated_at: str | None = None
    gave_up: str | None = None
    pulled_at: str | None = None
    merged_at: str | None = None
    ended: Mapping[str, Any] | None = None
    forced: Mapping[str, Any] | None = None
    artifact_sync_to_local: Mapping[str, Any] | None = None
    schema_version: str = VERSION
    extra: Mapping[str, Any] = extra()
