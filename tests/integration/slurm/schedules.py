"""A repository and a cluster on which anything may happen, step by step, and what must hold all the while.

Time is the schedule's own: nothing waits. A launcher that is killed stops at a write or at a command, before or after
it, as a process would; what the kernel gives back (locks) is given back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.io.documents import dump_json
from autolab_core.io.repository import Repository
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.stages.cancel import cancel
from autolab_core.stages.context import StageContext
from autolab_core.stages.extract import extract
from autolab_core.stages.launch import LaunchOptions, launch
from autolab_core.stages.monitor import monitor
from autolab_core.testing import FaultySlurm
from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome
from autolab_core.vocab.times import format_utc
from tests.unit.repositories import FOLDER, Verifier, change_json, copied, pass_review, replace

PROGRAMS = {"sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo"}
PARSER = "extract_parser: {kind: python, module: random_walk, callable: extract}\n"
START = 1_790_000_000
METRICS = {
    "schema_version": "1.0",
    "iteration_id": "iter_a",
    "status": "completed",
    "primary_metric": {"name": "mean_distance", "value": 2.0, "delta_vs_baseline": 0.5},
    "baseline_results": [{"name": "plain", "value": 1.5}],
    "variant_results": [{"name": "drift", "value": 2.0}],
    "aggregation_method": "mean",
    "per_run_metrics": [
        {"name": name, "seed": seed, "mean_distance": value}
        for name, value in (("plain", 1.5), ("drift", 2.0))
        for seed in (0, 1, 2)
    ],
}
LAUNCH_STAGES = {Stage.LAUNCH, Stage.DESIGN, Stage.IMPLEMENTATION_REVIEW}
PEOPLE = set(Stage) - LAUNCH_STAGES - {Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS}


class Killed(BaseException):
    """``kill -9``: nothing of the command goes on. No error of Autolab's, and nobody may catch it."""


class Time:
    """The schedule's time, for this process and for the cluster, and what the user's clock shows wrong."""

    def __init__(self, slurm):
        self.slurm, self.passed, self.skew = slurm, 0.0, 0.0
        self._monotonic = time.monotonic

    def sleep(self, seconds):
        self.passed += seconds
        self.slurm.advance(seconds)

    def monotonic(self):
        return self._monotonic() + self.passed

    def time(self):
        return self.slurm.now + self.skew

    def now(self):
        return datetime.fromtimestamp(self.time(), UTC)

    def patched(self):
        """Python's own clock, for the time of one command."""
        return mock.patch.multiple(time, sleep=self.sleep, monotonic=self.monotonic, time=self.time)


class Mortal:
    """A runner, and the writes beside it, of a launcher that is killed at its *at*-th effect, or at a program so named.

    It happens before the effect, or *after* it.
    """

    def __init__(self, runner, at=None, after=False):
        self.runner, self.at, self.after, self.count = runner, at, after, 0

    def effect(self, do, name=""):
        self.count += 1
        here = self.at in {self.count, name}
        if here and not self.after:
            raise Killed
        done = do()
        if here:
            raise Killed
        return done

    def run(self, command: Command) -> CommandResult:
        program = command.argv[0]
        if program in PROGRAMS:
            return self.effect(lambda: self.runner.run(command), program)
        if program == "pgrep":  # no program of a schedule is a process
            return CommandResult(command.argv, 1, b"", b"")
        return _elsewhere(self.runner, command)

    @contextlib.contextmanager
    def watching(self):
        """Count the writes. That they reach the disk matters when a machine dies, not when a process does."""
        replace = os.replace
        with (
            mock.patch.object(os, "replace", lambda *words, **more: self.effect(lambda: replace(*words, **more))),
            mock.patch.object(os, "fsync"),
        ):
            yield


_KNOWN: dict[tuple[str, ...], CommandResult] = {}


def _elsewhere(runner, command):
    """What a command said that has nothing to do with Slurm. The environment is looked at once for all schedules."""
    if command.argv not in _KNOWN:
        _KNOWN[command.argv] = runner.run(command)
    return _KNOWN[command.argv]


