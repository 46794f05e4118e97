"""Random schedules on a real cluster whose daemons stop, hang and come back, with launchers and sbatch killed.

As on the fake one: never two jobs for one run, never a lost job, never a success without its marker, always an end.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.io.repository import Repository
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.stages.cancel import cancel
from autolab_core.stages.context import StageContext
from autolab_core.stages.extract import extract
from autolab_core.stages.launch import LaunchOptions, launch
from autolab_core.stages.monitor import monitor
from autolab_core.vocab.errors import AutolabError, RunnerError
from autolab_core.vocab.states import HostMode, RunStatus, Stage
from tests.integration.slurm.schedules import LAUNCH_STAGES, PEOPLE, PROGRAMS, Killed, Mortal, prepared_here
from tests.unit.repositories import FOLDER, PATH, Verifier, new_repository

SHORT, LONG = range(5), range(5, 25)


@attrs.define
class Runner:
    """Commands of the cluster, of which the next sbatch may be killed after *patience* seconds."""

    environ: dict[str, str]
    patience: float | None = None

    def run(self, command: Command) -> CommandResult:
        if command.argv[0] != "sbatch" or self.patience is None:
            environment = command.env if command.argv[0] not in PROGRAMS else {**(command.env or {}), **self.environ}
            return LocalRunner().run(attrs.evolve(command, env=environment))
        child = subprocess.Popen(
            command.argv, env={**(command.env or {}), **self.environ}, cwd=command.cwd,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            stdout, stderr = child.communicate(timeout=self.patience)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            stdout, stderr = child.communicate()
        return CommandResult(command.argv, child.returncode, stdout, stderr)


class RealWorld:
    """One repository on *cluster*, and the steps of a schedule drawn by *chance*."""

    def __init__(self, cluster, folder, chance):
        self.cluster, self.chance = cluster, chance
        self.repository: Repository = new_repository(folder / "repository")
        prepared_here(self.repository)
        self.ahead = timedelta()
        self.runner = Runner({**cluster.impatient, "PATH": f"{PATH}:{cluster.impatient['PATH']}"})
        self.told: list[object] = []

    def now(self):
        return datetime.now(UTC) + self.ahead

    def do(self, stage, at=None, after=False):
        runner = Mortal(self.runner, at, after)
        environ = {**self.runner.environ, "AUTOLAB_SLURM_INTERVAL": "0"}
        scheduler = SlurmScheduler(self.repository.root, runner, environ=environ, now=self.now)
        context = StageContext(self.repository, runner, {HostMode.SLURM: scheduler}, Verifier(), self.now)
        with runner.watching():
            try:
                result = stage(context)
            except (AutolabError, RunnerError) as error:
                result = error
            except Killed:
                result = None
        self.told.append(result)
        return result

    def next(self, **kill):
        stage = self.repository.state().stage
        if stage in LAUNCH_STAGES:
            return self.do(lambda context: launch(context, LaunchOptions()), **kill)
        return self.do(monitor if stage is Stage.SLURM_MONITOR else extract, **kill)

    # --- the steps

    def step(self):
        self.chance.choice((self.plainly, self.killed, self.hung, self.stopped, self.database, self.sbatch_killed))()
        if self.chance.random() < 0.1:
            self.do(lambda context: cancel(context, reason="enough"))

    def plainly(self):
        self.next()

    def killed(self):
        at = self.chance.choice(["sbatch", "squeue", *range(1, 16)])
        self.next(at=at, after=self.chance.random() < 0.5)

    def hung(self):
        self.cluster.daemon("slurmctld").hang()
        self.next()
        self.cluster.daemon("slurmctld").resume()

    def stopped(self):
        self.cluster.daemon("slurmctld").stop()
        self.next()
        self.cluster.daemon("slurmctld").start()

    def database(self):
        self.cluster.daemon("slurmdbd").stop()
        self.next()
        self.cluster.daemon("slurmdbd").start()

    def sbatch_killed(self):
        """sbatch dies while slurmctld is silent: what it sent is read later."""
        self.runner.patience = 0.3
        self.hung()
        self.runner.patience = None

    # --- what must hold

    def jobs(self):
        """Name and id of every job that slurmctld knows of this repository."""
        rows = self.cluster.must("squeue", "-h", "-t", "all", "-o", "%j %A %T").splitlines()
        return [tuple(row.split()) for row in rows if row.startswith("autolab-iter_a-")]

    def runs(self):
        folder = self.repository.root / FOLDER / "runs"
        names = [path.parent.name for path in folder.glob("*/run_manifest.json")] if folder.is_dir() else []
        return [self.repository.manifest(self.repository.iteration("iter_a").run(name)) for name in names]

    def check(self):
        runs = self.runs()
        jobs = [job for job in self.jobs() if any(f"-{run.run_id}-" in job[0] for run in runs)]
        for run in runs:
            mine = [job for job in jobs if f"-{run.run_id}-" in job[0]]
            assert len(mine) <= 1, f"two jobs for one run: {mine}"
            if run.status in {RunStatus.SYNCED, RunStatus.COMPLETED}:
                assert mine
                assert mine[0][2] == "COMPLETED"
        return runs, jobs

    def settle(self):
        for _ in range(60):
            self.next()
            runs, jobs = self.check()
            if self.repository.state().stage in PEOPLE:
                break
            time.sleep(0.3)
        else:
            raise AssertionError(f"no end: {self.repository.state()}, {self.told[-3:]}")
        assert runs
        assert {(run.submission.token, run.job_id) for run in runs if run.job_id} == {job[:2] for job in jobs}


def follow(cluster, folder, seed, steps):
    world = RealWorld(cluster, folder, random.Random(seed))
    for _ in range(steps):
        world.step()
    world.settle()


@pytest.mark.parametrize("seed", SHORT)
def test_nothing_is_lost_or_doubled(slurm, tmp_path, seed):
    follow(slurm, tmp_path, seed, 4)


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG)
def test_nothing_is_lost_or_doubled_in_more_schedules(slurm, tmp_path, seed):
    follow(slurm, tmp_path, seed, 10)
