"""Running a command under the guard: seals, level, probe, command, seals, record. The supervisor's own reading counts.

The order is what makes the record a proof: the seals and the refused probe are on disk before the command starts, and
what is there afterwards is read once every process that it started is gone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.git.history import History
from autolab_core.guard.comparison import Difference, compare
from autolab_core.guard.enforce import forwarding, machine, modes
from autolab_core.guard.enforce.levels import LEVEL_VARIABLE, Task, enter
from autolab_core.guard.enforce.refusing import check_command, check_record, inside_another, refusal
from autolab_core.guard.enforce.standing import Missing, Standing
from autolab_core.guard.plan import GuardPlan
from autolab_core.guard.record import begun, finished
from autolab_core.guard.seal import Seal, retake_plan, take_plan
from autolab_core.io.atomic import make_dirs, write_json
from autolab_core.vocab.errors import GuardRefused, StoreError, UsageError
from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel, at_least
from autolab_core.vocab.times import format_utc

__all__ = ["Guarded", "Outcome", "Tried", "run_guarded", "try_levels"]

_GRACE_SECONDS: Final = 2.0
_SIGNALLED: Final = 128


@attrs.frozen
class Tried:
    """A level that was tried, and why it cannot be had: None when it can."""

    level: GuardLevel
    reason: str | None


@attrs.frozen
class Guarded:
    """What is to be guarded, by which plan. ``record``: where it is written, relative to the repository; None for
    nowhere. ``only``: the one level to try. ``grace``: seconds for what the command leaves behind to end by itself."""

    plan: GuardPlan
    command: tuple[str, ...]
    record: str | None = None
    only: GuardLevel | None = None
    grace: float = _GRACE_SECONDS
    cwd: str = attrs.field(factory=os.getcwd)
    environment: Mapping[str, str] = attrs.field(factory=lambda: dict(os.environ))


@attrs.frozen
class Outcome:
    """How it ended. ``exit_code`` is the command's own as a shell gives it (128 + n for signal n). ``changes``: what
    of the protected is not as it was sealed."""

    level: GuardLevel
    exit_code: int
    changes: tuple[Difference, ...]
    record: Mapping[str, Any]
    tried: tuple[Tried, ...]


def run_guarded(guarded: Guarded) -> Outcome:
    """Run the command at the strongest level that can be had, and return when all that it started is gone.

    Signals are handed on to it, so this belongs into the main thread. Raises GuardRefused, with what would have to be
    installed or allowed, when no level is as strong as the policy requires; UsageError for what cannot be guarded, and
    StoreError when the record cannot be written. Then the command was not started.
    """
    before = forwarding.held_back()
    try:
        return _Supervisor(guarded, before).run()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def try_levels(plan: GuardPlan, cwd: str, *, first: bool = False) -> tuple[Tried, ...]:
    """Every level, strongest first, those that enforce really entered and left again; nothing is run in them.

    *first*: none beyond the first that can be had.
    """
    before = forwarding.held_back()
    found = []
    try:
        for level in STRONGEST_FIRST:
            if not level.enforced:
                found.append(Tried(level, None))  # it takes nothing, and trying it would change modes
                continue
            try:
                enter(level, Task(plan, (), os.environ, cwd, before, 0.0), (_nothing, _nothing)).end()
            except Missing as missing:
                found.append(Tried(level, str(missing)))
            else:
                found.append(Tried(level, None))
                if first:
                    break
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return tuple(found)


class _Supervisor:
    def __init__(self, guarded: Guarded, before: frozenset[signal.Signals]) -> None:
        self._guarded = guarded
        self._plan = guarded.plan
        self._before = before
        self._seals: tuple[Seal, ...] = ()
        self._sealed_at = ""
        self._tried: list[Tried] = []
        self._version = machine.Version()
        self._git = History.at(guarded.plan.root)

    def run(self) -> Outcome:
        try:
            standing = self._standing()
            try:
                record = self._begun(standing, self._version.answer())
                # Seen by everybody before the command starts. Should the power fail, there is no end either, and an
                # unended record proves nothing: it need not wait for the disk.
                self._write_begun(record)
                standing.start()
                forwarding.wait(standing, self._before)
                status = standing.status()
                standing.empty()
                return self._finished(standing, record, status)
            finally:
                standing.end()
        finally:
            self._version.forget()

    def _standing(self) -> Standing:
        """The strongest level that can be had. Raises GuardRefused when it is too weak."""
        modes.give_back_leftovers(self._plan.root)
        wanted = STRONGEST_FIRST if self._guarded.only is None else (self._guarded.only,)
        task = Task(
            self._plan,
            self._guarded.command,
            self._guarded.environment,
            self._guarded.cwd,
            self._before,
            self._guarded.grace,
        )
        for level in wanted:
            if not at_least(level, self._plan.policy.require):
                break
            try:
                standing = enter(level, task, (self._first, self._second))
            except Missing as missing:
                self._tried.append(Tried(level, str(missing)))
                continue
            self._tried.append(Tried(level, None))
            if not self._sealed_at or not level.enforced or any(tried.reason for tried in self._tried):
                self._seal()  # modes were taken, or a probe that was not refused made a name and removed it
            return standing
        raise GuardRefused(refusal(self._plan, [(t.level, t.reason or "") for t in self._tried], self._guarded.only))

    def _first(self) -> None:
        check_command(self._plan, self._guarded.cwd)
        check_record(self._plan, self._guarded.record)
        self._version.ask()

    def _second(self) -> None:
        if not self._sealed_at:
            # A probe that is not refused makes a name at this very moment, in what is being sealed. Whatever else is
            # wrong is said by the sealing that then follows.
            with suppress(UsageError):
                self._seal()

    def _seal(self) -> None:
        self._seals, self._sealed_at = self._looked(take_plan), _now()

    def _looked(self, take: Callable[[GuardPlan, History], tuple[Seal, ...]]) -> tuple[Seal, ...]:
        """Take seals with signals let through: it may take long, and Ctrl-C ends it."""
        held = signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
        try:
            return take(self._plan, self._git)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _begun(self, standing: Standing, bwrap: tuple[int, ...] | None) -> dict[str, Any]:
        level = standing.inside.level
        return begun(
            self._plan,
            level,
            machine.this_machine(bwrap),
            command=self._guarded.command,
            probe=[attrs.asdict(attempt) for attempt in standing.seen.attempts],
            seals=self._seals,
            sealed_at=self._sealed_at,
            started_at=_now(),
            notes=(
                *(f"{tried.level} cannot be had: {tried.reason}" for tried in self._tried if tried.reason),
                *machine.notes(self._plan, level, bwrap, self._guarded.environment.get(LEVEL_VARIABLE)),
            ),
        )

    def _finished(self, standing: Standing, record: Mapping[str, Any], status: int | None) -> Outcome:
        ended_at = _now()
        changes = compare(self._seals, self._looked(retake_plan))
        number = signal.SIGKILL if status is None else os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        code = None if number is not None or status is None else os.waitstatus_to_exitcode(status)
        done = finished(
            record,
            changes,
            checked_at=_now(),
            finished_at=ended_at,
            exit_code=code,
            signal=None if number is None else _name(number),
        )
        self._write(done, sync=True)
        shown = code if code is not None else _SIGNALLED + int(number or 0)
        return Outcome(standing.inside.level, shown, changes, done, tuple(self._tried))

    def _write_begun(self, record: Mapping[str, Any]) -> None:
        try:
            self._write(record, sync=False)
        except StoreError as error:
            outer = self._guarded.environment.get(LEVEL_VARIABLE)
            if outer is None:
                raise
            raise inside_another(outer, error) from error

    def _write(self, record: Mapping[str, Any], *, sync: bool) -> None:
        if self._guarded.record is not None:
            path = Path(self._plan.root, self._guarded.record)
            make_dirs(path.parent)
            write_json(path, record, sync=sync)


def _nothing() -> None:
    return None


def _now() -> str:
    return format_utc(datetime.now(UTC))


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