@attrs.define
class World:
    """One repository whose reviewed design asks for Slurm, and a cluster of its own."""

    repository: Repository
    slurm: FaultySlurm
    time: Time
    said: list[object] = attrs.field(factory=list)
    effects: int = 0  # how many the last command had

    @classmethod
    def made(cls, template, folder):
        slurm = FaultySlurm(folder / "slurm", clock=START, starts_after=None)
        return cls(copied(template, folder / "repository"), slurm, Time(slurm))

    # --- commands

    def context(self, runner):
        home = str(self.slurm.folder.parent / "home")
        environ = {"HOME": home, "PATH": os.environ["PATH"]}
        scheduler = SlurmScheduler(self.repository.root, runner, environ=environ, now=self.time.now)
        return StageContext(self.repository, runner, {HostMode.SLURM: scheduler}, Verifier(), self.time.now)

    def do(self, stage, at=None, after=False):
        """One command; its result, its error, or that it was killed. Any other exception is a fault of Autolab's."""
        runner = Mortal(self.slurm.runner, at, after)
        before = self.slurm.now
        with self.time.patched(), runner.watching():
            try:
                result = stage(self.context(runner))
            except AutolabError as error:
                result = error
            except Killed:
                result = None
        self.effects = runner.count
        # A command that hung took the cluster's time, and ours.
        self.time.passed += max(0, self.slurm.now - before - self.time.passed)
        self.said.append(result)
        return result

    def launch(self, **kill):
        return self.do(lambda context: launch(context, LaunchOptions()), **kill)

    def monitor(self, **kill):
        return self.do(monitor, **kill)

    def extract(self, **kill):
        return self.do(extract, **kill)

    def cancel(self, **kill):
        return self.do(lambda context: cancel(context, reason="enough"), **kill)

    def next(self, **kill):
        """What the state says is next, as an agent would do it."""
        stage = self.state.stage
        if stage in LAUNCH_STAGES:
            return self.launch(**kill)
        return self.monitor(**kill) if stage is Stage.SLURM_MONITOR else self.extract(**kill)

    def again(self):
        """A person has looked at the end of a run, and wants another."""
        if self.state.stage in PEOPLE:
            self.repository.update_state(lambda state: attrs.evolve(state, stage=Stage.LAUNCH, stage_attempt=0))

    def wait(self, seconds):
        self.time.sleep(seconds)

    def step_clock(self, seconds):
        """What the user's machine takes for the time changes; the cluster's time does not."""
        self.time.skew += seconds

    def mend(self):
        self.slurm.mend()

    def empty_cache(self):
        shutil.rmtree(self.slurm.folder.parent / "home", ignore_errors=True)

    # --- what is there

    @property
    def state(self):
        return self.repository.state()

    def runs(self):
        """Each run's folder and its manifest, as they are on disk."""
        folder = self.repository.root / FOLDER / "runs"
        names = sorted(path.parent.name for path in folder.glob("*/run_manifest.json")) if folder.is_dir() else []
        paths = self.repository.iteration("iter_a")
        return {name: self.repository.manifest(paths.run(name)) for name in names}

    def alive(self):
        return [job for job in self.slurm.jobs() if not job.over and job.known]

    # --- what a job does

    def logs(self, job):
        """The logs of the run whose script *job* has; it says so itself."""
        folder = next(
            line.partition("=")[2]
            for line in job.script.read_text().splitlines()
            if line.startswith("#SBATCH --output=")
        )
        logs = os.path.dirname(os.path.join(self.repository.root, folder.replace("%a", str(job.task))))
        os.makedirs(logs, exist_ok=True)
        return logs

    def run_of(self, job):
        return Path(self.logs(job)).parent.name

    def mark(self, job, name, **fields):
        with open(os.path.join(self.logs(job), name), "wb") as file:
            file.write(dump_json({"token": job.name, **fields}, name))

    @property
    def cluster_time(self):
        return format_utc(datetime.fromtimestamp(self.slurm.now, UTC))

    def start(self, job):
        if job.state == "PENDING":
            self.slurm.set_state(job.id, "RUNNING")
            self.mark(job, "start.json", pid=4242, host="n1", started_at=self.cluster_time)

    def finish(self, job, code=0):
        """It runs to its end, and its script writes what it writes."""
        self.start(job)
        if code == 0:
            run = Path(self.logs(job)).parent
            (run / "metrics.json").write_bytes(dump_json({**METRICS, "run_id": run.name}, "metrics.json"))
        for name in ("stdout.log", "stderr.log"):
            with open(os.path.join(self.logs(job), name), "a", encoding="utf-8"):
                pass
        self.mark(job, "exit.json", exit_code=code, finished_at=self.cluster_time)
        self.slurm.finish(job.id, exit_code=code)

    def end(self, job, state):
        """Slurm ends it, and its script writes nothing."""
        if state != "CANCELLED":
            self.start(job)
        self.slurm.set_state(job.id, state, signal=0 if state == "NODE_FAIL" else 15)

    # --- what must hold

    def check(self):
        """At every moment."""
        of_run: dict[str, list] = {}
        for job in self.slurm.jobs():
            of_run.setdefault(self.logs(job), []).append(job)
        for jobs in of_run.values():
            # Slurm itself may lose a job, and one that was cancelled before it began did nothing.
            real = [job for job in jobs if job.known and not (job.over and not self.began(job))]
            assert len(real) <= 1, f"two jobs for one run: {jobs}"
        runs = self.runs()
        going_on = [run for run in map(self.run_of, self.alive()) if run not in runs or not runs[run].status.ended]
        assert len(going_on) <= 1, f"two runs at a time: {going_on}"
        for name, manifest in runs.items():
            if manifest.status in {RunStatus.SYNCED, RunStatus.COMPLETED}:
                token = manifest.submission.token
                assert any(
                    (job.state, job.exit_code, job.signal) == ("COMPLETED", 0, 0) for job in self.slurm.jobs(token)
                ), f"{name} is {manifest.status} and its job is not COMPLETED 0:0"

    def began(self, job):
        path = Path(self.logs(job), "start.json")
        return path.exists() and job.name in path.read_text(encoding="utf-8")

    def settle(self):
        """With all faults over and all jobs ended it comes to an end, and every job belongs to a run."""
        self.slurm.mend()
        self.time.skew = 0
        self.time.sleep(60)
        for _ in range(12):
            for job in self.alive():
                self.finish(job)
            result = self.next()
            self.check()
            if self.ended(result):
                break
            self.time.sleep(1800)
        else:
            raise AssertionError(f"no end: {self.state}, {self.runs()}, {self.said[-3:]}")
        tokens = {manifest.submission.token: manifest for manifest in self.runs().values()}
        for job in self.slurm.jobs():
            assert not job.known or job.name in tokens, f"{job} is lost: no run has its token"
            assert not job.known or tokens[job.name].job_id == job.id, f"{job} is lost: {tokens[job.name]}"

    def ended(self, result):
        """All is over: a stage of people, or a result that calls for one."""
        needs_a_person = {StageOutcome.HUMAN_REVIEW, StageOutcome.STOP}
        return self.state.stage in PEOPLE or getattr(result, "outcome", None) in needs_a_person


def prepared_here(repository):
    """*repository* with a reviewed design that asks for Slurm."""
    replace(repository, f"{FOLDER}/design.yaml", "location: local", "location: slurm")
    pass_review(repository)
    change_json(repository, ".autolab/state.json", max_stage_attempts=50)


def prepared(repository):
    """The same, where no script is run: the metrics are written by whoever ends the job, and no process reads them."""
    prepared_here(repository)
    replace(repository, f"{FOLDER}/design.yaml", PARSER, "")
