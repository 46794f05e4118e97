"""Two hundred random schedules of commands, kills and faults on the fake cluster. Whatever happens:

never two jobs for one run, never a lost job, never a success that the job did not prove, always an end.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.integration.slurm.schedules import World, prepared
from tests.unit.repositories import PATH, new_repository

# What leaves open whether there is a job is what everything else depends on: half of the faults of a submission.
UNCLEAR = (
    ("sbatch", "accept_then_die", {}),
    ("sbatch", "accept_then_hang", {}),
    ("sbatch", "accept_then_time_out", {}),
)
SUBMISSION = (
    *UNCLEAR,
    *UNCLEAR,
    *UNCLEAR,
    ("sbatch", "hang", {}),
    ("sbatch", "die", {}),
    ("sbatch", "time_out", {}),
    ("sbatch", "lose", {}),
    ("sbatch", "reuse_ids", {}),
    ("sbatch", "garbage", {}),
    ("sbatch", "refuse", {"reason": "limit"}),
    ("sbatch", "refuse", {"reason": "full"}),
)
ANSWERS = tuple(
    (program, kind, details)
    for program in ("squeue", "squeue", "sacct", "*")
    for kind, details in (
        ("garbage", {}),
        ("truncate", {"keep": 0.5}),
        ("truncate", {"keep": 0.9}),
        ("wrong_rows", {}),
        ("wrong_rows", {"how": "columns"}),
        ("error_with_rc_0", {}),
        ("hang", {}),
        ("die", {}),
    )
)
OUTAGES = (
    ("*", "down", {}),
    ("*", "time_out", {}),
    ("*", "munge", {}),
    ("sacct", "down", {}),
    ("sacct", "disabled_accounting", {}),
    ("sacct", "lag", {"seconds": 10}),
    ("squeue", "purge", {}),
    ("scontrol", "garbage", {}),
    ("scancel", "down", {}),
)
COMMANDS = (World.launch, World.monitor, World.monitor, World.extract, World.cancel)
# How a job goes on: it starts, its script ends in its own way, or Slurm ends it.
ENDS = (
    World.start,
    World.start,
    World.finish,
    World.finish,
    partial(World.finish, code=1),
    partial(World.finish, code=137),
    *(partial(World.end, state=state) for state in ("CANCELLED", "NODE_FAIL", "TIMEOUT", "OUT_OF_MEMORY")),
)
PASSING = (
    *(partial(World.wait, seconds=seconds) for seconds in (1, 10, 100, 400, 4000)),
    *(partial(World.step_clock, seconds=seconds) for seconds in (-7200, -60, 60, 7200)),
    World.empty_cache,
    World.mend,
    World.mend,
)
# A launch has about fifteen effects, the other commands fewer.
# A schedule that fails is made shorter before it is shown, which takes a while.
pytestmark = pytest.mark.timeout(600)
DEATHS = st.one_of(st.none(), st.none(), st.sampled_from(["sbatch", "squeue"]), st.integers(1, 16))
TIMES = st.sampled_from([1, 1, 1, 2, 3, None])


@pytest.fixture(autouse=True, scope="module")
def _template(tmp_path_factory):
    """A reviewed repository to copy; an interpreter for what a stage starts."""
    repository = new_repository(tmp_path_factory.mktemp("template") / "repository")
    prepared(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", PATH)
        Schedule.template = repository.root
        yield


LATE = ("sbatch", "accept_then_time_out", {})


@pytest.mark.parametrize(
    "faults",
    [
        (LATE, ("*", "wrong_rows", {})),
        (LATE, ("*", "garbage", {})),
        (LATE, ("squeue", "truncate", {"keep": 0.9}), ("sacct", "truncate", {})),
        (LATE, ("squeue", "error_with_rc_0", {}), ("sacct", "disabled_accounting", {})),
        (("sbatch", "accept_then_hang", {}), ("squeue", "hang", {}), ("sacct", "lag", {"seconds": 600})),
        (("sbatch", "accept_then_die", {}), ("sacct", "down", {}), ("squeue", "die", {})),
    ],
    ids=lambda faults: "-".join(kind for _, kind, _ in faults),
)
def test_an_unclear_submission_among_wrong_answers_is_never_repeated(tmp_path, faults):
    world = World.made(Schedule.template, tmp_path)
    for command, kind, details in faults:
        # The question before the submission is answered: without that nothing would be submitted at all.
        world.slurm.fault(command, kind, after=int(command in {"squeue", "*"}), **details)

    for _ in range(3):
        world.launch()

    assert len(world.slurm.jobs()) == 1
    world.settle()


class Schedule(RuleBasedStateMachine):
    """The steps; ``faults`` are the groups of faults that this kind of schedule has."""

    template: Path
    faults: tuple[tuple[tuple[str, str, dict[str, object]], ...], ...] = (SUBMISSION, ANSWERS, OUTAGES)
    broken = False

    @initialize(data=st.data(), times=TIMES, at=DEATHS, after=st.booleans())
    def begin(self, data, times, at, after):
        """Nothing happens without a launch, and much can happen to the first one."""
        self.folder = Path(tempfile.mkdtemp(prefix="schedule"))
        self.world = World.made(self.template, self.folder)
        for number, group in enumerate(self.faults):
            if data.draw(st.booleans()):
                self.a_fault(data, group, times, after=number)
        self.world.launch(at=at, after=after)

    def a_fault(self, data, group, times, after=0):
        command, kind, details = data.draw(st.sampled_from(group))
        self.world.slurm.fault(command, kind, times=times, after=after, **details)

    # --- commands, whole and killed

    @rule(at=DEATHS, after=st.booleans())
    def the_next_command(self, at, after):
        self.world.next(at=at, after=after)

    @rule(data=st.data(), times=TIMES, after=st.sampled_from([0, 0, 1]))
    def the_next_command_in_trouble(self, data, times, after):
        for group in self.faults:
            self.a_fault(data, group, times, after)
        self.world.next()

    @rule(command=st.sampled_from(COMMANDS), at=DEATHS, after=st.booleans())
    def a_command(self, command, at, after):
        command(self.world, at=at, after=after)

    # --- what happens meanwhile

    @precondition(lambda self: bool(self.world.alive()))
    @rule(number=st.integers(0, 3), how=st.sampled_from(ENDS))
    def a_job_goes_on(self, number, how):
        alive = self.world.alive()
        how(self.world, alive[number % len(alive)])

    @rule(data=st.data(), times=TIMES, after=st.integers(0, 2))
    def something_goes_wrong(self, data, times, after):
        self.a_fault(data, data.draw(st.sampled_from(self.faults)), times, after)

    @rule(passes=st.sampled_from(PASSING))
    def something_passes(self, passes):
        passes(self.world)

    @rule()
    def a_person_decides(self):
        """What is over is done again, as another run."""
        self.world.again()

    # --- what must hold

    @invariant()
    def nothing_is_wrong(self):
        try:
            self.world.check()
        except AssertionError:
            self.broken = True
            raise

    def teardown(self):
        try:
            if not self.broken and hasattr(self, "world"):
                self.world.settle()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class OfSubmissions(Schedule):
    faults = (SUBMISSION,)


class OfAnswers(Schedule):
    faults = (SUBMISSION, ANSWERS)


class OfOutages(Schedule):
    faults = (SUBMISSION, OUTAGES)


_SETTINGS = settings(max_examples=50, stateful_step_count=20, suppress_health_check=list(HealthCheck))


class TestAnything(Schedule.TestCase):
    settings = _SETTINGS


class TestSubmissions(OfSubmissions.TestCase):
    settings = _SETTINGS


class TestAnswers(OfAnswers.TestCase):
    settings = _SETTINGS


class TestOutages(OfOutages.TestCase):
    settings = _SETTINGS
