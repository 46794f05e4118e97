"""What is asked of a real Slurm while it is recorded, and how an answer is written down."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from autolab_core.schedulers.slurm import argv
from tests.cluster.cluster import Cluster
from tests.cluster.processes import ClusterError, until

__all__ = ["Recording"]

JSON_BYTES = 60_000


class Recording:
    """The answers of one case; each is a file ``STEP.json`` with ``argv``, ``exit_code``, ``stdout`` and ``stderr``."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.json"):
            old.unlink()

    def ask(
        self, step: str, *words: str, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run *words* and write down what it answered; an answer in JSON that is long is not kept."""
        done = self.cluster.run(*words, stdin=stdin, timeout=120, environment=environment)
        if "--json" in words and len(done.stdout) >= JSON_BYTES:
            return done
        answer = {"argv": list(words), "exit_code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        text = json.dumps(answer, indent=1, ensure_ascii=False)
        (self.folder / f"{step}.json").write_text(f"{text}\n", encoding="utf-8")
        return done

    def call(self, step: str, call: argv.Call, **more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Ask as the adapter asks: its words, in its environment."""
        environment = call.environment(more.get("environment", self.cluster.environment))
        return self.ask(step, *call.argv, environment=environment)

    def submit(self, body: str, *options: str, step: str = "sbatch") -> str:
        """Submit a script of *body* as the adapter does, with *options* on top; the id."""
        done = self.call(step, self.submission(body, *options, name=f"{self.folder.name}-{step}"))
        return done.stdout.strip().partition(";")[0]

    def submission(self, body: str, *options: str, name: str) -> argv.Call:
        script = self.cluster.work / f"{name}.sh"
        script.write_text(f"#!/bin/bash\n{body}\n")
        call = argv.sbatch(str(script), name=name, folder=str(self.cluster.work))
        end = call.argv.index("--")
        return call._replace(argv=(*call.argv[:end], "--output=%j.out", *options, *call.argv[end:]))

    def queue(self, job: str, prefix: str = "") -> None:
        """Ask slurmctld about *job*."""
        self.call(f"{prefix}squeue", argv.squeue([job]))
        self.call(f"{prefix}scontrol", argv.scontrol_job(job))

    def accounting(self, job: str, prefix: str = "") -> None:
        """Ask accounting about *job*."""
        self.call(f"{prefix}sacct", argv.sacct([job]))

    def job(self, job: str, prefix: str = "", *, as_json: bool = True) -> None:
        """Everything about *job*, once accounting has heard of it as it is now."""
        self.settle(job)
        self.queue(job, prefix)
        self.accounting(job, prefix)
        if as_json:
            self.call(f"{prefix}squeue_json", argv.squeue_json())
            self.call(f"{prefix}sacct_json", argv.sacct_json([job]))

    def settle(self, job: str, seconds: float = 15) -> None:
        """Wait until accounting knows the job's name (its start was heard) and says what slurmctld says."""

        def settled() -> bool:
            asked = ("sacct", "-n", "-P", "-X", "-o", "State,JobName", "-j", job)
            rows = [row.split("|") for row in self.cluster.run(*asked).stdout.splitlines()]
            known = set(self.cluster.state(job).split())
            states = {state.split(" ")[0] for state, _ in rows}
            return bool(rows) and known == states and all(name != "allocation" for _, name in rows)

        try:
            until(settled, seconds, "", pause=0.3)
        except ClusterError:
            print(f"    {self.folder.name} {job}: accounting and slurmctld do not agree")

    def ended(self, body: str, *options: str, prefix: str = "", seconds: float = 60) -> str:
        """Submit *body*, wait until it has ended and ask everything about it; its id."""
        job = self.submit(body, *options, step=f"{prefix}sbatch")
        self.cluster.wait_state(job, seconds=seconds)
        self.job(job, prefix)
        return job

    def running(self, body: str, *options: str) -> str:
        """Submit *body* and wait until it runs and accounting has heard of that; its id."""
        job = self.submit(body, *options)
        self.cluster.wait_state(job, "RUNNING")
        self.settle(job)
        return job
