"""What may be put on record as a number, and where: each refusal names the metric and says what to do. Pure."""

from __future__ import annotations

import math
import numbers
from typing import Final

import attrs

from autolab_core.models.experiment.attempts import Key, is_number
from autolab_core.models.experiment.rows import Values, arm_of, seeds_of
from autolab_core.models.experiment.spec import Metric, Spec
from autolab_core.vocab.errors import ExperimentRefused
from autolab_core.vocab.experiment import Aggregate, Arm, MetricRole, Phase

__all__ = ["Offered", "admit", "metric_of", "not_finite", "number_of", "place_of", "plain_text"]

_SHOWN_AT_MOST: Final = 80


@attrs.frozen
class Offered:
    """What somebody wants recorded, as it was handed over."""

    metric: str
    value: object
    seed: object = None
    arm: object = None
    unit: str | None = None

    @property
    def shown(self) -> str:
        """The number's name for a person."""
        name = f"`{_cut(self.metric)}`"
        return name if self.seed is None else f"{name} for seed {_cut(str(self.seed))}"


def metric_of(spec: Spec, phase: Phase | None, offered: Offered) -> Metric:
    """The metric that *offered* is of. Raises ExperimentRefused: outside of a phase, and where the spec has none."""
    metric = spec.metric(offered.metric)
    if phase is None:
        raise ExperimentRefused(f"{offered.shown} is refused outside of a phase: begin one, then record")
    if metric is None:
        known = ", ".join(f"`{each.name}`" for each in spec.metrics)
        raise ExperimentRefused(f"`{_cut(offered.metric)}` is no metric of the spec ({known}): note it instead")
    return metric


def place_of(spec: Spec, phase: Phase | None, offered: Offered) -> tuple[Metric, Key]:
    """The metric that *offered* is of, and its place in *phase*. Raises ExperimentRefused."""
    metric = metric_of(spec, phase, offered)
    assert phase is not None
    seed = _seed(spec, phase, offered)
    if offered.unit is not None and offered.unit != metric.unit:
        wanted = f"`{metric.unit}`" if metric.unit is not None else "no unit"
        raise ExperimentRefused(f"{offered.shown} is refused in `{_cut(offered.unit)}`: the spec has {wanted}")
    return metric, (_arm(metric, phase, offered), metric.name, _seed_wanted(spec, phase, metric, seed, offered))


def not_finite(value: object) -> float | None:
    """The NaN or infinity that *value* is; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    return None if math.isfinite(found) else found


def number_of(metric: Metric, offered: Offered) -> int | float:
    """The finite number that *offered* is. Raises ExperimentRefused."""
    value = offered.value
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        what = "true or false" if isinstance(value, bool) else f"{type(value).__name__} {plain_text(value)}"
        raise ExperimentRefused(f"{offered.shown} is refused: {what} is no number")
    try:
        found = int(value) if isinstance(value, numbers.Integral) else float(value)
    except OverflowError:
        found = math.inf
    if not is_number(found):
        raise ExperimentRefused(f"{offered.shown} is refused: {plain_text(value)} is not finite")
    if metric.integer and found != int(found):
        raise ExperimentRefused(f"{offered.shown} is refused: {plain_text(value)} is not whole, as the spec wants it")
    return int(found) if metric.integer else found


def admit(values: Values, key: Key, value: float, offered: Offered, *, finished: bool) -> bool:
    """Whether *value* is new at *key* among *values*, those that count; False where it says the same.

    *finished*: nothing new comes into the phase. Raises ExperimentRefused.
    """
    arm, name, seed = key
    there = values.get(key)
    if there is not None:
        if there.value == value:
            return False
        why = f"it has the value {there.value} already (entry {there.n} of the journal)"
        hint = "; the seeds that are outstanding are in `seeds`" if seed is not None else ""
        raise ExperimentRefused(f"{offered.shown} is refused with {value}: {why}{hint}")
    if finished:
        raise ExperimentRefused(f"{offered.shown} is refused: the phase is finished, and nothing is added to it")
    if arm is not None:
        seeded = any(each[:2] == (arm, name) and each[2] is not None for each in values)
        if (seed is None and seeded) or (seed is not None and (arm, name, None) in values):
            raise ExperimentRefused(f"{offered.shown} is refused: it has values both with a seed and without one")
    return True


def plain_text(value: object) -> str:
    """*value* as text for a line and for the journal; never long, never a failure."""
    if isinstance(value, str | int | float | bool | None):
        return _cut(repr(value) if isinstance(value, str) else _digits(value))
    return f"a {type(value).__name__}"


def _digits(value: float | None) -> str:
    try:
        return str(value)
    except ValueError:  # an int of more digits than Python prints
        return "a number of thousands of digits"


def _cut(text: object) -> str:
    found = str(text) if isinstance(text, str) else repr(text)
    return found if len(found) <= _SHOWN_AT_MOST else f"{found[:_SHOWN_AT_MOST]}…"


def _seed(spec: Spec, phase: Phase, offered: Offered) -> int | None:
    if offered.seed is None:
        return None
    if isinstance(offered.seed, bool) or not isinstance(offered.seed, numbers.Integral):
        raise ExperimentRefused(f"{offered.shown} is refused: a seed is a whole number")
    seed, seeds = int(offered.seed), seeds_of(spec, phase)
    known = (*spec.seeds, *spec.baseline_seeds) if phase in (Phase.SANITY, Phase.MVE) else seeds
    if seed not in known:
        named = ", ".join(map(str, dict.fromkeys(known))) or "none"
        raise ExperimentRefused(f"{offered.shown} is refused: the seeds of this phase are {named}")
    return seed


def _arm(metric: Metric, phase: Phase, offered: Offered) -> Arm | None:
    if metric.role is MetricRole.SANITY:
        return None
    arm = arm_of(phase)
    if arm is None:
        raise ExperimentRefused(f"{offered.shown} is refused in the sanity phase: it is measured in a later one")
    if offered.arm is not None and offered.arm != arm:
        raise ExperimentRefused(f"{offered.shown} of the arm {_cut(offered.arm)} is refused in the phase {phase}")
    return arm


def _seed_wanted(spec: Spec, phase: Phase, metric: Metric, seed: int | None, offered: Offered) -> int | None:
    if metric.role is MetricRole.SANITY:
        return seed
    if metric.aggregate is Aggregate.ONCE and seed is not None:
        raise ExperimentRefused(f"{offered.shown} is refused: the spec wants one value of it, which no seed has")
    if phase is Phase.TREATMENT and seed is None and metric.aggregate is not Aggregate.ONCE and spec.seeds:
        raise ExperimentRefused(f"{offered.shown} is refused without a seed: the spec wants a value for each")
    return seed
