"""Random schedules on a real cluster whose daemons stop, hang, die and come back, some without their memory.

Launchers and sbatch are killed meanwhile, and the launcher's clock goes wrong. As on the fake cluster: never two jobs
for one run, never a job that Autolab loses, never a success without its marker or COMPLETED 0:0, always an end.
"""

from __future__ import annotations

import contextlib
import json
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
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome
from tests.integration.slurm.schedules import LAUNCH_STAGES, PEOPLE, PROGRAMS, Killed, Mortal, prepared_here
from tests.unit.repositories import FOLDER, PATH, Verifier, new_repository

SHORT, LONG = range(5), range(5, 25)
# A node that could not say that its job has ended tries again after a while.
SECONDS = 150
pytestmark = pytest.mark.timeout(600)


@attrs.define
class Runner:
    """Commands of the cluster, of which the next sbatch may be killed after *patience* seconds."""

    environ: dict[str, str]
    patience: float | None = None

    def run(self, command: Command) -> CommandResult:
        if command.argv[0] != "sbatch" or self.patience is None:
            environment = command.env if command.argv[0] not in PROGRAMS else {**(command.env or {}), **self.environ}
            return LocalRunner().run(command._replace(env=environment))
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
        self.steps: list[str] = []
        self.forgotten: set[tuple[str, str | None]] = set()
        self.forgetful = False

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
        steps = (
            self.plainly, self.plainly, self.killed, self.killed, self.hung, self.stopped, self.database,
            self.sbatch_killed, self.controller_dies, self.controller_forgets, self.munge, self.clock,
        )  # fmt: skip
        chosen = self.chance.choice(steps)
        self.steps.append(chosen.__name__)
        chosen()
        self.check()
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

    def munge(self):
        self.cluster.daemon("munged").stop()
        self.next()
        self.cluster.daemon("munged").start()

    def controller_dies(self):
        """What it had not written down by then is forgotten, and the ids are given again."""
        with self.forgetting():
            self.next()
            self.cluster.daemon("slurmctld").kill()
            self.next()
            self.cluster.daemon("slurmctld").start()

    def controller_forgets(self):
        with self.forgetting():
            self.cluster.wipe_state()
        self.next()

    @contextlib.contextmanager
    def forgetting(self):
        """What Slurm itself loses meanwhile is no job that Autolab has lost."""
        before = {job[:2] for job in self.jobs()}
        yield
        known = {run.submission.token: run.job_id for run in self.runs() if run.submission}
        self.forgetful = True
        self.forgotten |= (before | set(known.items())) - {job[:2] for job in self.jobs()}

    def clock(self):
        """The launcher's machine takes another time for the right one."""
        self.ahead += timedelta(seconds=self.chance.choice((-7200, -60, 60, 7200)))
        self.next()

    def sbatch_killed(self):
        """sbatch dies while slurmctld is silent: what it sent is read later."""
        self.runner.patience = 0.3
        self.hung()
        self.runner.patience = None

    # --- what must hold

    def jobs(self):
        """Name, id and state of every job that slurmctld knows of this repository."""
        rows = self.cluster.must("squeue", "-h", "-t", "all", "-o", "%j|%A|%T|%Z").splitlines()
        found = [tuple(row.split("|", 3)) for row in rows]
        return [job[:3] for job in found if job[3] == str(self.repository.root)]

    def runs(self):
        folder = self.repository.root / FOLDER / "runs"
        names = [path.parent.name for path in folder.glob("*/run_manifest.json")] if folder.is_dir() else []
        return [self.repository.manifest(self.repository.iteration("iter_a").run(name)) for name in names]

    def check(self):
        runs, jobs = self.runs(), self.jobs()
        for run in runs:
            mine = [job for job in jobs if f"-{run.run_id}-" in job[0]]
            assert len(mine) <= 1, f"two jobs for one run: {mine}"
            if run.status in {RunStatus.SYNCED, RunStatus.COMPLETED}:
                assert [job[2] for job in mine] == ["COMPLETED"] or self.left_a_marker(run), mine
            # Who is started a second time ends with 75. Slurm alone does that, once it has lost its memory.
            assert run.failure is None or run.failure.exit != "75:0" or self.forgetful, run.failure
        return runs, jobs

    def left_a_marker(self, run):
        path = self.repository.root / FOLDER / "runs" / run.run_id / "logs/exit.json"
        marker = json.loads(path.read_text())
        return (marker["token"], marker["exit_code"]) == (run.submission.token, 0)

    def settle(self):
        self.ahead = timedelta()
        begun = time.monotonic()
        while True:
            result = self.next()
            runs, jobs = self.check()
            if self.ended(result):
                break
            waited = time.monotonic() - begun
            assert waited < SECONDS, f"no end: {self.repository.state()}, {self.told[-3:]}"
            if waited > SECONDS / 2:
                # By now only a job that nobody lists is waited for, and that for an hour.
                self.ahead += timedelta(minutes=30)
            time.sleep(0.5)
        assert runs
        with_a_job = {(run.submission.token, run.job_id) for run in runs if run.job_id}
        assert with_a_job - self.forgotten <= {job[:2] for job in jobs} <= with_a_job

    def ended(self, result):
        """All is over: a stage of people, or a result that calls for one."""
        needs_a_person = {StageOutcome.HUMAN_REVIEW, StageOutcome.STOP}
        return self.repository.state().stage in PEOPLE or getattr(result, "outcome", None) in needs_a_person


def follow(cluster, folder, seed, steps):
    world = RealWorld(cluster, folder, random.Random(seed))
    try:
        for _ in range(steps):
            world.step()
        world.settle()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, after {', '.join(world.steps)}: {error}") from error


@pytest.mark.parametrize("seed", SHORT)
def test_nothing_is_lost_or_doubled(slurm, tmp_path, seed):
    follow(slurm, tmp_path, seed, 4)


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG)
def test_nothing_is_lost_or_doubled_in_more_schedules(slurm, tmp_path, seed):
    follow(slurm, tmp_path, seed, 10)
