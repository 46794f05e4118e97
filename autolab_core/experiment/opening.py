"""The experiment protocol in Python: ``with autolab_core.experiment.open(SPEC) as run``, and a ``with`` a phase.

The order, the refusals and the record are the recorder's; this makes sure that a phase that is left has ended, that
the sanity checks which the spec names are made before the baseline, and that the results are written at the end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autolab_core.exec.command import Command
from autolab_core.exec.local import LocalRunner
from autolab_core.experiment import order
from autolab_core.experiment.recorder import Recorder
from autolab_core.experiment.this_process import ThisProcess
from autolab_core.experiment.usage import Meter
from autolab_core.io.root import locate_root
from autolab_core.models.experiment.commands import fill
from autolab_core.models.experiment.rows import arm_of
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.errors import AbortTriggered, AutolabError, ExperimentRefused, RunnerError, UsageError
from autolab_core.vocab.experiment import Arm, InProcess, Phase, PhaseEnd, SanityCheck

__all__ = ["PhaseBlock", "Run", "open_experiment"]

_NOT_FOUND = 127
REPORTED = "reported"


def open_experiment(
    spec: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None, guard: str = InProcess.ENFORCE
) -> Run:
    """Take up the experiment of *spec*: seal it or go on with it, guard this process, and hold the experiment's lock.

    *spec* is looked for from the current folder, then from *root* (default: the repository that the spec lies in).
    *guard*: ``enforce`` lets this process and its children write neither the spec nor what is protected from agents,
    for as long as it lives; ``seal`` does not, and shows what was changed.

    Raises what ``Recorder.open`` does, and GuardRefused where this process cannot be guarded.
    """
    top, path = _placed(os.fspath(spec), None if root is None else os.fspath(root))
    guarding = ThisProcess(guard)
    recorder = Recorder.open(Path(top), path, guard=guarding.begin, interpreter=sys.executable)
    return Run(recorder, guarding)


def _placed(spec: str, root: str | None) -> tuple[str, str]:
    """The repository, and the spec's path in it."""
    here = os.path.abspath(spec)
    if root is None and not os.path.lexists(here):
        root = locate_root()  # the spec is named from there, or is nowhere
    if root is None:
        top = locate_root(os.path.dirname(here))
    else:
        top = os.path.realpath(root)
        here = here if os.path.lexists(here) else os.path.join(top, spec)
    path = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(here)), os.path.basename(here)), top)
    if path.startswith(".."):
        raise UsageError(f"the spec {spec!r} lies outside of the repository {top}")
    return top, path


