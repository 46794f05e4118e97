"""The phases of an experiment that a process has: begun, gone on with, judged and ended in the protocol's order."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autolab_core.experiment import order
from autolab_core.experiment.record import Record, in_phase, no_gpu_hours
from autolab_core.experiment.sealing import commit_facts
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import JournalFile
from autolab_core.io.lock import Lock
from autolab_core.models.experiment.rows import aggregated, counted, outstanding
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.experiment import ExperimentEnd, JournalEvent, Phase, PhaseEnd

__all__ = ["Phases"]


class Phases:
    """An experiment and the phase that this process is in: what a ``Recorder`` is, before it records numbers."""

    def __init__(self, record: Record, journal: JournalFile, lock: Lock) -> None:
        """``open`` makes one."""
        self._record, self._journal, self._lock = record, journal, lock
        self._turn = threading.RLock()
        self._phase: Phase | None = None
        self._finished = False  # the phase that we are in was finished before
        self._since = self._cpu_before = 0.0

    @property
    def root(self) -> Path:
        """The repository, as a real path."""
        return self._record.root

    @property
    def paths(self) -> ExperimentPaths:
        """Where the experiment's files are, relative to the root."""
        return self._record.paths

    @property
    def spec(self) -> Spec:
        """What is carried out."""
        return self._record.spec

    @property
    def state(self) -> ExperimentState:
        """Where it stands, always as the journal has it."""
        return self._record.state

    @property
    def phase(self) -> Phase | None:
        """The phase that this recorder is in; None between phases."""
        return self._phase

    def start(self, phase: Phase, *, commit: Mapping[str, Any] | None = None) -> bool:
        """Begin *phase*, or go on with it where it was left.

        *commit*: of the code, where that runs elsewhere; None for what is checked out here.

        False where it is finished already: then its numbers are known, and recording the same ones again changes
        nothing. Refused: a phase out of order, a spent budget that nobody justified, a spec that was changed.
        """
        with self._turn:
            record = self._record
            if self._phase is not None and not self._finished:
                record.refuse(f"the phase {phase} may not begin: {self._phase} goes on; end it first")
            if self.state.finished(phase):
                self._phase, self._finished = phase, True
                return False
            why = order.refusal_to_start(self.state, self.spec, phase) or record.change_of_spec()
            if why is not None:
                record.refuse(why)
            left = self.state.current
            if left is None:
                record.judge_budgets()
            facts = {
                "phase": phase,
                "attempt": len(self.state.of(phase)) + 1 if left is None else left.number,
                "session": len(self.state.opened),
                "commit": commit_facts(str(self.root), self.paths) if commit is None else dict(commit),
                "spec_sha256": (self.state.sealed or {}).get("sha256"),
            }
            record.append(JournalEvent.PHASE_STARTED if left is None else JournalEvent.PHASE_CONTINUED, facts)
            self._phase, self._finished = phase, False
            self._since, self._cpu_before = time.monotonic(), _cpu_seconds()
            return True

    def spent_elsewhere(self, wall_seconds: float, cpu_seconds: float) -> None:
        """Count what the phase that goes on used on another machine, beside what it uses here."""
        with self._turn:
            self._since -= max(0.0, wall_seconds)
            self._cpu_before -= max(0.0, cpu_seconds)

    def outstanding(self, phase: Phase | None = None) -> tuple[int, ...]:
        """The seeds that have no complete row in *phase* (default: the one that goes on), in the spec's order."""
        of = phase or self._phase or Phase.TREATMENT
        if self.state.finished(of):
            return ()
        return outstanding(self.spec, of, counted(self.state, self.spec, of))

    def missing(self, phase: Phase | None = None) -> tuple[str, ...]:
        """What *phase* (default: the one that goes on) still lacks, a clause each; between phases, the experiment."""
        of = phase or self._phase
        if of is None:
            return order.lacks_of_experiment(self.state, self.spec)
        return () if self.state.finished(of) else order.lacks_of_phase(self.state, self.spec, of)

    def end(self, end: PhaseEnd = PhaseEnd.FINISHED, *, gpu_hours: float | None = None) -> PhaseEnd:
        """End the phase; how it ended.

        FINISHED is refused, and the phase goes on, while a check did not pass or a number is missing, and when the
        spec was changed. The baseline is judged then: where a number is outside of its tolerance it ended
        NOT_REPRODUCED. Raises AbortTriggered when a criterion on a budget is met. An experiment that was aborted has
        no phase to end: nothing happens.
        """
        with self._turn:
            if self._finished or self.state.end is not None:
                self._phase, self._finished = None, False
                return PhaseEnd.FINISHED if self.state.end is not ExperimentEnd.ABORTED else PhaseEnd.ABORTED
            attempt, record = in_phase(self.state, self._phase), self._record
            phase = attempt.phase
            if end is PhaseEnd.FINISHED:
                lacks = order.lacks_of_phase(self.state, self.spec, phase)
                why = f"the phase {phase} may not end: it lacks {', '.join(lacks)}" if lacks else None
                why = why or record.change_of_spec()
                if why is not None:
                    record.refuse(why)
                if phase is Phase.BASELINE and not self._baseline_reproduces(attempt.number):
                    end = PhaseEnd.NOT_REPRODUCED
            record.end_attempt(attempt, end, self._used(gpu_hours))
            self._phase = None
            for each in order.spendings(self.state, self.spec):
                if each.over:
                    facts = {"kind": each.kind, "limit": each.limit, "measured": each.measured, "phase": phase}
                    record.append(JournalEvent.BUDGET_EXCEEDED, facts)
            record.judge_budgets()
            return end

    def _baseline_reproduces(self, attempt: int) -> bool:
        outside = order.outside_of(self.spec, self.state)
        facts = {
            "phase": Phase.BASELINE,
            "attempt": attempt,
            "values": aggregated(self.spec, Phase.BASELINE, counted(self.state, self.spec, Phase.BASELINE)),
            "reproduced": not outside,
            "outside": [
                {"metric": each.metric, "expected": each.expected, "tolerance": each.margin, "value": value}
                for each, value in outside
            ],
        }
        self._record.append(JournalEvent.BASELINE_JUDGED, facts)
        return not outside

    def leave(self, *, gpu_hours: float | None = None) -> None:
        """Leave the phase open, to be gone on with by this or another process."""
        with self._turn:
            if not self._finished:
                attempt = in_phase(self.state, self._phase)
                facts = {"phase": attempt.phase, "attempt": attempt.number, **self._used(gpu_hours)}
                self._record.append(JournalEvent.PHASE_PAUSED, facts)
            self._phase, self._finished = None, False

    def _used(self, gpu_hours: float | None = None) -> dict[str, Any]:
        """What was used since the phase was begun, or gone on with."""
        wall, cpu = time.monotonic() - self._since, _cpu_seconds() - self._cpu_before
        return {
            "wall_seconds": round(wall, 3),
            "cpu_seconds": round(max(0.0, cpu), 3),
            "gpu_hours": no_gpu_hours(gpu_hours),
        }

    def _require_open(self) -> None:
        if not self._finished:
            self._record.require_open()


def _cpu_seconds() -> float:
    """Of this process, and of its children that have ended (getrusage(2))."""
    every = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in every)
