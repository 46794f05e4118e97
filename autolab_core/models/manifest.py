"""``run_manifest.json``: what one run is, was asked to be, and turned out to be.

Keys are the contract with existing repositories (``docs/files.md``). Everything that is not needed to act on a run
is optional here: files of other tools are read, and the verifiers say what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from autolab_core.models.checks import extra, is_id, is_time
from autolab_core.models.remote import RemoteRecord
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome, SyncStatus

if TYPE_CHECKING:
    from autolab_core.models.report import Report

__all__ = [
    "JOB_ID_NEEDED",
    "ArtifactSync",
    "Commit",
    "Environment",
    "Failure",
    "ProbeResult",
    "Replicate",
    "ReplicateOf",
    "ResourceRequest",
    "RunManifest",
    "StatusChange",
    "Submission",
    "SyncFault",
    "Timestamps",
    "VerifierSnapshot",
]

# A Slurm run without a job id: not yet submitted (pending), or refused by the scheduler (failed). Never anything else.
JOB_ID_NEEDED: Final = frozenset(RunStatus) - {RunStatus.PENDING, RunStatus.FAILED}


@attrs.frozen
class Commit:
    """What was checked out. ``sha`` None means that ``note`` says why ("not a git repository").

    ``diff_sha256`` is over the changed tracked files (path, mode, bytes), None when ``dirty`` is false;
    ``untracked`` counts files that git neither tracks nor ignores.
    """

    sha: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    diff_sha256: str | None = None
    untracked: int | None = None
    note: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ResourceRequest:
    """What was asked of the machine, from the design. ``memory`` is per node."""

    cpus: int | None = None
    memory: Memory | None = None
    gpu_count: int = 0
    gpu_type: str | None = None
    walltime: Duration | None = None
    partition: str | None = None
    qos: str | None = None
    account: str | None = None
    num_nodes: int | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Timestamps:
    """``started_at`` and ``completed_at`` are the run's own, not the launcher's."""

    created_at: str | None = attrs.field(default=None, validator=is_time)
    started_at: str | None = attrs.field(default=None, validator=is_time)
    completed_at: str | None = attrs.field(default=None, validator=is_time)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class SyncFault:
    """What went wrong while files were brought home. ``kind``: where to look first, a word of ``TransferFault`` as we
    write it; ``transient``: trying again may help; ``exit_code`` is that of the program that copied, ``last_lines`` the
    end of what it said."""

    kind: str
    transient: bool = False
    exit_code: int | None = None
    last_lines: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ArtifactSync:
    """What happened to the run's files. Synonyms of other tools are read as the canonical word (``SYNC_SYNONYMS``).

    ``checksums_sha256`` (hex) is over the bytes of the run's checksum list; ``files`` and ``bytes`` then speak of the
    files that it names. ``failed_attempts`` counts attempts that failed one after another, ``failed_at`` is when the
    last of them was given up (RFC 3339). ``duration_seconds``: how long it took to bring them home and to prove them.
    """

    status: SyncStatus
    method: str | None = None
    files: int | None = None
    bytes: int | None = None
    checksums_sha256: str | None = None
    diagnosis: str | None = None
    duration_seconds: float | None = None
    fault: SyncFault | None = None
    failed_attempts: int | None = None
    failed_at: str | None = attrs.field(default=None, validator=is_time)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ProbeResult:
    """One host probe. ``exit_code`` None means that the command could not be run; ``stderr`` then says why."""

    argv: tuple[str, ...]
    exit_code: int | None
    stdout: str = ""
    stderr: str = ""
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Submission:
    """The token that finds the effect again, and what exactly was started.

    ``own_cluster``: the manifest's ``cluster`` is that of the machine which submitted the job. ``allocation`` is the id
    of the allocation inside which the script was started, instead of being submitted as a job of its own.
    """

    token: str
    script: str | None = None
    script_sha256: str | None = None
    pid: int | None = None
    host: str | None = None
    own_cluster: bool = False
    allocation: str | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.min_len(1)))
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Failure:
    """Why a run is not a success, and what to do. ``native_state`` is the scheduler's own word where there is one."""

    reason: str
    stage: Stage | None = None
    native_state: str | None = None
    exit: str | None = None
    advice: str | None = None
    outcome: StageOutcome | None = None
    missing: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Environment:
    """What the run could rely on: hashes are sha256 hex; ``inputs`` maps a path to ``sha256:<hex>`` or ``missing``."""

    activation_sha256: str | None = None
    python: str | None = None
    platform: str | None = None
    hostname: str | None = None
    packages_sha256: str | None = None
    inputs: Mapping[str, str] = attrs.field(factory=dict)
    note: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class VerifierSnapshot:
    """The last verification's answer, in short."""

    passed: bool
    counts: Mapping[str, int] = attrs.field(factory=dict)
    message: str | None = None
    extra: Mapping[str, Any] = extra()

    @classmethod
    def of(cls, report: Report) -> VerifierSnapshot:
        """*report* in short."""
        return cls(passed=report.passed, counts=report.counts, message=report.message)


