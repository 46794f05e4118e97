"""Really running the jobs: a process for each, that starts the script and writes down how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from .world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .jobs import Job

__all__ = ["run_job", "start_waiting"]

KILL_WAIT = 2  # seconds between TERM and KILL


def start_waiting(world: World, environ: Mapping[str, str]) -> None:
    """Start a process for every job that may run now; it outlives the command that started it."""
    for job in world.jobs:
        waits = job.state == "PENDING" and job.known and not job.held and not job.claimed
        if waits and job.starts_after is not None and world.now >= job.submitted + job.starts_after:
            job.claimed = True
            child = subprocess.Popen(
                (sys.executable, "-I", "-S", os.path.join(world.folder, "start.py"), "run-job", str(job.serial)),
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            child.returncode = 0  # nobody waits for it: whoever started it may end first


def run_job(folder: str, serial: int) -> None:
    """Run the job *serial* to its end. What cancelled it meanwhile has decided how it ended."""
    with World(folder) as world:
        job = world.jobs[serial - 1]
        if job.over:
            return
        job.start(world.now, world.settings["nodes"][0])
        child = _started(world, job)
        job.group = child.pid
        limit = None if job.limit is None else job.limit * 60
    timed_out = False
    try:
        child.wait(limit)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(child.pid, signal.SIGTERM)
    code = _last_wait(child) if timed_out else child.returncode
    with World(folder) as world:
        job = world.jobs[serial - 1]
        job.group = 0
        if timed_out:
            job.finish("TIMEOUT", signal.SIGTERM, world.now)
        elif not job.over:
            job.finish("FAILED" if code else "COMPLETED", -code if code < 0 else code << 8, world.now)


def _last_wait(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait(KILL_WAIT)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait()


def _started(world: World, job: Job) -> subprocess.Popen[bytes]:
    settings = world.settings
    variables = {
        "SLURM_CLUSTER_NAME": settings["cluster"],
        "SLURM_JOB_ID": job.id,
        "SLURM_JOBID": job.id,
        "SLURM_JOB_NAME": job.name,
        "SLURM_JOB_NODELIST": job.nodes,
        "SLURM_JOB_PARTITION": job.partition,
        "SLURM_RESTART_COUNT": job.restarts,
        "SLURM_SUBMIT_DIR": job.folder,
    }
    if job.task is not None:
        variables |= {"SLURM_ARRAY_JOB_ID": job.array, "SLURM_ARRAY_TASK_ID": job.task}
    with open(job.copy, encoding="utf-8", errors="surrogateescape") as file:
        interpreter = file.readline().removeprefix("#!").split() or ["/bin/sh"]
    folder = job.folder if os.path.isdir(job.folder) else "/tmp"  # as slurmd does
    try:
        output = open(job.output, "wb")  # noqa: SIM115 - closed below
    except OSError:
        output = open(os.devnull, "wb")  # noqa: SIM115
    with output:
        return subprocess.Popen(
            (*interpreter, job.copy),
            cwd=folder,
            env={**os.environ, **{name: str(value) for name, value in variables.items()}},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
