"""What every engine promises (``autolab_core.cloud.engines.base``), as tests that an author inherits.

    class TestMyEngine(EngineContract):
        @pytest.fixture
        def bench(self):
            yield EngineBench(lambda: MyEngine(...), image="python:3.11")

Real jobs are started: each lasts a moment. ``EngineBench.clear`` ends what a failed test leaves behind; the fixture
calls it. See ``docs/cloud-engines.md``.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs
import pytest

from autolab_core.cloud.engines.base import (
    FOLDER,
    Engine,
    EngineHandle,
    EngineJob,
    EngineObservation,
    Mount,
    require_limit,
)
from autolab_core.models.job import CancelOutcome
from autolab_core.models.resources import Duration
from autolab_core.vocab.engines import OPEN_ENGINE_STATES, EngineState
from autolab_core.vocab.errors import EngineError, EngineRejected
from autolab_core.vocab.states import Severity

__all__ = ["FOREVER", "SECONDS", "EngineBench", "EngineContract"]

SECONDS: Final = 60.0
#: A job that runs until it is stopped, and that a SIGTERM stops.
FOREVER: Final = "trap 'exit 143' TERM; echo begun; while :; do sleep 0.1; done"


def _no_hurry(handle: EngineHandle) -> None:
    return None


@attrs.frozen
class EngineBench:
    """An engine, and jobs for it. ``another`` makes the engine anew, as another process would.

    ``seconds`` is how long a job may take to get where it is expected; ``limit`` is the shortest limit that is worth
    asking for. ``hurry`` is called once for a running job that is to reach its limit, where waiting for that would be
    too long. ``secret`` is the name of a secret that the engine's store has, and its value. ``tells`` is False for a
    test server that leaves out why a job failed.
    """

    another: Callable[[], Engine]
    image: str | None = None
    seconds: float = SECONDS
    limit: Duration = Duration(2)
    hurry: Callable[[EngineHandle], None] = _no_hurry
    secret: tuple[str, str] | None = None
    tells: bool = True
    run_ids: list[str] = attrs.field(factory=list)

    _kept: list[Engine] = attrs.field(factory=list, init=False)

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        if not self._kept:
            self._kept.append(self.another())
        return self._kept[0]

    def job(self, body: str, *, run_id: str = "", limit: Duration = Duration(600)) -> EngineJob:
        """A job that runs *body* (sh)."""
        run_id = run_id or f"c-{secrets.token_hex(4)}"
        self.run_ids.append(run_id)
        return EngineJob(run_id, ("sh", "-c", body), limit, self.image)

    def start(self, body: str) -> EngineHandle:
        """A job that has been submitted."""
        return self.engine.submit(self.job(body))

    def look(self, handle: EngineHandle) -> EngineObservation:
        """One observation of one job."""
        return self.engine.describe([handle])[handle]

    def until(self, handle: EngineHandle, *states: EngineState) -> EngineObservation:
        """The first observation that says one of *states*; fails when there is none in time."""
        end = time.monotonic() + self.seconds
        while (seen := self.look(handle)).state not in states:
            assert time.monotonic() < end, seen
            assert seen.state in OPEN_ENGINE_STATES, seen
            time.sleep(0.1)
        return seen

    def ended(self, handle: EngineHandle) -> EngineObservation:
        """The job once it has ended."""
        return self.until(handle, EngineState.ENDED)

    def tried(self, job: EngineJob) -> tuple[str, EngineObservation | None]:
        """Why the engine refuses *job*, or how it ended."""
        try:
            return "", self.ended(self.engine.submit(job))
        except EngineRejected as error:
            return str(error), None

    def lines(self, handle: EngineHandle, *expected: str) -> tuple[str, ...]:
        """What the job wrote, once *expected* are among its lines: a log may be behind its job."""
        end = time.monotonic() + self.seconds
        while not set(expected) <= set(lines := self.engine.logs(handle).lines):
            assert time.monotonic() < end, lines
            time.sleep(0.1)
        return lines

    def clear(self) -> None:
        """End and forget every job of this bench."""
        for run_id in self.run_ids:
            handle = self.engine.find(run_id)
            if handle is not None:
                self.engine.terminate(handle, reason="the test is over")
                self.engine.forget(handle)


class EngineContract:
    """The promises, one test each. A subclass named ``Test…`` has a fixture ``bench`` that gives an ``EngineBench``."""

    def test_it_keeps_a_time_limit_of_its_own(self, bench: EngineBench) -> None:
        assert require_limit(bench.engine).capabilities().own_limit

    def test_a_job_is_found_from_its_submission_on_by_any_process(self, bench: EngineBench) -> None:
        job = bench.job("echo out; echo err >&2; exit 3")

        assert bench.engine.find(job.run_id) is None
        handle = bench.engine.submit(job)

        assert bench.another().find(job.run_id) == handle
        seen = bench.ended(handle)
        assert seen.exit_code == 3
        assert seen.native_state
        assert not seen.timed_out
        assert bench.another().find(job.run_id) == handle
        assert {"out", "err"} <= set(bench.lines(handle, "out", "err"))

    def test_a_job_that_ends_with_zero_says_so_and_when(self, bench: EngineBench) -> None:
        seen = bench.ended(bench.start("true"))

        assert (seen.exit_code, seen.timed_out, seen.out_of_memory) == (0, False, False)
        assert seen.started_at is not None
        assert seen.ended_at is not None
        assert seen.started_at <= seen.ended_at

    def test_words_and_environment_arrive_as_they_are(self, bench: EngineBench) -> None:
        words = ("sh", "-c", 'printf "<%s>\\n" "$@" "$GREETING"', "sh", "two words", "$HOME 'q' \"d\"", "--x=1")
        job = attrs.evolve(bench.job(""), argv=words, env={"GREETING": "a b  $c"})

        handle = bench.engine.submit(job)

        bench.ended(handle)
        bench.lines(handle, "<two words>", "<$HOME 'q' \"d\">", "<--x=1>", "<a b  $c>")

    def test_a_log_goes_on_where_it_was_left(self, bench: EngineBench) -> None:
        handle = bench.start("echo one; echo err >&2; sleep 1; echo two")
        bench.lines(handle, "one", "err")
        first = bench.engine.logs(handle)
        bench.ended(handle)
        bench.lines(handle, "two")

        later = bench.engine.logs(handle, first.cursor)

        assert sorted((*first.lines, *later.lines)) == ["err", "one", "two"]
        assert bench.engine.logs(handle, later.cursor).lines == ()

    def test_a_run_has_one_job_however_often_it_is_submitted(self, bench: EngineBench) -> None:
        job = bench.job("exit 4")
        handle = bench.engine.submit(job)

        with pytest.raises(EngineError):
            bench.another().submit(job)
        bench.ended(handle)
        with pytest.raises(EngineError):
            bench.another().submit(job)

        assert [run.handle for run in bench.engine.list() if run.handle.run_id == job.run_id] == [handle]
        assert bench.look(handle).exit_code == 4

    def test_two_jobs_are_told_apart_and_what_is_not_there_is_never_done(self, bench: EngineBench) -> None:
        good, bad = bench.start("true"), bench.start("exit 5")
        bench.ended(good)
        bench.ended(bad)
        never = good._replace(run_id="c-never", engine_id=f"{good.engine_id[:-4]}0000")

        seen = bench.engine.describe([bad, never, good])

        assert set(seen) == {good, bad, never}
        assert (seen[good].exit_code, seen[bad].exit_code) == (0, 5)
        assert seen[never].state in {EngineState.LOST, EngineState.UNKNOWN}
        assert seen[never].reason
        assert bench.engine.logs(never).lines == ()
        assert dict(bench.engine.describe([])) == {}

    def test_a_job_is_listed_with_its_limit(self, bench: EngineBench) -> None:
        handle = bench.engine.submit(bench.job("true", limit=Duration(1234)))

        (listed,) = [run for run in bench.engine.list() if run.handle == handle]

        assert listed.limit == Duration(1234)
        assert listed.created_at is not None

    def test_a_job_is_terminated_once(self, bench: EngineBench) -> None:
        handle = bench.start(FOREVER)
        bench.until(handle, EngineState.RUNNING)
        bench.engine.forget(handle)
        assert bench.look(handle).state is EngineState.RUNNING

        outcome = bench.engine.terminate(handle, reason="the wrong seed")

        seen = bench.ended(handle)
        assert outcome in {CancelOutcome.CANCELLED, CancelOutcome.KILLED, CancelOutcome.STILL_RUNNING}
        assert seen.exit_code != 0
        assert bench.engine.terminate(handle, reason="again") is CancelOutcome.ALREADY_ENDED
        never = handle._replace(run_id="c-never", engine_id=f"{handle.engine_id[:-4]}0000")
        assert bench.engine.terminate(never, reason="who?") is CancelOutcome.NOT_FOUND

    def test_a_job_is_ended_at_its_limit_by_the_engine_alone(self, bench: EngineBench) -> None:
        handle = bench.engine.submit(bench.job("trap '' TERM; while :; do sleep 0.1; done", limit=bench.limit))
        bench.until(handle, EngineState.RUNNING)
        bench.hurry(handle)

        seen = bench.ended(handle)

        assert seen.exit_code != 0
        assert seen.timed_out
        assert "limit" in seen.reason

    @pytest.mark.parametrize("seconds", [None, 0])
    def test_a_job_without_a_limit_is_refused(self, bench: EngineBench, seconds: int | None) -> None:
        with pytest.raises(EngineRejected, match="limit"):
            bench.engine.submit(bench.job("true", limit=Duration(seconds)))

    def test_a_command_that_is_not_there_is_never_done(self, bench: EngineBench) -> None:
        job = attrs.evolve(bench.job(""), argv=("/nothing/of/this/name",))

        refused, seen = bench.tried(job)

        assert refused or (seen is not None and seen.exit_code != 0)

    def test_an_image_that_is_not_there_is_named(self, bench: EngineBench) -> None:
        job = attrs.evolve(bench.job("true"), image="registry.invalid/nothing:1")
        if not bench.engine.capabilities().images:
            with pytest.raises(EngineRejected, match="image"):
                bench.engine.submit(job)
            return

        refused, seen = bench.tried(job)

        assert "registry.invalid/nothing:1" in refused or (
            seen is not None and ("mage" in seen.reason or not bench.tells)
        )
        assert seen is None or seen.exit_code != 0

    def test_a_folder_is_mounted_or_refused(self, bench: EngineBench, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "out").mkdir()
        (tmp_path / "in" / "seed").write_text("17\n")
        can = bench.engine.capabilities()
        places = ("/mnt/in", "/mnt/out") if can.images else (str(tmp_path / "in"), str(tmp_path / "out"))
        mounts = (Mount(str(tmp_path / "in"), places[0], can.images), Mount(str(tmp_path / "out"), places[1]))
        body = f"cat {places[0]}/seed >{places[1]}/seed; echo x >{places[0]}/new"
        job = attrs.evolve(bench.job(body), mounts=mounts)
        if FOLDER not in can.storage:
            with pytest.raises(EngineRejected):
                bench.engine.submit(job)
            return

        seen = bench.ended(bench.engine.submit(job))

        assert (tmp_path / "out" / "seed").read_text() == "17\n"
        # What runs on this machine itself sees its folders where they are, and as they are.
        assert (seen.exit_code == 0) is (tmp_path / "in" / "new").exists() is not can.images
        if not can.images:
            with pytest.raises(EngineRejected):
                bench.engine.submit(attrs.evolve(bench.job("true"), mounts=(Mount(str(tmp_path), "/mnt/elsewhere"),)))

    def test_a_secret_comes_from_the_engines_store_or_is_refused(self, bench: EngineBench) -> None:
        unknown = attrs.evolve(bench.job("true"), secrets=("AUTOLAB_NO_SUCH_SECRET",))
        with pytest.raises(EngineRejected, match="AUTOLAB_NO_SUCH_SECRET"):
            bench.engine.submit(unknown)
        if bench.secret is None:
            return
        name, value = bench.secret

        handle = bench.engine.submit(
            attrs.evolve(bench.job(f'test -n "${name}" && echo "${{#{name}}}"'), secrets=(name,))
        )

        seen = bench.ended(handle)
        bench.lines(handle, str(len(value)))
        assert value not in f"{seen}{bench.engine.list()}"

    def test_an_ended_job_can_be_forgotten(self, bench: EngineBench) -> None:
        handle = bench.start("true")
        bench.ended(handle)

        bench.engine.forget(handle)

        assert bench.look(handle).state in {EngineState.LOST, EngineState.ENDED}

    def test_a_ready_engine_finds_no_fault_with_itself(self, bench: EngineBench) -> None:
        findings = bench.engine.check()

        assert findings
        assert [found for found in findings if found.severity is Severity.ERROR] == []
