"""What every scheduler adapter promises (``autolab_core.schedulers.base``), as tests that an author inherits.

    class TestMyScheduler(SchedulerContract):
        @pytest.fixture
        def bench(self, tmp_path):
            (tmp_path / ".autolab").mkdir()
            return Bench(lambda: MyScheduler(tmp_path), tmp_path, local_scripts(tmp_path))

Real jobs are started: each lasts a moment, and whoever makes the bench ends those that a failed test leaves behind. See
``docs/writing-a-scheduler.md``.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest

from autolab_core.io.layout import IterationPaths
from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation, JobSpec
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.base import Scheduler
from autolab_core.schedulers.local.script import LocalScript
from autolab_core.schedulers.local.script import render as render_local
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.schedulers.slurm.script import SlurmScript
from autolab_core.schedulers.slurm.script import render as render_batch
from autolab_core.vocab.errors import SchedulerError, SubmitRejected
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.times import parse_timestamp

__all__ = ["FOREVER", "SECONDS", "Bench", "SchedulerContract", "batch_scripts", "local_scripts"]

SECONDS: Final = 30.0
#: A job that runs until the file ``go`` is made in the repository.
FOREVER: Final = "while [ ! -e go ]; do sleep 0.05; done"

# What writes the script of one job: its body (sh), its run id and its token give the script's path.
Scripts = Callable[[str, str, str], str]


def _no_hurry(handle: JobHandle) -> None:
    return None


@attrs.frozen
class Bench:
    """An adapter, and how to make jobs for it. ``another`` makes the adapter anew, as another process would.

    ``folder`` is the repository, which exists. ``write_script`` writes the script that a launch would hand over:
    ``local_scripts``, or ``batch_scripts`` for what a Slurm host gets. ``seconds`` is how long a job may take to get
    where it is expected. ``hurry`` is called once for a running job with a time limit, where a limit of a second cannot
    be asked for.
    """

    another: Callable[[], Scheduler]
    folder: Path
    write_script: Scripts
    seconds: float = SECONDS
    hurry: Callable[[JobHandle], None] = _no_hurry
    limited: set[str] = attrs.field(factory=set)
    # A cluster is shared by tests, and remembers a name for longer than one of them lasts.
    token: str = attrs.field(factory=lambda: f"autolab-c-{secrets.token_hex(4)}")

    @property
    def scheduler(self) -> Scheduler:
        return self.another()

    def job(self, body: str, token: str = "", *, walltime: int | None = None) -> JobSpec:
        """A job that appends a line to ``starts`` and then runs *body* (sh); with a second's grace."""
        token = token or self.token
        run_id = token.rpartition("-")[2]
        script = self.write_script(f"echo x >> starts\n{body}\n", run_id, token)
        folder = IterationPaths("experiments/c").run(run_id).folder
        if walltime is not None:
            self.limited.add(token)
        return JobSpec(folder, script, None if walltime is None else Duration(walltime), Duration(1))

    def starts(self) -> int:
        """How often a job's body began."""
        path = self.folder / "starts"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def look(self, handle: JobHandle) -> JobObservation:
        """One observation of one job."""
        seen = self.scheduler.observe([handle])[handle]
        if seen.state is JobState.RUNNING and handle.token in self.limited:
            self.limited.discard(handle.token)
            self.hurry(handle)
        return seen

    def until(self, handle: JobHandle, *states: JobState) -> JobObservation:
        """The first observation that says one of *states*; fails when there is none in time."""
        end = time.monotonic() + self.seconds
        while (seen := self.look(handle)).state not in states:
            assert time.monotonic() < end, seen
            time.sleep(0.02)
        return seen


def local_scripts(folder: Path) -> Scripts:
    """Writes ``run_local.sh``, which sends its own output to its logs."""

    def write(body: str, run_id: str, token: str) -> str:
        run = IterationPaths("experiments/c").run(run_id)
        content = LocalScript(
            iteration_id="c",
            iteration_folder="experiments/c",
            run_id=run_id,
            run_folder=run.folder,
            token=token,
            command=("sh", "-c", body),
            activation=":",
        )
        return _written(folder, run.script, render_local(content))

    return write


