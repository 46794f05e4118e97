"""What a test asks of a cluster: run a command, submit a job, wait for what must come."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.processes import ClusterError, until

__all__ = ["Asking"]

# Slurm's words for a job that has not ended.
ALIVE = {"PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "STOPPED", "COMPLETING", "REQUEUED", "REQUEUE_HOLD"}


class Asking:
    """Commands against the cluster whose folder is *base*, with its *environment*; *enter* are words before each."""

    def __init__(
        self, base: Path, environment: Mapping[str, str], as_user: Mapping[str, Any], enter: Sequence[str] = ()
    ) -> None:
        self.environment = environment
        self.work = base / "work"
        self._as_user = as_user
        self._enter = tuple(enter)

    # --- commands

    def run(
        self,
        *argv: str,
        stdin: str = "",
        timeout: float = 60,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run *argv* as the cluster's user in ``work``; *timeout* is in seconds (subprocess.TimeoutExpired)."""
        return subprocess.run(
            (*self._enter, *argv),
            env=dict(environment or self.environment),
            cwd=self.work,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **self._as_user,
        )

    def must(self, *argv: str, stdin: str = "", timeout: float = 60) -> str:
        """The stdout of a command that must succeed; ClusterError with its stderr when it does not."""
        done = self.run(*argv, stdin=stdin, timeout=timeout)
        if done.returncode:
            raise ClusterError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stderr}{done.stdout}")
        return done.stdout

    def answers(self, *argv: str) -> bool:
        """Whether *argv* succeeds within 5 s."""
        try:
            return self.run(*argv, timeout=5).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    # --- jobs

    def submit(self, body: str, *options: str) -> str:
        """Submit a bash script of these lines; its id. Output: ``work/ID.out``, unless *options* say otherwise."""
        script = f"#!/bin/bash\n{body}\n"
        line = self.must("sbatch", "--parsable", "--output=%j.out", *options, stdin=script)
        return line.strip().partition(";")[0]

    def state(self, job: str) -> str:
        """Slurm's word for *job* as slurmctld knows it; empty when it does not."""
        return self.run("squeue", "-h", "-t", "all", "-j", job, "-o", "%T").stdout.strip()

    def wait_state(self, job: str, *states: str, seconds: float = 40) -> str:
        """The state of *job* once it is one of *states*; without any, once the job has ended."""

        def there() -> str:
            state = self.state(job)
            return state if (state in states if states else state and state not in ALIVE) else ""

        return until(there, seconds, f"job {job} becomes {' or '.join(states) or 'ended'}, is {self.state(job)}")

    def wait_accounted(self, job: str, state: str, *, seconds: float = 30) -> str:
        """The row ``State|ExitCode`` of *job* in accounting once it begins with *state*; starts are sent every 5 s."""

        def row() -> str:
            rows = self.run("sacct", "-X", "-n", "-P", "-j", job, "-o", "State,ExitCode").stdout.splitlines()
            return rows[0] if rows and rows[0].startswith(state) else ""

        return until(row, seconds, f"accounting has job {job} as {state}", pause=0.2)

    def cancel_all(self) -> None:
        """Cancel every job and wait until none is left in the queue."""
        jobs = self.must("squeue", "-h", "-o", "%A").split()
        if jobs:
            self.run("scancel", *jobs)
            until(lambda: not self.must("squeue", "-h", "-o", "%A").split(), 40, "the jobs are cancelled")

    # --- nodes

    def node_states(self) -> dict[str, str]:
        """Each node's state as sinfo says it in full, without the mark of a node that does not answer."""
        lines = self.must("sinfo", "-h", "-N", "-o", "%N %T").splitlines()
        return {name: re.sub(r"[^a-z]", "", state) for name, state in (line.split() for line in lines)}

    def wait_idle(self, seconds: float = 40) -> None:
        """Wait until every node could take a job and has none."""
        until(lambda: set(self.node_states().values()) == {"idle"}, seconds, "every node is idle")

    def drain(self, node: str) -> None:
        """The node takes no more jobs; those that run there go on."""
        self.must("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")

    def undrain(self, node: str) -> None:
        """The node takes jobs again."""
        self.must("scontrol", "update", f"nodename={node}", "state=resume")
