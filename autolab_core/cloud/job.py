"""The job of a run, as an engine is to start it: the words that bring the runner up, and what it can reach. Pure but
for the folders of a storage that is one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from autolab_core.cloud import keys
from autolab_core.cloud.engines.base import FOLDER, S3, Capabilities, EngineJob, Mount
from autolab_core.cloud.models import RunDocument, RunRequest
from autolab_core.cloud.packing import bootstrap_words, runner_words
from autolab_core.cloud.storage.base import parse_address
from autolab_core.io.atomic import make_dirs
from autolab_core.models.resources import Duration, Memory

__all__ = ["SLACK_SECONDS", "job_of", "lacks_of"]

# The engine's limit comes after the runner's own deadline and the time that it has to save what there is.
SLACK_SECONDS: Final = 1200
# Where a container has its storage and the run.
_STORAGE: Final = "/autolab/storage"
_WORK: Final = "/autolab/work"
_PYTHON: Final = "python3"
_SHARED: Final = (keys.RUNNERS, keys.BLOBS)


def job_of(run: RunDocument, address: str, can: Capabilities) -> EngineJob:
    """What an engine that can do *can* is to start for *run*, whose storage is at *address*. Raises StoreError."""
    parsed = parse_address(address)
    mounts: tuple[Mount, ...] = ()
    environment: dict[str, str] = {}
    if parsed.kind == S3:
        words = bootstrap_words(_PYTHON, run.runner_sha256, run.run_id, address)
        if parsed.region:
            environment["AWS_REGION"] = parsed.region
    elif can.images:
        words = runner_words(
            _PYTHON, f"{_STORAGE}/{keys.runner(run.runner_sha256)}", run.run_id, f"folder://{_STORAGE}"
        )
        mounts = _mounts(Path(parsed.place), run)
    else:
        words = runner_words(_PYTHON, f"{parsed.place}/{keys.runner(run.runner_sha256)}", run.run_id, address)
    if can.images:
        environment["AUTOLAB_WORK"] = _WORK
    limit = max(run.max_seconds + SLACK_SECONDS, can.shortest_limit.seconds or 0)
    return EngineJob(
        run_id=run.run_id,
        argv=words,
        limit=Duration(limit),
        image=run.image,
        env=environment,
        secrets=run.secrets,
        cpus=run.cpus,
        memory=None if run.memory is None else Memory(run.memory),
        gpus=run.gpus,
        mounts=mounts,
        labels={"autolab-spec": run.spec},
    )


def lacks_of(can: Capabilities, kind: str, request: RunRequest) -> tuple[str, ...]:
    """What keeps an engine that can do *can* from *request*, a clause each. *kind*: of the storage."""
    lacks = []
    if kind not in can.storage:
        wanted = "a folder" if kind == FOLDER else "S3"
        lacks.append(f"it reaches no storage that is {wanted} (it reaches {', '.join(sorted(can.storage))})")
    if request.cpus is not None and can.max_cpus is not None and request.cpus > can.max_cpus:
        lacks.append(f"it has {can.max_cpus} cpus at most, and {request.cpus} are asked for")
    if request.memory is not None and can.max_memory is not None and request.memory > can.max_memory.bytes:
        lacks.append(f"it has {can.max_memory} of memory at most, and {Memory(request.memory)} is asked for")
    if can.max_gpus is not None and request.gpus > can.max_gpus:
        lacks.append(f"it has {can.max_gpus} GPUs at most, and {request.gpus} are asked for")
    if request.image is not None and not can.images:
        lacks.append("it runs no images")
    if request.image is None and can.images and can.image_needed and can.default_image is None:
        lacks.append("it needs an image (--image)")
    if request.secrets and not can.secrets:
        lacks.append("it has no store of secrets")
    return tuple(lacks)


def _mounts(storage: Path, run: RunDocument) -> tuple[Mount, ...]:
    """What a container sees of a storage that is a folder: its own run to write, what all runs share to read, and the
    spec where the command finds it, read-only."""
    for prefix in (*_SHARED, keys.run(run.run_id)):
        make_dirs(storage / prefix)
    shared = tuple(Mount(f"{storage}/{each.rstrip('/')}", f"{_STORAGE}/{each.rstrip('/')}", True) for each in _SHARED)
    own = keys.run(run.run_id).rstrip("/")
    return (
        *shared,
        Mount(f"{storage}/{own}", f"{_STORAGE}/{own}"),
        Mount(f"{storage}/{keys.spec(run.run_id)}", f"{_WORK}/repo/{run.spec}", True),
    )