@attrs.frozen
class StatusChange:
    """One move of ``status``, with its reason."""

    at: str = attrs.field(validator=is_time)
    status: RunStatus
    why: str = ""
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Replicate:
    """One replicate as its group lists it. A group may list a run that an earlier group started: then it was kept."""

    index: int = attrs.field(validator=attrs.validators.ge(0))
    run_id: str = attrs.field(validator=is_id)
    seed: int
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ReplicateOf:
    """Which replicate of which group a run is. ``group`` is the group that started it, a run of the same iteration."""

    group: str = attrs.field(validator=is_id)
    index: int = attrs.field(validator=attrs.validators.ge(0))
    seed: int
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RunManifest:
    """One run. A run with ``replicates`` is a group: one job array, whose tasks are runs of their own."""

    run_id: str = attrs.field(validator=is_id)
    iteration_id: str = attrs.field(validator=is_id)
    status: RunStatus
    host_mode: HostMode | None = None
    launch_mode: HostMode | None = None
    command: str | None = None
    job_id: str | None = None
    cluster: str | None = None
    resource_request: ResourceRequest | None = None
    timestamps: Timestamps = attrs.field(factory=Timestamps)
    artifact_sync_to_local: ArtifactSync | None = None
    commit: Commit | None = None
    host: Mapping[str, ProbeResult] = attrs.field(factory=dict)
    submission: Submission | None = None
    scheduler: Mapping[str, Any] | None = None
    failure: Failure | None = None
    environment: Environment | None = None
    verifier_snapshot: VerifierSnapshot | None = None
    guard: Mapping[str, Any] | None = None
    review: Mapping[str, Any] | None = None
    remote: RemoteRecord | None = None
    history: tuple[StatusChange, ...] = ()
    replicates: tuple[Replicate, ...] = ()
    replicate: ReplicateOf | None = None
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()

    @property
    def on_slurm(self) -> bool:
        """True when the run is Slurm's: the probes say so or, where no probe is recorded, the launch asked for it."""
        return HostMode.SLURM is (self.launch_mode if self.host_mode is None else self.host_mode)

    @property
    def allocation(self) -> str | None:
        """The allocation of Slurm's that the run was started in; None for a run that is a job of its own, or local."""
        return self.submission.allocation if self.submission is not None else None

    @property
    def watched_by(self) -> HostMode | None:
        """Whose scheduler knows of the run's end: what was started in an allocation is a process, as a local run is."""
        return HostMode.LOCAL if self.allocation is not None else self.host_mode

    @property
    def watched_by_slurm(self) -> bool:
        """True when the run is a job of its own on Slurm, which is asked about it."""
        return self.on_slurm and self.allocation is None

    def __attrs_post_init__(self) -> None:
        if self.on_slurm and not self.job_id and self.status in JOB_ID_NEEDED:
            raise ValueError(f"job_id is missing: a Slurm run that is {self.status.value} needs one")
