"""The recorder: everything that is put on record of an experiment goes through it, in the protocol's order.

What is done is in the journal before the next thing is: a process that is killed leaves a record that is true, and the
next one goes on from it. Whatever is refused raises ExperimentRefused with one line, and is in the journal as refused.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from autolab_core.experiment import admission, order
from autolab_core.experiment.admission import Offered, plain_text
from autolab_core.experiment.phases import Phases
from autolab_core.experiment.record import Record, in_phase, no_gpu_hours
from autolab_core.experiment.sealing import change_of_spec, seal_facts
from autolab_core.io.atomic import make_dirs
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import JournalFile
from autolab_core.io.lock import acquire
from autolab_core.io.spec import load_spec, spec_source
from autolab_core.models.experiment.abort import Fact
from autolab_core.models.experiment.attempts import is_number, seconds_between
from autolab_core.models.experiment.rows import counted
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import fold
from autolab_core.vocab.errors import AbortTriggered, ExperimentRefused, UsageError
from autolab_core.vocab.experiment import (
    RUN_TIME,
    Arm,
    ExperimentEnd,
    JournalEvent,
    MetricRole,
    Phase,
    PhaseEnd,
    SanityCheck,
)
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.times import format_utc_fine

__all__ = ["Guard", "Recorder"]

_TEXT_AT_MOST: Final = 1 << 16

# What guards the numbers of this process (level, require, probe), or what begins to guard it once the spec is sealed
# and every file that is written outside of the results is open.
Guard = Mapping[str, Any] | Callable[["Recorder"], Mapping[str, Any]]


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder(Phases):
    """One experiment, held by this process: its lock is ours until ``close``.

    Every method that records raises ExperimentRefused, and StoreError when the journal cannot be written: then what it
    was to record does not count. Threads may share a recorder, processes may not.
    """

    @classmethod
    def open(
        cls,
        root: Path,
        spec: str,
        *,
        guard: Guard | None = None,
        interpreter: str | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> Recorder:
        """Take up the experiment of *spec* (a path relative to *root*): seal it, or go on with it where it was left.

        *guard*: see ``Guard``. *interpreter*: the Python whose distributions are recorded; None for the one that the
        spec's commands name.

        Raises DocumentError for a spec with problems and for a journal that was changed, LockHeld naming the process
        that has it, ExperimentRefused for a spec that is not as it was sealed, UsageError for one that cannot be
        sealed. An experiment that has ended opens, too: ``state.end`` says so, and nothing more is recorded.
        """
        root = Path(os.path.realpath(root))
        problem = relative_problem(spec)
        if problem is not None:
            raise UsageError(f"the spec {spec!r} is refused: {problem}")
        paths = ExperimentPaths(posixpath.normpath(spec))
        if not os.path.lexists(root / paths.journal):
            _read(root, paths)  # the problems of the spec are said before anything is made
        make_dirs(root / paths.record)
        lock = acquire(root / paths.lock, what=f"carry out {paths.id}")
        journal = None
        try:
            journal = JournalFile(root / paths.journal, paths.journal)
            _require_as_sealed(root, paths, journal, clock)
            source, understood = _read(root, paths)
            recorder = cls(Record(root, paths, understood, journal, interpreter, clock), journal, lock)
            recorder._take_up(guard, source)
        except BaseException:
            if journal is not None:
                journal.close()
            lock.release()
            raise
        return recorder

    def _take_up(self, guard: Guard | None, source: bytes) -> None:
        record = self._record
        if self.state.sealed is None:
            facts = seal_facts(str(self.root), self.spec, self.paths, record.interpreter)
            if facts["sha256"] != sha256_of_bytes(source):
                raise ExperimentRefused(f"the spec {self.paths.spec} was changed while it was sealed: open it again")
            record.append(JournalEvent.SEALED, facts)
        if self.state.aborted is not None and self.state.ended is None:
            record.write_up(ExperimentEnd.ABORTED)
        if self.state.end is not None:
            return
        left = self.state.current
        if left is not None and not left.paused:  # by a process that was killed: its last entry is all that is known
            seconds = seconds_between(left.since, self.state.now)
            used = {"wall_seconds": round(seconds, 3), "cpu_seconds": 0.0, "gpu_hours": no_gpu_hours(None)}
            record.end_attempt(left, PhaseEnd.INTERRUPTED, used)
        guarded = guard(self) if callable(guard) else guard
        opened = {"session": len(self.state.opened) + 1, "pid": os.getpid(), "host": os.uname().nodename}
        record.append(JournalEvent.OPENED, {**opened, "guard": None if guarded is None else dict(guarded)})

    def before_the_end(self, call: Callable[[], None]) -> None:
        """Have *call* called before results are written: a guard has its last look then."""
        self._record.before_the_end = call

    def saw(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Record what a guard of this process saw changed of what is sealed; empty when nothing was."""
        with self._turn:
            if self.state.ended is None:
                session = len(self.state.opened)
                self._record.append(JournalEvent.SEALS_COMPARED, {"session": session, "changes": list(changes)})

    def close(self) -> None:
        """Let go of the experiment, to be taken up again; closing twice is fine."""
        self._journal.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self, check: SanityCheck | str, command: Sequence[str], exit_code: int, seconds: float) -> None:
        """Record a sanity check that was made: what ran, how it ended, how long it took."""
        facts = {"check": str(check), "command": list(command), "exit_code": exit_code, "seconds": round(seconds, 3)}
        with self._turn:
            if check not in list(SanityCheck):
                self._record.refuse(f"{check!r} is no sanity check: there are {', '.join(SanityCheck)}")
            if self._phase is not Phase.SANITY:
                self._record.refuse(f"the check {check} is refused: it belongs into the phase {Phase.SANITY}")
            if not self._finished:
                self._record.append(JournalEvent.CHECK, facts)

    def command_started(self, command: Sequence[str], *, arm: Arm | None, seed: int | None) -> None:
        """Record that *command* starts, for *arm* and *seed* (None: for none, or for all)."""
        self._of_attempt(JournalEvent.COMMAND_STARTED, arm=arm, seed=seed, command=list(command))

    def command_ended(
        self,
        command: Sequence[str],
        *,
        arm: Arm | None,
        seed: int | None,
        exit_code: int,
        seconds: float,
        cpu_seconds: float | None = None,
        gpu_hours: float | None = None,
        guard: Mapping[str, Any] | None = None,
    ) -> None:
        """Record how *command* ended and what it used. *guard*: its level, record and changes.

        Raises AbortTriggered when it ran for one seed, and longer than a criterion allows.
        """
        with self._turn:
            self._of_attempt(
                JournalEvent.COMMAND_ENDED,
                arm=arm,
                seed=seed,
                command=list(command),
                exit_code=exit_code,
                seconds=round(seconds, 3),
                cpu_seconds=None if cpu_seconds is None else round(cpu_seconds, 3),
                gpu_hours=no_gpu_hours(gpu_hours),
                guard=None if guard is None else dict(guard),
            )
            if seed is not None:
                self.run_time(seconds, seed=seed)

    def record(
        self,
        metric: str,
        value: object,
        *,
        seed: int | None = None,
        arm: Arm | str | None = None,
        unit: str | None = None,
    ) -> None:
        """Record a number.

        Refused by name: a metric or a seed that the spec does not name, what is no finite number, another unit, a
        second value that differs, and everything outside of a phase. Raises AbortTriggered when a criterion is met:
        then the results so far are written, and the experiment has ended.
        """
        offered = Offered(metric, value, seed, arm, unit)
        with self._turn:
            self._require_open()
            try:
                known, key = admission.place_of(self.spec, self._phase, offered)
                infinite = None if self._finished else admission.not_finite(value)
                if infinite is not None:
                    self._record.judge(Fact(infinite, metric=known.name), seed=key[2], used=self._used)
                number = admission.number_of(known, offered)
                values = counted(self.state, self.spec, self._phase or Phase.SANITY)
                new = admission.admit(values, key, number, offered, finished=self._finished)
            except AbortTriggered:
                raise
            except ExperimentRefused as error:
                named = {"metric": plain_text(metric).strip("'"), "value": plain_text(value)}
                self._record.refuse(str(error), **named, seed=seed if type(seed) is int else None)
            if new:
                self._of_attempt(JournalEvent.METRIC, arm=key[0], metric=known.name, value=number, seed=key[2])
                self._record.judge(Fact(float(number), metric=known.name), seed=key[2], used=self._used)

    def watch(self, metric: str, value: object, *, seed: int | None = None, step: float | None = None) -> None:
        """Hold a number on the way to a result (a loss at *step*) against the abort criteria; it is not recorded.

        Raises AbortTriggered when one is met. Refused by name: a metric that the spec does not name, what is no number,
        and everything outside of a phase. NaN and infinities are no fault where no criterion is about them.
        """
        with self._turn:
            self._require_open()
            offered = Offered(metric, value, seed)
            try:
                known = admission.metric_of(self.spec, self._phase, offered)
                infinite = admission.not_finite(value)
                number = admission.number_of(known, offered) if infinite is None else infinite
            except ExperimentRefused as error:
                self._record.refuse(str(error))
            early = self._phase is Phase.SANITY and known.role is not MetricRole.SANITY
            if not self._finished and not early:
                place = step if step is None or is_number(step) else None
                fact = Fact(float(number), metric=known.name, step=place)
                self._record.judge(fact, seed=seed if type(seed) is int else None, used=self._used)

    def configuration(self, arm: Arm | str, values: Mapping[str, Any], source: str) -> None:
        """Record the full resolved configuration of *arm*, and where it came from."""
        with self._turn:
            self._require_open()
            if arm not in list(Arm):
                self._record.refuse(f"{plain_text(arm)} is no arm: there are {', '.join(Arm)}")
            there = self.state.configuration.get(str(arm))
            if there is not None and (self._finished or (there["source"], there["values"]) == (source, values)):
                return
            facts = {"arm": str(arm), "source": source, "values": dict(values)}
            self._record.append_plain(JournalEvent.CONFIGURATION, "the configuration", facts)

    def progress(self, *, steps: float | None = None, data_size: float | None = None, unit: str | None = None) -> None:
        """Record optimizer *steps* made since the last report (they add up), or the size of the data that a run has,
        counted in *unit*; of that the last one counts."""
        with self._turn:
            self._require_open()
            for name, amount in (("steps", steps), ("data_size", data_size)):
                if amount is not None and not (is_number(amount) and amount >= 0):
                    self._record.refuse(f"{name} {plain_text(amount)} is refused: it is no number from 0")
            if not self._finished:
                in_phase(self.state, self._phase)
                facts = {"steps": steps, "data_size": data_size, "unit": unit}
                self._record.append_plain(JournalEvent.PROGRESS, "the progress", facts)

    def run_time(self, seconds: float, *, arm: Arm | None = None, seed: int | None = None) -> None:
        """Hold the time of one run, over or not, against the criteria on it. Raises AbortTriggered."""
        with self._turn:
            if self._phase not in (None, Phase.SANITY) and not self._finished and self.state.end is None:
                self._record.judge(Fact(seconds, kind=RUN_TIME), seed=seed, used=self._used)

    def usage(self, /, **figures: Any) -> None:
        """Record an agent's own figures; they go into the configuration's file, beside what was measured."""
        with self._turn:
            self._record.require_open()
            self._record.append_plain(JournalEvent.USAGE_REPORTED, "a figure", figures)

    def note(self, text: str) -> None:
        """Record a fact beside the numbers."""
        with self._turn:
            self._require_open()
            if not self._finished:
                self._record.append_plain(JournalEvent.NOTE, "a note", {"text": self._text("a note", text)})

    def justify(self, text: str) -> None:
        """Say why the next phase begins though a budget is spent. Nothing is recorded while none is."""
        with self._turn:
            self._record.require_open()
            reason, phase = self._text("a justification", text), order.due(self.state, self.spec)
            for each in () if phase is None else tuple(order.unjustified(self.state, self.spec, phase)):
                number = 1 if phase is None else len(self.state.of(phase)) + 1
                facts = {"kind": each.kind, "limit": each.limit, "measured": each.measured, "text": reason}
                facts |= {"phase": phase, "attempt": number}
                self._record.append_plain(JournalEvent.JUSTIFIED, "a justification", facts)

    def waive(self, criterion: str, reason: str) -> None:
        """Take back the criterion of this id (``A2``) for *reason*, as the operator may."""
        with self._turn:
            self._record.require_open()
            text = self._text("a reason", reason)
            found = next((each for each in self.spec.abort if each.id == criterion), None)
            if found is None:
                known = ", ".join(each.id for each in self.spec.abort) or "none"
                self._record.refuse(f"{plain_text(criterion)} is no abort criterion of the spec: there are {known}")
            if criterion not in self.state.waived:
                facts = {"criterion": criterion, "text": found.text, "limit": found.limit, "measured": None}
                self._record.append_plain(JournalEvent.WAIVED, "a reason", {**facts, "reason": text, "by": "operator"})

    def finish(self) -> ExperimentEnd:
        """Collect and stop: write the results, and with them the experiment's end.

        Refused by name while something is missing. Where a process was killed meanwhile they are written again; of an
        experiment that has ended nothing is.
        """
        with self._turn:
            if self.state.end is None:
                if self._phase is not None and not self._finished:
                    self._record.refuse(f"the experiment may not end: the phase {self._phase} goes on")
                lacks = order.lacks_of_experiment(self.state, self.spec)
                why = f"the experiment may not end: it lacks {', '.join(lacks)}" if lacks else None
                why = why or self._record.change_of_spec()
                if why is not None:
                    self._record.refuse(why)
                self._record.write_up(ExperimentEnd.FINISHED)
            return self.state.end or ExperimentEnd.FINISHED

    def _of_attempt(self, event: JournalEvent, **keys: Any) -> None:
        with self._turn:
            self._require_open()
            if not self._finished:
                attempt = in_phase(self.state, self._phase)
                self._record.append_plain(
                    event, "the entry", {"phase": attempt.phase, "attempt": attempt.number, **keys}
                )

    def _text(self, what: str, text: str) -> str:
        words = str(text).strip()
        if not words:
            self._record.refuse(f"{what} needs words")
        if len(words) > _TEXT_AT_MOST:
            self._record.refuse(f"{what} has {len(words)} characters; the limit is {_TEXT_AT_MOST}")
        return words


def _read(root: Path, paths: ExperimentPaths) -> tuple[bytes, Spec]:
    source = spec_source(str(root), paths.spec)
    return source, load_spec(source, paths.spec).spec


def _require_as_sealed(root: Path, paths: ExperimentPaths, journal: JournalFile, clock: Callable[[], datetime]) -> None:
    """Raise ExperimentRefused, on record, when the spec of an experiment that goes on is not as it was sealed."""
    state = fold(journal.entries)
    if state.sealed is None or state.ended is not None:
        return
    why = change_of_spec(str(root), paths.spec, state.sealed)
    if why is not None:
        journal.append(JournalEvent.REFUSED, format_utc_fine(clock()), {"why": why})
        raise ExperimentRefused(why)
