"""The adapter against a real cluster, while things go wrong: nothing is lost, nothing is submitted twice or guessed."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import IterationPaths
from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation, JobSpec
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.schedulers.slurm.script import SlurmScript, render
from autolab_core.vocab.errors import QueryFailed, SubmitRejected, SubmitUnknown
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

SECONDS = 60.0


@attrs.frozen
class Counting:
    """Runs commands and counts them by program. ``before`` and ``after`` are called with the program's name."""

    counts: Counter[str] = attrs.field(factory=Counter)
    before: Callable[[str], None] = lambda _program: None
    after: Callable[[str], None] = lambda _program: None

    def run(self, command: Command) -> CommandResult:
        self.counts[command.argv[0]] += 1
        self.before(command.argv[0])
        result = LocalRunner().run(command)
        self.after(command.argv[0])
        return result


@attrs.frozen
class InEnvironment:
    """Looks programs up in the PATH of *environ*, as a shell there would; subprocess takes that of the tests."""

    environ: dict[str, str]

    def run(self, command: Command) -> CommandResult:
        return LocalRunner().run(command._replace(argv=("env", *command.argv)))


@attrs.frozen
class Lab:
    """A repository on a cluster."""

    cluster: object
    root: Path

    def scheduler(self, runner=None, *, interval: float = 0, impatient: bool = False) -> SlurmScheduler:
        environ = dict(self.cluster.impatient if impatient else self.cluster.environment)
        environ["XDG_CACHE_HOME"] = str(self.root / "cache")
        return SlurmScheduler(self.root, runner or LocalRunner(), interval=interval, environ=environ)

    def job(self, *command: str, **request) -> tuple[JobSpec, str]:
        token = f"autolab-r-{secrets.token_hex(5)}"
        run = IterationPaths("experiments/r").run(token.rpartition("-")[2])
        content = SlurmScript(
            iteration_id="r", iteration_folder="experiments/r", run_id=token.rpartition("-")[2],
            run_folder=run.folder, token=token, command=command, activation=":", root=str(self.root),
            request=SlurmRequest(Duration(300), Memory(100 * 2**20), **request),
        )  # fmt: skip
        (self.root / run.folder).mkdir(parents=True)
        (self.root / run.batch_script).write_bytes(render(content))
        return JobSpec(run.folder, run.batch_script), token

    def submit(self, *command: str) -> JobHandle:
        return self.scheduler().submit(*self.job(*command))

    def look(self, handle: JobHandle, **options) -> JobObservation:
        return self.scheduler(**options).observe([handle])[handle]

    def until(self, handle: JobHandle, *states: JobState) -> JobObservation:
        end = time.monotonic() + SECONDS
        while (seen := self.look(handle)).state not in states:
            assert time.monotonic() < end, seen
            time.sleep(0.1)
        return seen

    def named(self, token: str) -> int:
        """How many jobs slurmctld has under this name."""
        return len(self.cluster.must("squeue", "-h", "-t", "all", f"--name={token}", "-o", "%i").split())


def make(cluster, root: Path) -> Lab:
    (root / ".autolab").mkdir()
    return Lab(cluster, root)


@pytest.fixture
def lab(slurm, tmp_path) -> Lab:
    return make(slurm, tmp_path)


# --- submitting


def test_an_sbatch_that_is_killed_after_it_was_accepted_is_found_and_not_repeated(lab):
    real = lab.cluster.must("sh", "-c", "command -v sbatch").strip()
    bin_folder = lab.root / "bin"
    bin_folder.mkdir()
    (bin_folder / "sbatch").write_text(f'#!/bin/sh\n{real} "$@" >/dev/null\nkill -9 $$\n')
    (bin_folder / "sbatch").chmod(0o755)
    job, token = lab.job("sleep", "30")
    scheduler = lab.scheduler()
    environ = {**scheduler.environ, "PATH": f"{bin_folder}:{lab.cluster.environment['PATH']}"}

    with pytest.raises(SubmitUnknown, match="signal 9"):
        SlurmScheduler(lab.root, InEnvironment(environ), interval=0, environ=environ).submit(job, token)
    found = lab.scheduler().find(job, token)

    assert found is not None
    assert lab.look(found).state in {JobState.PENDING, JobState.RUNNING}
    with pytest.raises(SubmitUnknown, match="submitted before"):
        lab.scheduler().submit(job, token)
    assert lab.named(token) == 1


