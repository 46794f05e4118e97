"""A job of ``cloud-run`` as a script that ``sbatch`` takes, and an observation of it as an engine's. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from autolab_core.cloud.engines.base import EngineJob, EngineObservation, job_name
from autolab_core.cloud.engines.slurm.settings import SlurmSettings
from autolab_core.exec.quoting import quote
from autolab_core.models.job import JobObservation
from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.schedulers.slurm.script import SlurmScript, render
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineRejected, UsageError
from autolab_core.vocab.jobs import JobState

__all__ = ["SHORTEST_LIMIT", "batch_script", "limit_in", "observed"]

#: Seconds: Slurm counts limits in minutes.
SHORTEST_LIMIT: Final = 60
_STATES: Final[Mapping[JobState, EngineState]] = {
    JobState.PENDING: EngineState.QUEUED,
    JobState.RUNNING: EngineState.RUNNING,
    JobState.COMPLETED: EngineState.ENDED,
    JobState.FAILED: EngineState.ENDED,
    JobState.CANCELLED: EngineState.ENDED,
    JobState.TIMEOUT: EngineState.ENDED,
    JobState.ABSENT: EngineState.LOST,
    JobState.UNKNOWN: EngineState.UNKNOWN,
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIMIT: Final = re.compile(rb"^#SBATCH --time=(\S+)$", re.MULTILINE)
_OUT_OF_MEMORY: Final = "OUT_OF_MEMORY"


def batch_script(job: EngineJob, settings: SlurmSettings, root: str, run_folder: str) -> bytes:
    """The script's bytes. Raises EngineRejected for what a job of Slurm cannot have."""
    _check(job)
    memory = job.memory or settings.memory
    if memory is None:
        raise EngineRejected("Slurm has to be told how much memory a run needs: say --memory, or write settings.memory")
    limit = Duration(max(job.limit.seconds or 0, SHORTEST_LIMIT))
    exports = "".join(f"export {name}={quote(value)}\n" for name, value in sorted(job.env.items()))
    try:
        request = SlurmRequest(
            limit,
            memory,
            gpus=job.gpus,
            gpu_type=settings.gpu_type if job.gpus else None,
            partition=settings.partition,
            qos=settings.qos,
            account=settings.account,
            cpus=job.cpus,
        )
        return render(
            SlurmScript(
                iteration_id=job.run_id,
                iteration_folder=run_folder,
                run_id=job.run_id,
                run_folder=run_folder,
                token=job_name(job.run_id),
                activation=f"{settings.activation.rstrip()}\n{exports}",
                root=root,
                command=job.argv,
                request=request,
            )
        )
    except (UsageError, ValueError) as error:
        raise EngineRejected(f"the run cannot be asked of Slurm: {error}") from error


def limit_in(script: bytes) -> Duration | None:
    """The limit that a script of ours asks for."""
    found = _LIMIT.search(script)
    return None if found is None else Duration.parse(found[1].decode("ascii", "replace"))


def observed(seen: JobObservation) -> EngineObservation:
    """What a look at the job says."""
    state = _STATES.get(seen.state, EngineState.UNKNOWN)
    ended = state is EngineState.ENDED
    return EngineObservation(
        state,
        seen.exit_code if ended else None,
        seen.reason,
        seen.native_state or str(seen.state),
        seen.started_at,
        seen.ended_at if ended else None,
        out_of_memory=ended and (seen.native_state or "").startswith(_OUT_OF_MEMORY),
        timed_out=seen.state is JobState.TIMEOUT,
        stuck=seen.stuck,
    )


def _check(job: EngineJob) -> None:
    if not job.limit.seconds:
        raise EngineRejected("a job in the cloud needs a time limit: say --max-hours")
    if job.image is not None:
        raise EngineRejected(
            f"the image {job.image} cannot be run on Slurm from here: the run uses the Python of the nodes; "
            "take --image away, and load what it needs in settings.activation"
        )
    if job.secrets:
        names = ", ".join(job.secrets)
        raise EngineRejected(
            f"Slurm keeps no secrets ({names}): put them into a file on the cluster that the run reads"
        )
    for mount in job.mounts:
        if mount.source != mount.target:
            raise EngineRejected(f"a job of Slurm sees {mount.source} where it is, not at {mount.target}")
    for name in job.env:
        if not _NAME.fullmatch(name):
            raise EngineRejected(f"{name!r} cannot be the name of a variable")