def batch_scripts(folder: Path) -> Scripts:
    """Writes ``run_slurm.sbatch``: whoever starts it reads its ``#SBATCH`` lines, where its output goes among them."""

    def write(body: str, run_id: str, token: str) -> str:
        run = IterationPaths("experiments/c").run(run_id)
        content = SlurmScript(
            iteration_id="c",
            iteration_folder="experiments/c",
            run_id=run_id,
            run_folder=run.folder,
            token=token,
            command=("sh", "-c", body),
            activation=":",
            root=str(folder),
            request=SlurmRequest(Duration(300), Memory(100 * 2**20)),
        )
        return _written(folder, run.batch_script, render_batch(content))

    return write


def _written(folder: Path, path: str, script: bytes) -> str:
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_bytes(script)
    return path


def _verdict(seen: JobObservation) -> tuple[object, ...]:
    """What one look says of the end; a later one may know more about what the job took."""
    return seen.state, seen.exit_code, seen.reason, seen.started_at, seen.ended_at


def _time(text: str | None) -> datetime:
    found = parse_timestamp(text or "")
    assert found is not None, f"{text!r} is no RFC 3339 time"
    return found


class SchedulerContract:
    """The promises, one test each. A subclass named ``Test…`` has a fixture ``bench`` that gives a fresh ``Bench``."""

    def test_before_it_is_submitted_a_job_is_not_found(self, bench: Bench) -> None:
        assert bench.scheduler.find(bench.job("true"), bench.token) is None

    def test_a_submitted_job_is_found_by_its_token(self, bench: Bench) -> None:
        job = bench.job(FOREVER)

        handle = bench.scheduler.submit(job, bench.token)

        found = bench.scheduler.find(job, bench.token)
        assert found is not None
        assert (found.token, found.run_folder) == (handle.token, handle.run_folder)
        assert bench.look(found).state in {JobState.PENDING, JobState.RUNNING}

    def test_a_job_that_ended_is_still_found(self, bench: Bench) -> None:
        job = bench.job("true")
        bench.until(bench.scheduler.submit(job, bench.token), JobState.COMPLETED)

        found = bench.scheduler.find(job, bench.token)

        assert found is not None
        assert bench.look(found).state is JobState.COMPLETED

    def test_a_running_job_is_seen_to_run(self, bench: Bench) -> None:
        handle = bench.scheduler.submit(bench.job(FOREVER), bench.token)

        seen = bench.until(handle, JobState.RUNNING)

        assert seen.exit_code is None
        assert seen.ended_at is None
        assert _time(seen.started_at) <= datetime.now(UTC) + timedelta(minutes=5)

    def test_a_job_that_ends_with_zero_is_completed(self, bench: Bench) -> None:
        seen = bench.until(bench.scheduler.submit(bench.job("true"), bench.token), *ENDED_JOB_STATES)

        assert (seen.state, seen.exit_code) == (JobState.COMPLETED, 0)
        assert _time(seen.started_at) <= _time(seen.ended_at)

    def test_a_job_that_ends_otherwise_has_failed_and_says_how(self, bench: Bench) -> None:
        seen = bench.until(bench.scheduler.submit(bench.job("exit 3"), bench.token), *ENDED_JOB_STATES)

        assert (seen.state, seen.exit_code) == (JobState.FAILED, 3)
        assert "3" in seen.reason

    def test_a_job_killed_by_a_signal_has_failed(self, bench: Bench) -> None:
        seen = bench.until(bench.scheduler.submit(bench.job("kill -9 $$"), bench.token), *ENDED_JOB_STATES)

        assert seen.state is JobState.FAILED
        assert "KILL" in seen.reason

    def test_a_job_is_submitted_once_for_a_token(self, bench: Bench) -> None:
        job = bench.job(FOREVER)
        handle = bench.scheduler.submit(job, bench.token)
        bench.until(handle, JobState.RUNNING)

        with pytest.raises(SchedulerError):
            bench.scheduler.submit(job, bench.token)

        assert bench.scheduler.find(job, bench.token) is not None
        (bench.folder / "go").touch()
        assert bench.until(handle, *ENDED_JOB_STATES).state is JobState.COMPLETED
        assert bench.starts() == 1

    def test_a_job_that_ended_is_not_submitted_again(self, bench: Bench) -> None:
        job = bench.job("true")
        handle = bench.scheduler.submit(job, bench.token)
        before = bench.until(handle, *ENDED_JOB_STATES)

        with pytest.raises(SchedulerError):
            bench.scheduler.submit(job, bench.token)

        assert bench.starts() == 1
        assert _verdict(bench.look(handle)) == _verdict(before)

    def test_every_handle_gets_an_answer_and_what_is_not_there_is_never_done(self, bench: Bench) -> None:
        real = bench.scheduler.submit(bench.job("true"), bench.token)
        bench.until(real, *ENDED_JOB_STATES)
        never = JobHandle("autolab-c-2", "experiments/c/runs/2", host=os.uname().nodename)
        foreign = attrs.evolve(real, token="autolab-c-forged")

        answers = bench.scheduler.observe([never, real, foreign])

        assert set(answers) == {never, real, foreign}
        assert answers[real].state is JobState.COMPLETED
        assert answers[never].state in {JobState.ABSENT, JobState.UNKNOWN}
        assert answers[foreign].state in {JobState.ABSENT, JobState.UNKNOWN}
        assert answers[foreign].reason

    def test_no_handles_no_answers(self, bench: Bench) -> None:
        assert dict(bench.scheduler.observe([])) == {}

    def test_two_jobs_are_told_apart(self, bench: Bench) -> None:
        good = bench.scheduler.submit(bench.job("true"), bench.token)
        bad = bench.scheduler.submit(bench.job("exit 5", "autolab-c-2"), "autolab-c-2")

        assert bench.until(good, *ENDED_JOB_STATES).state is JobState.COMPLETED
        assert bench.until(bad, *ENDED_JOB_STATES).exit_code == 5

    def test_a_cancelled_job_has_ended_and_says_why(self, bench: Bench) -> None:
        handle = bench.scheduler.submit(bench.job(FOREVER), bench.token)
        bench.until(handle, JobState.RUNNING)

        outcome = bench.scheduler.cancel(handle, reason="the wrong seed")

        assert outcome in {CancelOutcome.CANCELLED, CancelOutcome.KILLED}
        seen = bench.look(handle)
        assert seen.state is JobState.CANCELLED
        assert "the wrong seed" in seen.reason

    def test_a_job_that_will_not_stop_is_killed(self, bench: Bench) -> None:
        handle = bench.scheduler.submit(bench.job("trap '' INT TERM; while :; do sleep 0.05; done"), bench.token)
        bench.until(handle, JobState.RUNNING)
        time.sleep(0.2)  # until it has set its traps

        assert bench.scheduler.cancel(handle, reason="enough") is CancelOutcome.KILLED

        assert bench.look(handle).state is JobState.CANCELLED

    def test_a_job_that_ended_or_never_was_cannot_be_cancelled(self, bench: Bench) -> None:
        ended = bench.scheduler.submit(bench.job("true"), bench.token)
        before = bench.until(ended, *ENDED_JOB_STATES)
        never = JobHandle("autolab-c-2", "experiments/c/runs/2", host=os.uname().nodename)

        assert bench.scheduler.cancel(ended, reason="too late") is CancelOutcome.ALREADY_ENDED
        assert bench.scheduler.cancel(never, reason="who?") is CancelOutcome.NOT_FOUND

        assert _verdict(bench.look(ended)) == _verdict(before)

    def test_a_job_is_stopped_at_its_time_limit(self, bench: Bench) -> None:
        seen = bench.until(bench.scheduler.submit(bench.job(FOREVER, walltime=1), bench.token), *ENDED_JOB_STATES)

        assert seen.state is JobState.TIMEOUT
        assert "limit" in seen.reason

    def test_a_job_that_was_stopped_is_no_success_whatever_its_exit_code(self, bench: Bench) -> None:
        polite = "trap 'exit 0' INT TERM; while :; do sleep 0.05; done"

        seen = bench.until(bench.scheduler.submit(bench.job(polite, walltime=1), bench.token), *ENDED_JOB_STATES)

        assert seen.state is JobState.TIMEOUT

    def test_a_job_that_cannot_start_is_never_done(self, bench: Bench) -> None:
        job = bench.job("true")
        (bench.folder / job.script).unlink()

        try:
            handle = bench.scheduler.submit(job, bench.token)
        except SubmitRejected:
            return
        assert bench.until(handle, *ENDED_JOB_STATES).state is JobState.FAILED
        assert bench.starts() == 0

    def test_what_one_process_submitted_another_can_see(self, bench: Bench) -> None:
        handle = bench.scheduler.submit(bench.job(FOREVER), bench.token)
        bench.until(handle, JobState.RUNNING)
        bare = JobHandle(handle.token, handle.run_folder, job_id=handle.job_id, host=handle.host)

        assert bench.another().observe([bare])[bare].state is JobState.RUNNING
