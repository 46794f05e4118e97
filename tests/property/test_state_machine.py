"""The whole loop, driven at random: outcomes, people, agents, crashes and callers at the same time.

Whatever happens, only legal moves are written, no entry of the history is lost or changed, nobody but a person leaves
what is a person's, and no stage is advanced whose artifacts were not verified.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from autolab_core.io.documents import edit_yaml
from autolab_core.models.state import State
from autolab_core.stages.agents.options import AgentOptions
from autolab_core.stages.approve import approve
from autolab_core.stages.cancel import cancel
from autolab_core.stages.context import StageContext
from autolab_core.stages.extract import extract
from autolab_core.stages.launch import LaunchOptions, launch
from autolab_core.stages.monitor import monitor
from autolab_core.stages.reopen import reopen
from autolab_core.stages.resume import resume
from autolab_core.stages.step import step
from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.ownership import BRINGS
from autolab_core.vocab.states import Severity, Stage, StageOutcome
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON, by_a_person, made_by_a_stage
from autolab_verifiers.engine.verify import examine
from tests.property.loop_world import Crash, World
from tests.unit.repositories import new_repository

BACKLOG = ".autolab/backlog.yaml"
# What a job became is a fact and advances in any case: its results are what is judged, at the stage after it.
JUDGED = frozenset(Stage) - LEFT_BY_A_PERSON - {Stage.SLURM_MONITOR}

COMMANDS: dict[str, Callable[[StageContext], object]] = {
    "run": lambda context: step(context, LaunchOptions()),
    "done": lambda context: step(context, LaunchOptions(), agent=AgentOptions(done="nothing had to change")),
    "launch": lambda context: launch(context, LaunchOptions()),
    "monitor": monitor,
    "extract": extract,
    "approve": lambda context: approve(context, who="ada"),
    "cancel": lambda context: cancel(context, reason="x"),
}
ANSWERS = st.sampled_from(
    ["pass", "needs_retry", "failed", "hypothesis", "design", "launch", "stop", "human_review", "y"]
)
JOBS = (JobState.RUNNING, JobState.FAILED, JobState.UNKNOWN, JobState.ABSENT)
_TEMPLATE: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def _template(tmp_path_factory):
    _TEMPLATE.append(new_repository(tmp_path_factory.mktemp("loop") / "template").root)
    yield
    _TEMPLATE.clear()


class Loop(RuleBasedStateMachine):
    """One iteration, and everybody who has a hand in it."""

    @initialize(stage=st.sampled_from([Stage.HYPOTHESIS, Stage.DESIGN, Stage.IMPLEMENTATION_REVIEW, Stage.LAUNCH]))
    def begin(self, stage):
        self.folder = Path(mkdtemp(prefix="autolab-loop-"))
        self.world = World(_TEMPLATE[0], self.folder / "repository")
        self.world.edit_stage(stage)
        if stage is Stage.LAUNCH:
            self.world.bring(Stage.IMPLEMENTATION_REVIEW, "pass")
        self.history: list[dict[str, object]] = []
        self.by_hand = True

    def teardown(self):
        if hasattr(self, "folder"):
            self.the_rules_have_nothing_against_it()
            shutil.rmtree(self.folder)

    def the_rules_have_nothing_against_it(self) -> None:
        """What the commands wrote is what the verifier asks of a history."""
        judged = examine(self.world.repository.root, only=["consistency"], iteration_id="iter_a").judgement
        found = {check.rule: check.findings for check in judged.checks if check.rule in {"CN006", "CN010", "CN011"}}
        assert [each for findings in found.values() for each in findings if each.severity is Severity.ERROR] == []
        assert found["CN010"] == found["CN011"] == ()

    def stage(self) -> Stage:
        return Stage(self.world.state()["stage"])

    def call(self, command: Callable[[StageContext], object]) -> None:
        """What a user sees of *command*: an answer or one line, unless the process dies."""
        try:
            with self.world.plugged():
                command(self.world.context)
        except (AutolabError, Crash):
            pass
        finally:
            self.world.crash_at = None
            self.world.meanwhile.clear()

    @rule(
        name=st.sampled_from([*["run"] * 6, *COMMANDS]),
        verdicts=st.lists(st.booleans(), max_size=3),
        crash_at=st.none() | st.none() | st.integers(2, 30),
        others=st.lists(st.sampled_from(sorted(COMMANDS)), max_size=2),
        edited=st.none() | st.none() | st.none() | st.sampled_from(Stage),
    )
    def somebody_calls(self, name, verdicts, crash_at, others, edited):
        self.world.verdicts, self.world.crash_at = verdicts, crash_at
        self.world.meanwhile = [self.also(other) for other in others]
        if edited is not None:
            self.world.meanwhile.append(lambda _: self.edits(edited))
        self.call(COMMANDS[name])

    def also(self, name: str) -> Callable[[StageContext], object]:
        """Another process calls at the same time: it is refused, or does what it may."""

        def called(context: StageContext) -> None:
            with suppress(AutolabError):
                COMMANDS[name](context)

        return called

    @precondition(lambda self: self.stage() in BRINGS)
    @rule(answer=ANSWERS, verdict=st.booleans())
    def an_agent_works(self, answer, verdict):
        self.call(COMMANDS["run"])
        if (stage := self.stage()) in BRINGS:
            self.world.bring(stage, answer)
        self.world.verdicts = [verdict]
        self.call(COMMANDS["done" if stage is Stage.IMPLEMENTATION else "run"])

    @precondition(lambda self: self.stage() not in LEFT_BY_A_PERSON)
    @rule(verdicts=st.lists(st.sampled_from([True, True, False]), min_size=1, max_size=4))
    def it_goes_on(self, verdicts):
        well = {Stage.IMPLEMENTATION_REVIEW: "pass", Stage.DECIDE_REPEAT: "launch"}
        for verdict in verdicts:
            if (stage := self.stage()) in BRINGS:
                self.an_agent_works(answer=well.get(stage, f"y{len(self.history)}"), verdict=verdict)
            else:
                self.world.end(JobState.COMPLETED)
                self.world.verdicts = [verdict] * 3
                self.call(COMMANDS["run"])
            self.the_history_is_sound()

    @rule(
        what=st.sampled_from([*JOBS, JobState.COMPLETED, "close", "edit"]),
        stage=st.sampled_from(Stage),
    )
    def something_happens(self, what, stage):
        if what == "close":
            self.closes_the_backlog()
        elif what == "edit":
            self.edits(stage)
        else:
            self.world.end(what)

    def closes_the_backlog(self) -> None:
        path = self.world.repository.root / BACKLOG

        def close(data):
            data["experiments"][0]["status"] = "done"

        path.write_bytes(edit_yaml(path.read_bytes(), BACKLOG, close))

    def edits(self, stage: Stage) -> None:
        self.world.edit_stage(stage)
        self.by_hand = True

    @precondition(lambda self: self.stage() in LEFT_BY_A_PERSON)
    @rule(
        to=st.sampled_from([*Stage, Stage.LAUNCH, Stage.UPDATE_DOCS]),
        reopens=st.booleans(),
        crash_at=st.none() | st.none() | st.integers(2, 5),
    )
    def a_person_decides(self, to, reopens, crash_at):
        self.world.crash_at = crash_at
        if reopens:
            self.call(lambda context: reopen(context, who="ada", why="x", stage=to))
        else:
            self.call(lambda context: resume(context, who="ada", why="x", decision=to))

    @invariant()
    def the_history_is_sound(self):
        if not hasattr(self, "world"):
            return
        data = self.world.state()
        assert data["history"][: len(self.history)] == self.history
        state: State = self.world.repository.state()
        for entry in state.history[len(self.history) :]:
            self.is_sound(entry)
        led = state.history[-1].stage_after if state.history else None
        assert self.by_hand or state.stage is led
        self.by_hand = self.by_hand and state.stage is not led
        self.history = data["history"]

    def is_sound(self, entry) -> None:
        before, after = entry.stage_before, entry.stage_after
        person = entry.who is not None
        assert made_by_a_stage(before, entry.status, after) or (person and by_a_person(before, after)), entry
        if before in LEFT_BY_A_PERSON and after is not before:
            assert person, entry
            assert entry.why, entry
        taken_up = entry.summary.startswith("taken up again for ") or entry.summary.startswith("ada approved ")
        if entry.status is StageOutcome.ADVANCE and not person and not taken_up and before in JUDGED:
            said = [passed for stage, passed in self.world.verified if stage is before]
            # A launch is verified before its effect; what is verified after it is the run's record.
            verified = any(said) if before is Stage.LAUNCH else said and said[-1]
            assert verified, (entry, self.world.verified)
            self.world.verified = [each for each in self.world.verified if each[0] is not before]


Loop.TestCase.settings = settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink a whole loop takes longer than a test may
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLoop = Loop.TestCase


@pytest.mark.long
@pytest.mark.timeout(1200)
class TestManyLoops(Loop.TestCase):
    """The same, for as long as it is worth waiting for."""

    settings = settings(Loop.TestCase.settings, max_examples=400, stateful_step_count=50)
