"""Whatever is done with an experiment, and whenever its process dies: no illegal order, and no number is lost."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from autolab_core.io.journal import read_journal
from autolab_core.models.experiment.rows import counted, lacking
from autolab_core.models.experiment.state import fold
from autolab_core.vocab.errors import AbortTriggered, ExperimentRefused
from autolab_core.vocab.experiment import Phase, PhaseEnd, SanityCheck
from tests.unit.experiment import samples

SPEC = samples.spec(mve=True)
ORDER = list(Phase)


class Protocol(RuleBasedStateMachine):
    """A caller without a plan, and a process that is killed now and then."""

    @initialize()
    def begin(self):
        self.root = samples.repository(Path(tempfile.mkdtemp()), mve=True)
        self.recorder = samples.open_(self.root)
        self.accepted: list[tuple[str, object, object]] = []

    def teardown(self):
        if hasattr(self, "root"):
            self.recorder.close()
            shutil.rmtree(self.root)

    @rule(phase=st.sampled_from(Phase))
    def start(self, phase):
        with contextlib.suppress(ExperimentRefused):
            self.recorder.start(phase)

    @rule(end=st.sampled_from([PhaseEnd.FINISHED, PhaseEnd.FINISHED, PhaseEnd.BROKEN, PhaseEnd.INTERRUPTED]))
    def end(self, end):
        with contextlib.suppress(ExperimentRefused):
            self.recorder.end(end)

    @rule()
    def leave(self):
        with contextlib.suppress(ExperimentRefused):
            self.recorder.leave()

    @rule(check=st.sampled_from(SanityCheck), code=st.sampled_from([0, 0, 1]))
    def check(self, check, code):
        with contextlib.suppress(ExperimentRefused):
            self.recorder.check(check, ["x"], code, 0.1)

    @rule(steps=st.integers(1, 6))
    def advance(self, steps):
        """Do what is due: begin a phase, bring what it lacks, end it."""
        for _ in range(steps):
            phase = self.recorder.phase
            if phase is None:
                self.start(next((each for each in Phase if not self.recorder.state.finished(each)), Phase.TREATMENT))
            elif self.recorder.missing():
                for check in SanityCheck if phase is Phase.SANITY else ():
                    self.check(check, 0)
                self.fill_in(0.5)
            else:
                self.end(PhaseEnd.FINISHED)

    @rule(
        metric=st.sampled_from(["loss", "speed", "size", "first_loss", "other"]),
        value=st.sampled_from([0.5, 0.5, 0.5, 0.52, 0.52, 0.9, 3, "x", float("nan"), 1000]),
        seed=st.sampled_from([None, 0, 1, 2, 3]),
    )
    def record(self, metric, value, seed):
        before = self.recorder.state.entries
        try:
            self.recorder.record(metric, value, seed=seed)
        except AbortTriggered:
            return
        except ExperimentRefused:
            return
        if self.recorder.state.entries > before:
            self.accepted.append((metric, value, seed))

    @rule(loss=st.sampled_from([0.5, 0.9]))
    def fill_in(self, loss):
        """Record what the phase lacks."""
        seeds = (None,) if self.recorder.phase is Phase.BASELINE else (None, 0, 1, 2)
        for seed in seeds:
            for metric, value in (("loss", loss), ("speed", 3), ("size", 64), ("first_loss", 2)):
                self.record(metric, value, seed)

    @rule(criterion=st.sampled_from(["A1", "A2", "A9"]))
    def waive(self, criterion):
        with contextlib.suppress(ExperimentRefused):
            self.recorder.waive(criterion, "so it is")

    @rule()
    def finish(self):
        with contextlib.suppress(ExperimentRefused):
            self.recorder.finish()

    @rule()
    def die(self):
        """The kernel closes what a killed process had open; somebody starts another one."""
        self.recorder.close()
        self.recorder = samples.open_(self.root)

    @precondition(lambda self: hasattr(self, "root"))
    @invariant()
    def the_record_is_whole_and_in_order(self):
        journal = read_journal(self.root / samples.PATHS.journal)
        assert journal.faults == ()
        assert fold(journal.entries) == self.recorder.state
        numbers = [(e["metric"], e["value"], e["seed"]) for e in journal.entries if e["event"] == "metric"]
        assert [each[:2] for each in numbers] == [each[:2] for each in self.accepted[: len(numbers)]]
        assert len(numbers) - len(self.accepted) in (0, 1)  # the last one may have met a criterion
        if len(numbers) > len(self.accepted):
            self.accepted.append(numbers[-1])
        self.order_of(journal.entries)

    def order_of(self, entries):
        finished, current, over = set(), None, False
        for entry in entries:
            event, phase = entry["event"], entry.get("phase")
            assert not over, "nothing follows the end"
            if event == "phase_started":
                assert current is None, "one phase at a time"
                assert finished == set(ORDER[: ORDER.index(Phase(phase))]), "every phase before it is finished"
                current = phase
            elif event == "phase_ended":
                assert current == phase
                current = None
                if entry["end"] == PhaseEnd.FINISHED:
                    finished.add(Phase(phase))
            elif event in ("metric", "check", "progress"):
                assert phase is None or phase == current
            elif event == "ended":
                over = True
                assert entry["end"] == "aborted" or finished == set(ORDER)

    @precondition(lambda self: hasattr(self, "root"))
    @invariant()
    def what_is_finished_lacks_nothing(self):
        state = self.recorder.state
        for phase in (Phase.BASELINE, Phase.TREATMENT):
            if state.finished(phase):
                assert lacking(SPEC, phase, counted(state, SPEC, phase)) == ()
        if state.ended is not None:
            assert (self.root / samples.PATHS.metrics).exists()


Protocol.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestProtocol = pytest.mark.timeout(600)(Protocol.TestCase)
