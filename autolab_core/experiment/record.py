"""The record of one experiment while a process has it: its journal, where it stands, and how it comes to its end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from autolab_core.experiment.admission import plain_text
from autolab_core.experiment.collect import abort_reason
from autolab_core.experiment.sealing import change_of_spec
from autolab_core.experiment.usage import GpuSource, gpu_source
from autolab_core.experiment.writing_up import write_up
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import JournalFile
from autolab_core.models.experiment.abort import DataSize, Fact, Judged, judge
from autolab_core.models.experiment.attempts import Attempt
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState, fold
from autolab_core.vocab.errors import AbortTriggered, ExperimentRefused
from autolab_core.vocab.experiment import BudgetKind, ExperimentEnd, JournalEvent, Phase, PhaseEnd
from autolab_core.vocab.times import format_utc, format_utc_fine

__all__ = ["Record", "no_gpu_hours"]

# What refuses more than that is no mistake any more; the journal need not hold it all.
_REFUSALS_AT_MOST: Final = 1000
_RESERVED: Final = frozenset({"n", "at", "event", "previous"})


class Record:
    """``state`` is always as the journal has it. ``before_the_end`` is called before results are written."""

    def __init__(
        self,
        root: Path,
        paths: ExperimentPaths,
        spec: Spec,
        journal: JournalFile,
        interpreter: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        """*root* is a real path. *interpreter*: whose distributions are recorded; None for the commands' own."""
        self.root, self.paths, self.spec, self.interpreter = root, paths, spec, interpreter
        self.state: ExperimentState = fold(journal.entries)
        self.before_the_end: Callable[[], None] | None = None
        self._journal, self._clock, self._pid = journal, clock, os.getpid()

    def append(self, event: JournalEvent, keys: Mapping[str, Any]) -> None:
        """Put one entry on record. Raises StoreError."""
        if os.getpid() != self._pid:
            raise ExperimentRefused("this process is a fork of the one that has the experiment: record there")
        self._journal.settle()
        self._catch_up()
        self._journal.append(event, format_utc_fine(self._clock()), keys)
        self._catch_up()

    def append_plain(self, event: JournalEvent, what: str, keys: Mapping[str, Any]) -> None:
        """Put on record what somebody handed over and calls *what*; refused where JSON cannot hold it."""
        try:
            json.dumps(keys, ensure_ascii=False, allow_nan=False).encode()
            wrong = [key for key in keys if key in _RESERVED]
        except (TypeError, ValueError, RecursionError) as error:
            self.refuse(f"{what} cannot be written as JSON: {str(error).splitlines()[0]}")
        if wrong:
            self.refuse(f"{what} cannot have the name `{wrong[0]}`, which every entry of the journal has")
        self.append(event, keys)

    def refuse(self, why: str, **facts: Any) -> NoReturn:
        """Put the refusal on record, and raise ExperimentRefused."""
        if self.state.ended is None and len(self.state.refused) < _REFUSALS_AT_MOST:
            self.append(JournalEvent.REFUSED, {**facts, "why": why})
        raise ExperimentRefused(why)

    def require_open(self) -> None:
        """Raise ExperimentRefused when the experiment has ended."""
        if self.state.end is not None:
            raise ExperimentRefused(f"the experiment has ended ({self.state.end}): nothing more is recorded")

    def change_of_spec(self) -> str | None:
        """Why the spec is not as it was sealed; None when it is."""
        sealed = self.state.sealed
        return None if sealed is None else change_of_spec(str(self.root), self.paths.spec, sealed)

    def end_attempt(self, attempt: Attempt, end: PhaseEnd, used: Mapping[str, Any]) -> None:
        """Put on record how *attempt* ended, and what it *used* since it was last left."""
        self.append(JournalEvent.PHASE_ENDED, {"phase": attempt.phase, "attempt": attempt.number, "end": end, **used})

    def judge(self, fact: Fact, *, seed: int | None, used: Callable[[], Mapping[str, Any]]) -> None:
        """Hold *fact* against the criteria. Raises AbortTriggered, with everything written, when one is met.

        One that the size of the data makes unrealistic is waived, on record. *used*: what the attempt used so far.
        """
        size = self.state.data_size
        data = None if size is None else DataSize(size, self.state.data_unit)
        for each in judge(self.spec.abort, fact, data=data, waived=self.state.waived):
            if each.obeyed:
                self._abort(each, fact, seed, used)
            criterion = each.criterion
            facts = {"criterion": criterion.id, "text": criterion.text, "limit": each.limit, "measured": each.measured}
            self.append(JournalEvent.WAIVED, {**facts, "reason": each.unrealistic, "by": "data_size"})

    def judge_budgets(self) -> None:
        """Hold what was spent against the criteria on budgets; see ``judge``."""
        for kind in BudgetKind:
            spent = self.state.spent(kind)
            if spent is not None:
                self.judge(Fact(spent, kind=kind), seed=None, used=dict)

    def _abort(self, met: Judged, fact: Fact, seed: int | None, used: Callable[[], Mapping[str, Any]]) -> NoReturn:
        attempt, criterion = self.state.current, met.criterion
        facts = {
            "criterion": criterion.id,
            "text": criterion.text,
            "metric": fact.metric,
            "value": fact.value if abs(fact.value) < float("inf") else plain_text(fact.value),
            "limit": met.limit,
            "seed": seed,
            "phase": None if attempt is None else attempt.phase,
        }
        if fact.step is not None:
            facts["step"] = fact.step
        self.append(JournalEvent.ABORTED, facts)
        if attempt is not None:
            self.end_attempt(attempt, PhaseEnd.ABORTED, used())
        self.write_up(ExperimentEnd.ABORTED)
        raise AbortTriggered(f"the experiment was aborted by {abort_reason(self.state.aborted or facts)}")

    def write_up(self, end: ExperimentEnd) -> None:
        """Write the results and put the *end* on record. Raises StoreError; then it can be done again."""
        if self.before_the_end is not None:
            self.before_the_end()
        at, aborted = format_utc(self._clock()), self.state.aborted
        source = self._journal.source()
        facts = write_up(self.root, self.spec, self.state, source, at=at, interpreter=self.interpreter)
        reason = None if aborted is None else abort_reason(aborted)
        self.append(JournalEvent.ENDED, {"end": end, "reason": reason, **facts})

    def _catch_up(self) -> None:
        for entry in self._journal.entries[self.state.entries :]:
            self.state = self.state.after(entry)


def no_gpu_hours(measured: float | None) -> float | None:
    """*measured*, or 0 where nothing measured and the machine has no GPU to measure."""
    if measured is None:
        with suppress(OSError):
            return 0.0 if gpu_source(os.environ) == GpuSource.NO_GPU else None
    return measured


def in_phase(state: ExperimentState, phase: Phase | None) -> Attempt:
    """The attempt that goes on in *phase*. Raises ExperimentRefused when there is none."""
    current = state.current
    if phase is None or current is None or current.phase is not phase:
        raise ExperimentRefused("no phase goes on: begin one first")
    return current