def test_a_controller_that_hangs_on_a_submission_has_it_afterwards(lab):
    def hang(program: str) -> None:
        if program == "sbatch":
            lab.cluster.daemon("slurmctld").hang()

    job, token = lab.job("sleep", "30")
    scheduler = lab.scheduler(Counting(before=hang), impatient=True)

    with pytest.raises(SubmitUnknown, match="not known"):
        scheduler.submit(job, token)
    with pytest.raises(QueryFailed):
        scheduler.find(job, token)
    lab.cluster.daemon("slurmctld").resume()
    found = scheduler.find(job, token)

    assert found is not None
    assert lab.named(token) == 1


def test_a_controller_that_is_down_gets_nothing_and_that_is_certain_afterwards(lab):
    job, token = lab.job("true")
    lab.cluster.daemon("slurmctld").stop()
    with pytest.raises(SubmitUnknown, match="not submitted"):
        lab.scheduler(impatient=True).submit(job, token)
    with pytest.raises(QueryFailed):
        lab.scheduler(impatient=True).find(job, token)
    lab.cluster.daemon("slurmctld").start()

    assert lab.scheduler().find(job, token) is None
    assert lab.until(lab.scheduler().submit(job, token), *ENDED_JOB_STATES).state is JobState.COMPLETED


def test_an_sbatch_that_outlives_its_launch_is_waited_for(lab):
    job, token = lab.job("true")
    # It stands for an sbatch that waits because the cluster takes no more jobs now.
    waiting = subprocess.Popen(["sh", "-c", "sleep 60; :", "sbatch", f"--job-name={token}"], start_new_session=True)
    try:
        with pytest.raises(QueryFailed, match=f"still at work .*{waiting.pid}"):
            lab.scheduler().find(job, token)
    finally:
        os.killpg(waiting.pid, signal.SIGKILL)
        waiting.wait()

    assert lab.scheduler().find(job, token) is None


def test_what_slurm_refuses_is_rejected_with_its_words(lab):
    job, token = lab.job("true", partition="nosuch")

    with pytest.raises(SubmitRejected, match="partition"):
        lab.scheduler().submit(job, token)

    assert lab.scheduler().find(job, token) is None


def test_two_jobs_of_one_name_are_both_named(lab):
    job, token = lab.job("true")
    both = [lab.cluster.submit("sleep 30", f"--job-name={token}") for _ in range(2)]

    with pytest.raises(QueryFailed, match=f"several jobs have the name.*{both[0]} and {both[1]}"):
        lab.scheduler().find(job, token)


def test_the_users_settings_change_no_answer(lab):
    handle = lab.submit("sleep", "30")
    lab.until(handle, JobState.RUNNING)
    scheduler = lab.scheduler()
    mine = {"SQUEUE_FORMAT": "%i", "SQUEUE_STATES": "PENDING", "SLURM_TIME_FORMAT": "relative", "SACCT_FORMAT": "JobID"}
    scheduler = SlurmScheduler(lab.root, LocalRunner(), interval=0, environ={**scheduler.environ, **mine})

    assert scheduler.observe([handle])[handle].state is JobState.RUNNING


# --- looking


def test_a_thousand_jobs_are_looked_at_with_two_commands_and_then_with_fewer(lab):
    ended = lab.submit("sh", "-c", "exit 3")
    running = lab.submit("sleep", "60")
    lab.until(ended, *ENDED_JOB_STATES)
    lab.until(running, JobState.RUNNING)
    gone = [JobHandle(f"t-{n}", f"experiments/r/runs/{n}", job_id=str(900_000 + n)) for n in range(998)]
    runner = Counting()

    seen = lab.scheduler(runner).observe([*gone, ended, running])

    assert runner.counts.total() <= 2, runner.counts
    assert len(seen) == 1000
    assert (seen[ended].state, seen[ended].exit_code) == (JobState.FAILED, 3)
    assert seen[running].state is JobState.RUNNING
    assert {seen[handle].state for handle in gone} == {JobState.ABSENT}
    assert max(len(answer.stdout) for each in seen.values() for answer in each.answers) < 20_000