class Run:
    """An experiment that this process carries out. Leave it (``with``) and it is closed, to be taken up again; leave it
    after the treatment and it is finished."""

    def __init__(self, recorder: Recorder, guarding: ThisProcess) -> None:
        """``open_experiment`` makes one."""
        self._recorder, self._guarding = recorder, guarding
        recorder.before_the_end(self._look)

    @property
    def spec(self) -> Spec:
        """What is carried out."""
        return self._recorder.spec

    @property
    def state(self) -> ExperimentState:
        """Where it stands."""
        return self._recorder.state

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that are outstanding in the phase that goes on (between phases: in the treatment)."""
        return self._recorder.outstanding()

    def sanity(self) -> PhaseBlock:
        """The three checks. Without it the baseline makes those that the spec names."""
        return PhaseBlock(self._recorder, Phase.SANITY)

    def baseline(self) -> PhaseBlock:
        """The baseline. Leaving it raises ExperimentRefused when the expected values are not reproduced; it may be
        tried again, and every attempt stays on record."""
        return PhaseBlock(self._recorder, Phase.BASELINE, before=self._make_checks)

    def mve(self) -> PhaseBlock:
        """The minimum viable experiment, where the spec defines one. Its numbers are on record and are no results."""
        return PhaseBlock(self._recorder, Phase.MVE)

    def treatment(self) -> PhaseBlock:
        """The full protocol, for the seeds that are in ``seeds``."""
        return PhaseBlock(self._recorder, Phase.TREATMENT)

    def note(self, text: str) -> None:
        """Put a fact beside the numbers."""
        self._recorder.note(text)

    def usage(self, /, **figures: Any) -> None:
        """Put your own figures beside what is measured: they go into ``config.json`` alone."""
        self._recorder.usage(**figures)

    def justify(self, text: str) -> None:
        """Say why the next phase begins though a budget is spent."""
        self._recorder.justify(text)

    def waive(self, criterion: str, reason: str) -> None:
        """Take back an abort criterion, as the operator may."""
        self._recorder.waive(criterion, reason)

    def finish(self) -> None:
        """Write the results; leaving the block does it after the treatment."""
        self._recorder.finish()

    def close(self) -> None:
        """Let go of the experiment; closing twice is fine."""
        try:
            if self.state.ended is None:
                self._look()
        finally:
            self._recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            with suppress(AutolabError):  # what brought us here is what is to be told
                self.close()
            return
        try:
            if self.state.finished(Phase.TREATMENT):
                self._recorder.finish()
        finally:
            self.close()

    def _look(self) -> None:
        changes = self._guarding.look()
        if changes or not self.state.compared or self.state.compared[-1].get("session") != len(self.state.opened):
            self._recorder.saw(changes)

    def _make_checks(self) -> None:
        """Make the sanity checks that were not made yet, by the commands that the spec names."""
        if self.state.finished(Phase.SANITY) or self.state.end is not None:
            return
        with self.sanity() as phase:
            for check in SanityCheck:
                if not self.state.passed(check):
                    phase.check(check)


class PhaseBlock:
    """One phase, in a ``with``. ``done``: it was finished before, and recording the same numbers changes nothing."""

    def __init__(self, recorder: Recorder, phase: Phase, before: Callable[[], None] | None = None) -> None:
        """*before* is called before the phase begins."""
        self._recorder, self._phase, self._before = recorder, phase, before
        self._meter: Meter | None = None
        self._row: int | None = None
        self._row_since = self._last = 0.0
        self.done = False

    def __enter__(self) -> Self:
        if self._before is not None:
            self._before()
        self.done = not self._recorder.start(self._phase)
        self._meter = Meter(os.environ)
        self._row_since = self._last = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hours = None if self._meter is None else self._meter.used(os.getpid()).gpu_hours
        if error is None:
            self._end(hours)
        elif not isinstance(error, AbortTriggered):
            end = PhaseEnd.INTERRUPTED if isinstance(error, KeyboardInterrupt) else PhaseEnd.BROKEN
            with suppress(AutolabError):
                self._recorder.end(end, gpu_hours=hours)

    def _end(self, hours: float | None) -> None:
        try:
            end = self._recorder.end(gpu_hours=hours)
        except AbortTriggered:
            raise
        except ExperimentRefused:
            self._recorder.end(PhaseEnd.BROKEN, gpu_hours=hours)
            raise
        if end is PhaseEnd.NOT_REPRODUCED:
            last = self._recorder.state.of(Phase.BASELINE)[-1]
            outside = "; ".join(order.deviations(self._recorder.spec, last.judged))
            raise ExperimentRefused(f"the baseline did not reproduce ({outside}): mend what is wrong, and try it again")

    def record(self, metric: str, value: Any, *, seed: int | None = None, unit: str | None = None) -> None:
        """Record a number; see ``Recorder.record`` for what is refused, and when AbortTriggered is raised."""
        seconds = self._seconds_of(seed)
        self._recorder.record(metric, value, seed=seed, unit=unit)
        self._recorder.run_time(seconds, seed=seed)

    def watch(self, metric: str, value: Any, *, seed: int | None = None, step: float | None = None) -> None:
        """Hold a number on the way to a result against the abort criteria, the time of a seed's run too; it is not
        recorded. See ``Recorder.watch``."""
        self._recorder.watch(metric, value, seed=seed, step=step)
        if seed is not None:
            self._recorder.run_time(self._seconds_of(seed), seed=seed)

    def _seconds_of(self, seed: int | None) -> float:
        """How long the run of *seed* has lasted: since the last number of the one before."""
        now = time.monotonic()
        if seed != self._row:
            self._row, self._row_since = seed, self._last
        self._last = now
        if self._meter is not None:
            self._meter.look(os.getpid())
        return now - self._row_since

    def check(self, check: SanityCheck | str, command: Sequence[str] | None = None) -> None:
        """Make a sanity check: run *command* (default: the one that the spec names) and record how it ended.

        Raises ExperimentRefused when it did not end with 0, or when there is no command.
        """
        if self.done:
            return
        recorder = self._recorder
        named = recorder.spec.protocol.sanity.get(SanityCheck(check)) if check in list(SanityCheck) else None
        if command is None and named is None:
            raise ExperimentRefused(f"the sanity check {check} has no command: the spec names none, so hand one over")
        seed = recorder.spec.seeds[0] if recorder.spec.seeds else None
        words = fill(named or "", recorder.spec, None, seed) if command is None else tuple(map(str, command))
        since = time.monotonic()
        try:
            result = LocalRunner().run(Command(words, cwd=str(recorder.root), timeout=None))
            code, said = result.exit_code, result.complaint
        except RunnerError as error:
            code, said = _NOT_FOUND, str(error)
        recorder.check(check, words, code, time.monotonic() - since)
        if code != 0:
            raise ExperimentRefused(f"the sanity check {check} ended with {code}{f': {said}' if said else ''}")

    def configuration(self, values: Mapping[str, Any]) -> None:
        """Record the full resolved configuration of this phase's arm."""
        arm = arm_of(self._phase)
        if arm is None:
            raise ExperimentRefused("the sanity phase has no arm, and so no configuration")
        self._recorder.configuration(Arm(arm), values, REPORTED)

    def progress(self, *, steps: float | None = None, data_size: float | None = None, unit: str | None = None) -> None:
        """Record optimizer steps made since the last report, or the size of the data that a run has."""
        self._recorder.progress(steps=steps, data_size=data_size, unit=unit)

    def note(self, text: str) -> None:
        """Put a fact beside the numbers."""
        self._recorder.note(text)
