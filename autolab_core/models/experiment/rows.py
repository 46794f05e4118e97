"""Which of the recorded numbers count, and which of those that the spec asks for are missing. Pure.

An attempt that was killed or broke leaves rows. A seed whose row was complete keeps it in the next attempt; one whose
row was not is done again, and so is what has no seed. A baseline that did not reproduce leaves nothing to the next
attempt. What does not count stays in the journal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import attrs

from autolab_core.models.aggregation import AGGREGATES
from autolab_core.models.experiment.attempts import Attempt, Key, Value
from autolab_core.models.experiment.spec import Metric, Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.experiment import Aggregate, Arm, MetricRole, Phase, PhaseEnd

__all__ = [
    "Missing",
    "Values",
    "aggregated",
    "arm_of",
    "counted",
    "lacking",
    "outstanding",
    "required",
    "rows",
    "sanity_values",
    "seeds_of",
]

Values = Mapping[Key, Value]


@attrs.frozen
class Missing:
    """A number that the spec asks for and that is not there. ``seed`` None: of the arm as a whole."""

    metric: str
    arm: Arm | None
    seed: int | None

    def __str__(self) -> str:
        return f"`{self.metric}`" if self.seed is None else f"`{self.metric}` for seed {self.seed}"


def arm_of(phase: Phase) -> Arm | None:
    """The arm that the numbers of *phase* are of; the minimum viable experiment tries the treatment."""
    if phase is Phase.SANITY:
        return None
    return Arm.BASELINE if phase is Phase.BASELINE else Arm.TREATMENT


def seeds_of(spec: Spec, phase: Phase) -> tuple[int, ...]:
    """The seeds of *phase*, in the spec's order."""
    return spec.baseline_seeds if phase is Phase.BASELINE else spec.seeds


def required(spec: Spec, arm: Arm) -> tuple[Metric, ...]:
    """The metrics that *arm* cannot do without, in the spec's order.

    Of the treatment: all but those of role ``sanity``. Of the baseline: those with an expected value, and those that a
    criterion for success compares with it.
    """
    numbers = tuple(metric for metric in spec.metrics if metric.role is not MetricRole.SANITY)
    if arm is Arm.TREATMENT:
        return numbers
    wanted = {each.metric for each in spec.baselines}
    wanted |= {each.metric for each in spec.success if Arm.BASELINE in each.left}
    return tuple(metric for metric in numbers if metric.name in wanted)


def counted(state: ExperimentState, spec: Spec, phase: Phase) -> Values:
    """The numbers of *phase* that count: those of its last attempt, and the complete rows of those that it follows."""
    kept: dict[Key, Value] = {}
    every = state.of(phase)
    attempts = every[-1:] if phase is Phase.MVE else _together(every)
    for attempt in attempts:
        kept = {**attempt.values, **kept}
        if attempt.end in (PhaseEnd.INTERRUPTED, PhaseEnd.BROKEN) and attempt is not attempts[-1]:
            done = _complete(spec, phase, kept, attempt)
            kept = {key: value for key, value in kept.items() if key[2] in done}
    return kept


def _together(attempts: Sequence[Attempt]) -> Sequence[Attempt]:
    """The last attempt, and those before it that it goes on with."""
    first = len(attempts) - 1
    while first > 0 and attempts[first - 1].end in (PhaseEnd.INTERRUPTED, PhaseEnd.BROKEN):
        first -= 1
    return attempts[max(0, first) :]


def _complete(spec: Spec, phase: Phase, values: Values, attempt: Attempt) -> set[int]:
    """The seeds whose rows in *values* are complete, now that *attempt* has ended before its time.

    The row that was written last has to hold every metric, or its command must have ended well: where the spec asks
    for some metrics only, nobody knows whether another one was to come.
    """
    arm = arm_of(phase)
    of_arm = {key: value for key, value in values.items() if key[0] is arm}
    by_seed = {key[1] for key in of_arm if key[2] is not None}
    seedless = {key[1] for key in of_arm if key[2] is None} - by_seed
    ended = {each.get("seed") for each in attempt.commands if each.get("exit_code") == 0}
    own = [(value.n, key[2]) for key, value in attempt.values.items() if key[0] is arm and key[2] is not None]
    last = max(own)[1] if own else None
    found = set()
    for seed in {key[2] for key in of_arm if key[2] is not None}:
        needed = required(spec, Arm.TREATMENT if seed == last and seed not in ended else arm or Arm.TREATMENT)
        names = {metric.name for metric in needed if metric.aggregate is not Aggregate.ONCE} - seedless
        if all((arm, name, seed) in of_arm for name in names):
            found.add(seed)
    return found