def test_without_slurmdbd_a_job_is_seen_to_end_and_the_failure_is_noted(lab):
    lab.cluster.daemon("slurmdbd").stop()
    handle = lab.submit("sh", "-c", "exit 200")

    seen = lab.until(handle, *ENDED_JOB_STATES)

    assert (seen.state, seen.exit_code) == (JobState.FAILED, 200)
    assert [note for note in seen.notes if note.startswith("sacct")]


def test_a_cluster_without_accounting_is_asked_for_none(slurm_without_accounting, tmp_path):
    lab = make(slurm_without_accounting, tmp_path)
    handle = lab.submit("sh", "-c", "exit 3")
    lab.until(handle, *ENDED_JOB_STATES)
    runner = Counting()
    scheduler = lab.scheduler(runner)
    looks = [scheduler.observe([handle])[handle] for _ in range(3)]
    scheduler._capabilities.probe(None)
    before = runner.counts["sacct"]

    last = scheduler.observe([handle])[handle]

    assert runner.counts["sacct"] == before
    assert {(each.state, each.exit_code) for each in (*looks, last)} == {(JobState.FAILED, 3)}
    assert lab.scheduler().find(*lab.job("true")) is None


def test_a_controller_that_is_down_leaves_everything_open(lab):
    handle = lab.submit("sleep", "60")
    lab.until(handle, JobState.RUNNING)
    lab.cluster.daemon("slurmctld").stop()

    seen = lab.look(handle, impatient=True)

    assert seen.state in {JobState.UNKNOWN, JobState.RUNNING}
    assert [note for note in seen.notes if "Unable to contact" in note]


def test_a_purged_job_and_a_reused_id_are_told_apart(own_slurm, tmp_path):
    lab = make(own_slurm(min_job_age=5), tmp_path)
    handle = lab.submit("sh", "-c", "exit 4")
    lab.until(handle, *ENDED_JOB_STATES)
    lab.cluster.wait_accounted(handle.job_id, "FAILED")
    end = time.monotonic() + 40
    while lab.cluster.state(handle.job_id):
        assert time.monotonic() < end
        time.sleep(0.5)

    purged = lab.look(handle)
    lab.cluster.wipe_state()
    again = lab.submit("sleep", "30")
    while again.job_id != handle.job_id:
        again = lab.submit("sleep", "30")
    never = JobHandle("autolab-r-never", "experiments/r/runs/never", job_id=again.job_id)

    assert (purged.state, purged.exit_code) == (JobState.FAILED, 4)
    assert lab.look(handle).state is JobState.FAILED
    assert lab.look(never).state is JobState.ABSENT
    assert [note for note in lab.look(never).notes if again.token in note]
    assert lab.scheduler().cancel(never, reason="not mine") is CancelOutcome.NOT_FOUND
    assert lab.until(again, JobState.RUNNING)


# --- cancelling


def test_a_held_job_is_stuck_and_can_be_cancelled(lab):
    for node in lab.cluster.nodes:
        lab.cluster.drain(node)
    handle = lab.submit("true")
    lab.cluster.must("scontrol", "uhold", handle.job_id)

    waiting = lab.until(handle, JobState.PENDING)
    outcome = lab.scheduler().cancel(handle, reason="no longer needed")

    assert f"scontrol release {handle.job_id}" in (waiting.stuck or "")
    assert outcome is CancelOutcome.CANCELLED
    assert "no longer needed" in lab.look(handle).reason


# --- sharing


def test_monitors_that_look_at_once_ask_once(lab):
    handle = lab.submit("sleep", "30")
    lab.until(handle, JobState.RUNNING)
    runner = Counting()
    seen: list[JobState] = []

    def monitor() -> None:
        seen.append(lab.scheduler(runner, interval=30).observe([handle])[handle].state)

    threads = [threading.Thread(target=monitor) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [JobState.RUNNING] * 6
    assert runner.counts["squeue"] == 1


def test_what_was_shared_is_not_believed_once_the_job_is_cancelled(lab):
    handle = lab.submit("sleep", "30")
    lab.until(handle, JobState.RUNNING)
    sharing = lab.scheduler(interval=300)
    assert sharing.observe([handle])[handle].state is JobState.RUNNING

    sharing.cancel(handle, reason="enough")

    assert sharing.observe([handle])[handle].state is JobState.CANCELLED
