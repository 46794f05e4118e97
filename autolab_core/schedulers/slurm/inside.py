"""Does a run fit into an allocation that is held already, and with which words is it started there? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.slurm.call import one_word
from autolab_core.schedulers.slurm.parse.allocation import Allocation, Share
from autolab_core.schedulers.slurm.request import SlurmRequest

__all__ = ["RESERVE_SECONDS", "misfits", "step"]

# A run that ends at its limit is stopped by us, and has to write what it has before the allocation is taken away.
RESERVE_SECONDS: Final = 60

# What salloc, or the step that we may be in, has set: srun takes it for options of the new step (srun(1), "INPUT
# ENVIRONMENT VARIABLES"), and refuses some of it beside ours.
_NOT_OURS: Final = (
    *("CPUS_PER_GPU", "CPUS_PER_TASK", "CPU_BIND", "DISTRIBUTION", "EXACT", "EXCLUSIVE", "GPUS", "GPUS_PER_NODE"),
    *("GPUS_PER_SOCKET", "GPUS_PER_TASK", "GRES", "HINT", "LABELIO", "MEM_PER_CPU", "MEM_PER_GPU", "MEM_PER_NODE"),
    *("NPROCS", "NTASKS", "NTASKS_PER_CORE", "NTASKS_PER_GPU", "NTASKS_PER_NODE", "STDERRMODE", "STDINMODE"),
    *("STDOUTMODE", "STEP_GRES", "THREADS_PER_CORE", "TIMELIMIT", "TRES_PER_TASK", "WAIT"),
)

# Slurm signals the task alone, and a shell acts on a signal only after the command that it waits for. So the script
# gets a process group of its own, as it has on this machine, and what the task is told all of that group is told.
_HAND_ON: Final = """\
set -m
"$0" "$@" &
group=$!
trap 'kill -s INT -- "-$group"' INT
trap 'kill -s TERM -- "-$group"' TERM
while :; do
  wait "$group"
  code=$?
  kill -0 "$group" 2>/dev/null || exit "$code"
done
"""


def misfits(allocation: Allocation, request: SlurmRequest, now: datetime) -> tuple[str, ...]:
    """Why a run that asks for *request* cannot be started in *allocation* at *now*; empty when it can.

    It runs on one node: that each node gives enough is asked for, because which one is free is the cluster's to choose.
    """
    if not allocation.running:
        return ("it is over, or has not begun",)
    return (*_time(allocation, request, now), *_words(allocation, request), *_shares(allocation, request))


def _time(allocation: Allocation, request: SlurmRequest, now: datetime) -> Iterator[str]:
    if allocation.ends is None:
        return
    left = max(int((allocation.ends - now).total_seconds()), 0)
    if request.time.seconds is None:
        yield f"the run has no time limit, the allocation has {Duration(left)} left"
    elif left < request.time.seconds + RESERVE_SECONDS:
        yield f"{Duration(left)} are left, the run needs {request.time} and {RESERVE_SECONDS} s to end in"


def _words(allocation: Allocation, request: SlurmRequest) -> Iterator[str]:
    if request.nodes > 1:
        yield f"a run on {request.nodes} nodes gets a job of its own, which is laid out for it"
    for name in ("partition", "qos", "account"):
        wanted, given = getattr(request, name), getattr(allocation, name)
        if wanted and wanted != given:
            yield f"it is of {name} {given or 'unknown'}, the run wants {wanted}"


def _shares(allocation: Allocation, request: SlurmRequest) -> Iterator[str]:
    for share in allocation.shares:
        if share.cpus < (request.cpus or 1):
            yield f"{share.nodes} gives {share.cpus} cpus, the run needs {request.cpus}"
        if share.memory is not None and share.memory < request.memory.bytes:
            yield f"{share.nodes} gives {Memory(share.memory)} of memory, the run needs {request.memory}"
        gpus = _gpus(share, request.gpu_type)
        if gpus < request.gpus:
            kind = f" of type {request.gpu_type}" if request.gpu_type else ""
            yield f"{share.nodes} gives {gpus} GPUs{kind}, the run needs {request.gpus}"


def _gpus(share: Share, kind: str | None) -> int:
    return share.gpus.get(kind, 0) if kind else sum(share.gpus.values())


def step(allocation: str, request: SlurmRequest, name: str) -> tuple[str, ...]:
    """The words that start a script on a node of *allocation*, from any machine of the cluster.

    One task, with what the design asks for: a step that says nothing gets one CPU. ``--overlap``: whatever else runs in
    the allocation (the shell that it was made for) goes on. ``--disable-status`` hands Ctrl-C's signal on to the run.
    """
    kind = f":{request.gpu_type}" if request.gpu_type else ""
    return (
        "env",
        *(word for each in _NOT_OURS for word in ("-u", f"SLURM_{each}")),
        "srun",
        f"--jobid={one_word('job id', allocation)}",
        f"--job-name={one_word('job name', name)}",
        "--overlap",
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={request.cpus or 1}",
        f"--mem={request.memory}",
        *((f"--gres=gpu{kind}:{request.gpus}",) if request.gpus else ()),
        "--export=ALL",
        "--mpi=none",
        "--disable-status",
        "bash",
        "-c",
        _HAND_ON,
    )
