"""Many jobs at once, each on its way to another end, watched as runs of one repository until all are judged.

What Slurm does is real. A job is submitted as the launch submits it, and looked at as ``autolab monitor --all`` looks.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from autolab_core.exec.local import LocalRunner
from autolab_core.io.repository import Repository
from autolab_core.models.job import JobObservation, JobSpec
from autolab_core.models.manifest import RunManifest
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.schedulers.slurm.script import SlurmScript, render
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.stages.monitor import Look, look
from autolab_core.vocab.states import HostMode
from autolab_core.vocab.times import format_utc
from tests.cluster.cluster import Cluster
from tests.unit.repositories import FOLDER, ITERATION, Verifier, change_json, manifest, new_repository, put

__all__ = ["UNTIL_DONE", "Act", "Case", "Seen", "States", "must", "nothing"]

MEMORY = 100 * 2**20
# What a job runs until everything has been done to it, which takes as long as the looks take.
UNTIL_DONE = 'while [ ! -e "go-$AUTOLAB_RUN_ID" ]; do sleep 0.2; done'


class Act(NamedTuple):
    """What is done to a job (``do`` gets the cluster and its id), ``after`` seconds of Slurm's saying ``when``."""

    when: str
    do: Callable[[Cluster, str], object]
    after: float = 0


class Case(NamedTuple):
    """One job: what it runs, options beside those of a launch, and what is done to it, one thing after the other.

    ``minutes`` is its time limit, ``node`` the number of the node that it must have; without it, it gets one of the
    first two, so that nothing stands in the way of what is done to the others.
    """

    command: str
    options: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    requeue: bool = False
    minutes: int = 5
    node: int | None = None


class Seen(NamedTuple):
    """What came of one case: the run's manifest, and every word of Slurm's that it was seen with, in their order."""

    manifest: RunManifest
    words: tuple[str, ...]
    last: JobObservation

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses of the run since it was submitted."""
        return tuple(entry.status.value for entry in self.manifest.history[2:])

    @property
    def said(self) -> Mapping[str, Any]:
        return self.manifest.scheduler or {}


@attrs.define
class _Job:
    case: Case
    id: str
    to_do: list[Act]
    since: dict[str, float] = attrs.field(factory=dict)
    words: list[str] = attrs.field(factory=list)


class States:
    """A repository at *folder* whose runs are the jobs of *cases* on *cluster*."""

    def __init__(self, cluster: Cluster, folder: Path, cases: Mapping[str, Case]) -> None:
        self.cluster = cluster
        self.repository: Repository = new_repository(folder)
        environ = {**cluster.environment, "AUTOLAB_SLURM_INTERVAL": "0"}
        self.scheduler = SlurmScheduler(folder, LocalRunner(), environ=environ)
        self.context = StageContext(
            self.repository, LocalRunner(), {HostMode.SLURM: self.scheduler}, Verifier(), lambda: datetime.now(UTC)
        )
        change_json(self.repository, ".autolab/state.json", stage="slurm_monitor")
        self._submitted = 0
        self.jobs = {name: self._submit(name, case) for name, case in cases.items()}
        self.last: dict[str, Seen] = {}

    def _submit(self, name: str, case: Case) -> _Job:
        run = self.repository.iteration(ITERATION).run(name)
        token = f"autolab-{name}-{secrets.token_hex(4)}"
        script = self._script(run, name, token, case)
        put(self.repository, run.batch_script, script)
        job = JobSpec(run.folder, run.batch_script, requeue=case.requeue)
        handle = self.scheduler.submit(job, token)
        at = format_utc(self.context.now())
        told = manifest(
            name,
            host_mode="slurm",
            launch_mode="slurm",
            status="submitted",
            job_id=handle.job_id,
            timestamps={"created_at": at},
            submission={"token": token, "script": run.batch_script, "script_sha256": sha256_of(script)},
            resource_request={"walltime": f"00:{case.minutes:02}:00", "memory": "100M"},
            history=[{"at": at, "status": status, "why": ""} for status in ("pending", "submitted")],
        )
        put(self.repository, run.manifest, told)
        return _Job(case, handle.job_id or "", list(case.acts))

    def _script(self, run, name: str, token: str, case: Case) -> bytes:
        rendered = render(
            SlurmScript(
                iteration_id=ITERATION, iteration_folder=FOLDER, run_id=name, run_folder=run.folder, token=token,
                command=("sh", "-c", case.command), activation=":", root=str(self.repository.root),
                request=SlurmRequest(Duration(60 * case.minutes), Memory(MEMORY)), requeue=case.requeue,
            )
        )  # fmt: skip
        node = f"--nodelist={self.cluster.nodes[self._next_node() if case.node is None else case.node]}"
        # Of an option that is given twice the last one counts.
        given = "".join(f"#SBATCH {option}\n" for option in (node, *case.options))
        head, mark, rest = rendered.decode().partition("# Made by")
        return f"{head}{given}{mark}{rest}".encode()

    def _next_node(self) -> int:
        self._submitted += 1
        return self._submitted % 2

    # --- watching

    def watch(self, seconds: float, pause: float = 1) -> Mapping[str, Seen]:
        """Look until every run is settled; what came of each. AssertionError names those that are not in time."""
        end = time.monotonic() + seconds
        while True:
            self._act()
            open_runs = self._note(look(self.context, every=True))
            if not open_runs:
                return {name: self._seen(name) for name in self.jobs}
            late = {name: (self.jobs[name].words, self.jobs[name].to_do) for name in open_runs}
            assert time.monotonic() < end, f"not judged after {seconds} s: {late}"
            time.sleep(pause)

    def _act(self) -> None:
        """Do what is due to each job."""
        rows = self.cluster.must("squeue", "-h", "-t", "all", "-o", "%A %T").splitlines()
        native = dict(row.split() for row in rows)
        for name, job in self.jobs.items():
            if not job.to_do:
                (self.repository.root / f"go-{name}").touch()
                continue
            act, now = job.to_do[0], time.monotonic()
            # Nothing is done to a state before a look has seen it, however slow the looks are.
            if native.get(job.id) != act.when or job.words[-1:] != [act.when]:
                continue
            if now - job.since.setdefault(f"{len(job.to_do)}", now) >= act.after:
                act.do(self.cluster, job.id)
                job.to_do.pop(0)

    def _note(self, found: Look) -> list[str]:
        """Keep the words of a look; the names of the runs that go on."""
        assert not found.unreadable, found.unreadable
        for each in found.seen:
            words = self.jobs[each.manifest.run_id].words
            native = each.observation.native_state or each.observation.state.value
            if words[-1:] != [native]:
                words.append(native)
            self.last[each.manifest.run_id] = Seen(each.manifest, (), each.observation)
        settled = {name for name, seen in self.last.items() if seen.manifest.status.value in {"synced", "failed"}}
        return sorted(set(self.jobs) - settled)

    def _seen(self, name: str) -> Seen:
        return self.last[name]._replace(words=tuple(self.jobs[name].words))


def must(*argv: str) -> Callable[[Cluster, str], object]:
    """Run *argv* on the cluster with the job's id for ``JOB``."""
    return lambda cluster, job: cluster.must(*(word.replace("JOB", job) for word in argv))


def nothing(_cluster: Cluster, _job: str) -> None:
    """Only wait for the state."""