def lacking(spec: Spec, phase: Phase, values: Values) -> tuple[Missing, ...]:
    """What *values* of *phase* lack, in the spec's order. Sanity metrics are nobody's here: see ``sanity_values``."""
    arm = arm_of(phase)
    return () if arm is None or phase is Phase.MVE else tuple(_lacking(spec, arm, seeds_of(spec, phase), values))


def _lacking(spec: Spec, arm: Arm, seeds: tuple[int, ...], values: Values) -> Iterator[Missing]:
    needed = required(spec, arm)
    for metric in spec.metrics:
        if metric.role is MetricRole.SANITY:
            continue
        by_seed = any((arm, metric.name, seed) in values for seed in seeds)
        if metric.aggregate is Aggregate.ONCE or not seeds or (arm is Arm.BASELINE and not by_seed):
            if metric in needed and (arm, metric.name, None) not in values:
                yield Missing(metric.name, arm, None)
        elif metric in needed or by_seed:
            yield from (Missing(metric.name, arm, seed) for seed in seeds if (arm, metric.name, seed) not in values)


def outstanding(spec: Spec, phase: Phase, values: Values) -> tuple[int, ...]:
    """The seeds of *phase* that have no complete row in *values*, in the spec's order."""
    arm, seeds = arm_of(phase), seeds_of(spec, phase)
    if arm is None or phase is Phase.MVE:
        return seeds
    names = [
        metric.name
        for metric in required(spec, arm)
        if metric.aggregate is not Aggregate.ONCE and (arm, metric.name, None) not in values
    ]
    return tuple(seed for seed in seeds if any((arm, name, seed) not in values for name in names))


def sanity_values(state: ExperimentState, spec: Spec) -> dict[str, int | float]:
    """Each sanity metric that has a value, in the spec's order: of the last phase that recorded it, its aggregate."""
    found: dict[str, dict[int | None, Value]] = {}
    for phase in Phase:
        of_phase: dict[str, dict[int | None, Value]] = {}
        for attempt in _together(state.of(phase)):
            for (arm, name, seed), value in attempt.values.items():
                if arm is None:
                    of_phase.setdefault(name, {})[seed] = value
        found |= of_phase
    return {
        metric.name: _one(metric, [each.value for each in found[metric.name].values()])
        for metric in spec.metrics
        if metric.name in found
    }


def rows(spec: Spec, phase: Phase, values: Values) -> list[dict[str, int | float]]:
    """The rows of *phase*, a seed each in the spec's order: ``seed``, then its metrics in the spec's order."""
    arm = arm_of(phase)
    found = []
    for seed in seeds_of(spec, phase):
        row = {m.name: values[arm, m.name, seed].value for m in spec.metrics if (arm, m.name, seed) in values}
        if row:
            found.append({"seed": seed, **row})
    return found


def aggregated(spec: Spec, phase: Phase, values: Values) -> dict[str, int | float]:
    """The arm's value of each metric that has one, in the spec's order: aggregated over its seeds where it has any."""
    arm, found = arm_of(phase), {}
    for metric in spec.metrics:
        of_seeds = [values[key].value for seed in seeds_of(spec, phase) if (key := (arm, metric.name, seed)) in values]
        if of_seeds:
            found[metric.name] = _one(metric, of_seeds)
        elif (arm, metric.name, None) in values:
            found[metric.name] = values[arm, metric.name, None].value
    return found


def _one(metric: Metric, values: Sequence[int | float]) -> int | float:
    if metric.aggregate is Aggregate.ONCE:
        return values[-1]
    try:
        return math.fsum(values) if metric.aggregate is Aggregate.SUM else AGGREGATES[str(metric.aggregate)](values)
    except OverflowError:
        return math.inf  # which no file can hold: who writes it up says so
