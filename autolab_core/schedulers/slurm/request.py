"""From the design's ``compute`` to Slurm's options: a request is said to Slurm or refused, never dropped. Pure."""

from __future__ import annotations

import re
from typing import Final

import attrs

from autolab_core.models.design import Compute
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.errors import UsageError

__all__ = ["IncompleteRequest", "SlurmRequest", "request_of"]

# An option of an #SBATCH line ends at a space or a quote, and "#" or "%" mean something there.
_WORD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,:@+=/-]{0,199}")
_SHORT_SECONDS: Final = 600
_WARNING_SECONDS: Final = 60


class IncompleteRequest(UsageError):
    """The design leaves out what a cluster would fill in by itself. ``keys`` names them; the design has to say it."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"a run on Slurm needs {' and '.join(f'compute.{key}' for key in keys)} in the design")
        self.keys = keys


@attrs.frozen
class SlurmRequest:
    """What is asked of Slurm. ``memory`` and ``gpus`` are per node; what is None or 0 is left to the cluster."""

    time: Duration
    memory: Memory
    gpus: int = 0
    gpu_type: str | None = None
    partition: str | None = None
    qos: str | None = None
    account: str | None = None
    nodes: int = 1
    cpus: int | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("gpu_type", "partition", "qos", "account"):
            text = getattr(self, name)
            if text is not None and not _WORD.fullmatch(text):
                raise UsageError(
                    f"compute.{name} {text!r} cannot be said to Slurm: one word of letters, digits and . _ -"
                )
        if self.time.seconds == 0 or self.memory.bytes == 0:
            raise UsageError("0 means 'no limit' to Slurm: say how much time and memory the run needs")

    @property
    def warning(self) -> int | None:
        """How many seconds before its limit the job is told (SIGTERM), so that it can write what it has.

        None for a limit below ten minutes: Slurm may send the signal up to a minute early, and sends SIGTERM at the
        limit anyway, KillWait (30 s by default) before SIGKILL.
        """
        long = self.time.seconds is not None and self.time.seconds >= _SHORT_SECONDS
        return _WARNING_SECONDS if long else None

    def options(self) -> tuple[str, ...]:
        """The options, as they stand in ``#SBATCH`` lines."""
        kind = f":{self.gpu_type}" if self.gpu_type else ""
        several = (f"--nodes={self.nodes}", "--ntasks-per-node=1") if self.nodes > 1 else ()
        return (
            f"--time={self.time}",
            f"--mem={self.memory}",
            *((f"--gres=gpu{kind}:{self.gpus}",) if self.gpus else ()),
            *((f"--partition={self.partition}",) if self.partition else ()),
            *((f"--qos={self.qos}",) if self.qos else ()),
            *((f"--account={self.account}",) if self.account else ()),
            *several,
            *((f"--cpus-per-task={self.cpus}",) if self.cpus else ()),
            *((f"--signal=B:TERM@{self.warning}",) if self.warning else ()),
        )


def request_of(compute: Compute) -> SlurmRequest:
    """What the design asks for.

    Raises IncompleteRequest without a time or memory, UsageError for a value that cannot be said to Slurm and for a key
    that nobody here understands: a run on less than was approved is another run.
    """
    time, memory = compute.walltime_estimate, compute.memory_estimate
    if time is None or memory is None:
        needed = (("walltime_estimate", time), ("memory_estimate", memory))
        raise IncompleteRequest(tuple(key for key, value in needed if value is None))
    strange = sorted(key for key, value in compute.extra.items() if value is not None)
    if strange:
        names = ", ".join(f"compute.{key}" for key in strange)
        raise UsageError(
            f"{names} cannot be asked of Slurm from here: take it out of the design, or make it a known key"
        )
    return SlurmRequest(
        time,
        memory,
        gpus=compute.gpu_count,
        gpu_type=compute.gpu_type,
        partition=compute.partition,
        qos=compute.qos,
        account=compute.account,
        nodes=compute.num_nodes,
        cpus=compute.cpus,
    )
