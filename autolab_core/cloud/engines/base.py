"""The promise of every engine of ``cloud-run``. One behavioural suite (``tests/contract``) is passed by all of them.

An engine starts one container (or one process) for a run, keeps its time limit without any client, and tells what
became of it. It knows nothing of storage, staging and results: these belong to the runner, which the container runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import attrs

from autolab_core.cloud.engines.observing import NAME_PREFIX, EngineHandle, EngineObservation, Observer, job_name
from autolab_core.models.job import CancelOutcome
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Severity

__all__ = [
    "FOLDER",
    "NAME_PREFIX",
    "S3",
    "Capabilities",
    "Engine",
    "EngineFinding",
    "EngineHandle",
    "EngineJob",
    "EngineObservation",
    "EngineRun",
    "LogPage",
    "Mount",
    "Observer",
    "job_name",
    "require_limit",
]

#: The two kinds of storage that a job may reach: a folder of this machine that is mounted, and an S3 bucket.
FOLDER: Final = "folder"
S3: Final = "s3"


@attrs.frozen
class Mount:
    """A file or folder of this machine, in the container. Both paths are absolute."""

    source: str
    target: str
    read_only: bool = False


@attrs.frozen
class EngineJob:
    """What to start. ``argv`` is run as it is, by no shell.

    ``limit`` is when the engine ends the job by itself, counted from its start; it is never UNLIMITED. ``env`` holds no
    secret: everything in it can be seen by whoever may look at the job. ``secrets`` are names of variables; the engine
    gives each its value out of its own store of secrets. ``labels`` are put on the job beside our own. What is None
    or 0 is left to the engine.
    """

    run_id: str
    argv: tuple[str, ...]
    limit: Duration
    image: str | None = None
    env: Mapping[str, str] = attrs.field(factory=dict)
    secrets: tuple[str, ...] = ()
    cpus: int | None = None
    memory: Memory | None = None
    gpus: int = 0
    mounts: tuple[Mount, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class EngineRun:
    """A job of ours, as the engine lists it. ``created_at`` is RFC 3339; ``limit`` is None when it is not known."""

    handle: EngineHandle
    state: EngineState
    created_at: str | None = None
    limit: Duration | None = None


@attrs.frozen
class LogPage:
    """Lines that a job wrote, standard output and error together, and the ``cursor`` from which to go on asking."""

    lines: tuple[str, ...]
    cursor: str


@attrs.frozen
class EngineFinding:
    """One thing that ``check`` looked at. ``hint`` says how to mend it, where something has to be mended."""

    severity: Severity
    subject: str
    message: str
    hint: str = ""


@attrs.frozen
class Capabilities:
    """What an engine can do.

    ``own_limit``: it ends a job at its limit although no client lives. Without that an engine is refused.
    ``shortest_limit`` is the shortest that can be asked for. What one job may have at most is None where that is not
    known; ``max_gpus`` 0 says that there is none. ``storage`` holds ``FOLDER``, ``S3`` or both. ``default_image`` is
    taken when none is named; ``image_needed`` that one must be. ``spot_notice``: its machines may be taken away, and
    the metadata service of EC2 says so before. ``notes`` are what a user should know, a limit that cannot be kept here
    for instance.
    """

    own_limit: bool
    storage: frozenset[str]
    shortest_limit: Duration = Duration(1)
    max_cpus: int | None = None
    max_memory: Memory | None = None
    max_gpus: int | None = None
    images: bool = True
    image_needed: bool = True
    default_image: str | None = None
    secrets: bool = True
    spot_notice: bool = False
    notes: tuple[str, ...] = ()


class Engine(Observer, Protocol):
    """Starts a job at most once for a run, and tells what became of it."""

    @property
    def name(self) -> str:
        """What it is called in messages and records: the name of its policy row, or of its kind."""

    def capabilities(self) -> Capabilities:
        """What it can do here. Raises EngineUnreachable when it has to be asked and does not answer."""

    def submit(self, job: EngineJob) -> EngineHandle:
        """Start *job*. After a return the job exists.

        Raises EngineRejected when it does not and never will, EngineUnknown when that is not known or when a job of
        this run is there already: then only ``find`` may decide whether to submit again.
        """

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        """What the job has written since *cursor* (empty: from its beginning). Raises EngineUnreachable.

        A job that has not written anything, or is not there any more, has no lines; that is no error.
        """

    def terminate(self, handle: EngineHandle, *, reason: str) -> CancelOutcome:
        """Stop the job: it is told (SIGTERM), then killed. Raises EngineUnreachable."""

    def forget(self, handle: EngineHandle) -> None:
        """Take away what an ended job has left with the engine (a container). An open job is left as it is."""

    def list(self) -> tuple[EngineRun, ...]:
        """The jobs of ours that the engine has, open or ended. Raises EngineUnreachable."""

    def check(self) -> tuple[EngineFinding, ...]:
        """What a run needs of this engine, looked at one by one. Raises nothing: what does not answer is a finding."""


def require_limit(engine: Engine) -> Engine:
    """*engine*, when it keeps a limit of its own. Raises UsageError otherwise: nobody else would end a job for sure."""
    if engine.capabilities().own_limit:
        return engine
    raise UsageError(
        f"the engine {engine.name!r} is refused: it does not end a job at its time limit by itself, so a run would go "
        "on, and cost, when its client is gone"
    )
