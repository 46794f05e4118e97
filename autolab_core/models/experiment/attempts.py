"""One attempt at a phase of an experiment, as the entries of its journal tell it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeGuard

import attrs

from autolab_core.vocab.experiment import Arm, Phase, PhaseEnd
from autolab_core.vocab.times import parse_timestamp

__all__ = ["NOTHING", "Attempt", "Entry", "Key", "Value", "amount", "is_number", "seconds_between"]

Entry = Mapping[str, Any]
# Of a number: its arm (None for a sanity metric), its metric, its seed (None where it has none).
Key = tuple[Arm | None, str, int | None]
NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


@attrs.frozen
class Value:
    """A number as it was recorded: in which entry of the journal, and when."""

    value: int | float
    n: int
    at: str


@attrs.frozen
class Attempt:
    """One attempt at a phase; ``number`` counts from 1 in its phase. ``started`` and ``ended`` are numbers of entries.

    ``end``, ``ended`` and ``ended_at`` are None while it goes on. ``paused``: it was left open on purpose.
    ``since``: when it was begun, or gone on with after that.
    ``wall_seconds`` and ``cpu_seconds`` are what is on record so far; ``gpu_hours`` likewise, None where nothing says.
    ``commands`` are those that ended, as their entries; ``judged`` is that of the baseline.
    """

    phase: Phase
    number: int
    started: int
    started_at: str
    commit: Entry = NOTHING
    spec_sha256: str | None = None
    end: PhaseEnd | None = None
    ended: int | None = None
    ended_at: str | None = None
    paused: bool = False
    since: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    gpu_hours: float | None = None
    steps: float = 0.0
    values: Mapping[Key, Value] = NOTHING
    commands: tuple[Entry, ...] = ()
    judged: Entry | None = None

    @property
    def goes_on(self) -> bool:
        """True until its end is on record."""
        return self.end is None

    @property
    def runs(self) -> int:
        """How many training runs it made: its commands; where it had none its seeds, or one where it has no seeds."""
        if self.phase is Phase.SANITY:
            return 0
        seeds = {seed for arm, _, seed in self.values if arm is not None}
        return len(self.commands) or len(seeds - {None}) or len(seeds)

    def with_value(self, entry: Entry) -> Attempt:
        """With the number that *entry* (``metric``) records; the first one counts, and what is no number does not."""
        value, metric, seed, arm = entry.get("value"), entry.get("metric"), entry.get("seed"), entry.get("arm")
        if not is_number(value) or not isinstance(metric, str) or not (seed is None or type(seed) is int):
            return self
        if arm is not None and arm not in list(Arm):
            return self
        key = (None if arm is None else Arm(arm), metric, seed)
        if key in self.values:
            return self
        return attrs.evolve(self, values={**self.values, key: Value(value, int(entry["n"]), str(entry["at"]))})

    def with_command(self, entry: Entry) -> Attempt:
        """With the command whose end *entry* (``command_ended``) records."""
        return attrs.evolve(self, commands=(*self.commands, entry)).with_gpu_hours(entry)

    def with_gpu_hours(self, entry: Entry) -> Attempt:
        """With the GPU hours that *entry* says, where it does."""
        hours = amount(entry.get("gpu_hours"))
        return self if hours is None else attrs.evolve(self, gpu_hours=(self.gpu_hours or 0.0) + hours)

    def with_time(self, entry: Entry) -> Attempt:
        """With the seconds that *entry* (``phase_paused``, ``phase_ended``) adds."""
        return attrs.evolve(
            self,
            wall_seconds=self.wall_seconds + (amount(entry.get("wall_seconds")) or 0.0),
            cpu_seconds=self.cpu_seconds + (amount(entry.get("cpu_seconds")) or 0.0),
        ).with_gpu_hours(entry)

    def ended_by(self, entry: Entry, end: PhaseEnd) -> Attempt:
        """Ended as *entry* (``phase_ended``) says."""
        ended = attrs.evolve(self, end=end, ended=int(entry["n"]), ended_at=str(entry["at"]), paused=False)
        return ended.with_time(entry)


def is_number(value: object) -> TypeGuard[int | float]:
    """True for a finite int or float; a bool is none, nor is what no float can hold."""
    try:
        return (type(value) is int or type(value) is float) and math.isfinite(float(value))
    except OverflowError:
        return False


def amount(value: object) -> float | None:
    """*value* as an amount from 0, None where it is none."""
    if not (type(value) is int or type(value) is float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def seconds_between(start: str, end: str) -> float:
    """The seconds from the time *start* to *end*, both RFC 3339; 0 where one is none, or the clock went back."""
    first, last = parse_timestamp(start), parse_timestamp(end)
    return 0.0 if first is None or last is None else max(0.0, (last - first).total_seconds())
