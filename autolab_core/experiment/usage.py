"""What a command used: time, processors, GPUs. Measured here, never asked of the command."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Collection, Mapping
from typing import Final

import attrs

from autolab_core.exec.command import Command, Runner
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.processes import descendants
from autolab_core.vocab.errors import RunnerError

__all__ = ["GpuSource", "Meter", "Used", "allocated_gpus", "gpu_source", "has_gpu"]

_HOUR: Final = 3600.0
_LOOK_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 5.0
_PROGRAM: Final = "nvidia-smi"
_ASKED: Final = ("--query-compute-apps=pid,gpu_uuid", "--format=csv,noheader")
_DEVICES: Final = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


class GpuSource:
    """Where the number of GPU hours comes from."""

    ALLOCATION: Final = "slurm allocation"
    NVML: Final = "nvml"
    NO_GPU: Final = "no gpu"
    UNKNOWN: Final = "unknown"


@attrs.frozen
class Used:
    """``gpu_hours`` is None where the machine has a GPU and nobody accounts for it. Seconds of wall clock and CPU."""

    seconds: float
    cpu_seconds: float
    gpu_hours: float | None


def allocated_gpus(environment: Mapping[str, str]) -> int | None:
    """How many GPUs the Slurm job that *environment* is of was given, on all its nodes; None outside of one, and where
    Slurm says nothing of GPUs (sbatch(1), "OUTPUT ENVIRONMENT VARIABLES")."""
    if not environment.get("SLURM_JOB_ID"):
        return None
    whole = _count(environment.get("SLURM_GPUS", "").rpartition(":")[2])
    if whole is not None:
        return whole
    here, nodes = _count(environment.get("SLURM_GPUS_ON_NODE", "")), _count(environment.get("SLURM_NNODES", "1"))
    return None if here is None or nodes is None else here * nodes


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def has_gpu() -> bool:
    """Whether this machine has a GPU that programs compute on: the device of a driver is there."""
    return any(os.path.exists(device) for device in _DEVICES)


def gpu_source(environment: Mapping[str, str]) -> str:
    """Where ``Meter`` takes GPU hours from, in this process and *environment*."""
    if allocated_gpus(environment) is not None:
        return GpuSource.ALLOCATION
    if shutil.which(_PROGRAM, path=environment.get("PATH")) is not None:
        return GpuSource.NVML
    return GpuSource.UNKNOWN if has_gpu() else GpuSource.NO_GPU


class Meter:
    """Measures one command, from when it is made to ``used``."""

    def __init__(self, environment: Mapping[str, str], runner: Runner | None = None) -> None:
        self._environment = environment
        self._runner = LocalRunner() if runner is None else runner
        self._source = gpu_source(environment)
        self._from = time.monotonic()
        self._cpu = _cpu_seconds()
        self._looked = self._from
        self._gpu_seconds = 0.0
        self._unknown = False

    @property
    def seconds(self) -> float:
        """The wall clock so far."""
        return time.monotonic() - self._from

    def look(self, pid: int) -> None:
        """See which GPUs the processes below *pid* compute on, where nothing else tells; at most every ten seconds."""
        now = time.monotonic()
        if self._source == GpuSource.NVML and now - self._looked >= _LOOK_SECONDS:
            self._count_gpus({pid, *descendants(pid)}, now)

    def used(self, pid: int | None = None) -> Used:
        """What it came to. *pid*: as for ``look``, where the command still runs."""
        if self._source == GpuSource.NVML and pid is not None:
            self._count_gpus({pid, *descendants(pid)}, time.monotonic())
        seconds = self.seconds
        return Used(seconds, max(0.0, _cpu_seconds() - self._cpu), self._gpu_hours(seconds))

    def _gpu_hours(self, seconds: float) -> float | None:
        if self._source == GpuSource.ALLOCATION:
            return (allocated_gpus(self._environment) or 0) * seconds / _HOUR
        if self._source == GpuSource.UNKNOWN or self._unknown:
            return None
        return self._gpu_seconds / _HOUR

    def _count_gpus(self, ours: Collection[int], now: float) -> None:
        """Count the GPUs that *ours* are seen on for the time since the last look."""
        since, self._looked = now - self._looked, now
        try:
            answer = self._runner.run(Command((_PROGRAM, *_ASKED), timeout=_ANSWER_SECONDS))
        except RunnerError:
            answer = None
        if answer is None or answer.exit_code != 0:
            # A driver that does not answer: no number is better than one that is too small.
            self._unknown = has_gpu()
            return
        self._gpu_seconds += len(_gpus_of(answer.text, ours)) * since


def _gpus_of(answer: str, ours: Collection[int]) -> set[str]:
    pairs = (line.partition(",") for line in answer.splitlines())
    return {gpu.strip() for pid, _, gpu in pairs if gpu and _count(pid.strip()) in ours}


def _cpu_seconds() -> float:
    """Of all children that have ended and were waited for, and of theirs (getrusage(2))."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
