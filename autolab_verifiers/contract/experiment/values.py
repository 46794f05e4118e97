"""The numbers of an experiment: which there have to be, whether they are numbers, and what they follow from."""

# No `from __future__ import annotations`: see contract/findings.py.

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from autolab_core.models.aggregation import AGGREGATES
from autolab_core.models.experiment.spec import Metric
from autolab_core.vocab.experiment import Aggregate, Arm, MetricRole
from autolab_verifiers.contract.experiment.facts import ROWS, ExperimentFacts, Row
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.rounding import follows
from autolab_verifiers.contract.values import as_number, escape, mapping_at, show, value_at

__all__ = [
    "aggregate_problems",
    "aggregates_of",
    "missing_seeds",
    "missing_values",
    "part_problems",
    "range_problems",
    "shares",
    "strangers",
    "type_problems",
]

Problems = Iterator[tuple[str, str]]

_CHECKS: Final = "/sanity_checks"
_MAPPINGS: Final = ("baseline", "treatment", "sanity_checks", "resource_usage")
_PARTS: Final = ("experiment", "timestamp", *_MAPPINGS, "per_seed", "abort_triggered", "abort_reason", "notes")
_OF_A_ROW: Final = frozenset({"seed", "arm"})
_MEASURED: Final = (MetricRole.PRIMARY, MetricRole.SECONDARY)
_AGGREGATES: Final[Mapping[str, Callable[[Sequence[float]], float]]] = MappingProxyType(
    {**AGGREGATES, "sum": math.fsum}
)
_NAMED_AT_MOST: Final = 20

_AMOUNT: Final = (0.0, math.inf)
#: The unit, in lower case, to the least and the greatest value that it allows. Other units allow any number.
_RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        **dict.fromkeys(("%", "percent"), (0.0, 100.0)),
        **dict.fromkeys(("fraction", "probability", "share"), (0.0, 1.0)),
        **dict.fromkeys(("count", "counts", "steps", "epochs", "examples", "tokens", "rows", "runs"), _AMOUNT),
        **dict.fromkeys(("ns", "us", "µs", "ms", "s", "sec", "second", "seconds", "min", "minutes"), _AMOUNT),
        **dict.fromkeys(("h", "hours", "d", "days", "gpu hours", "gpu-hours"), _AMOUNT),
        **dict.fromkeys(("b", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "w", "j", "kwh"), _AMOUNT),
    }
)
_SHARES: Final = frozenset({"%", "percent"})
_WHOLE: Final = frozenset({"count", "counts"})


def part_problems(metrics: Mapping[str, Any]) -> Problems:
    """What is missing of the structure, and parts that are something else."""
    for part in _PARTS:
        if part not in metrics:
            yield "", f"`{part}` is missing"
        elif part in _MAPPINGS and not isinstance(metrics[part], dict):
            yield f"/{part}", f"`{part}` is {show(metrics[part])}, not a mapping of names to numbers"
    rows = metrics.get("per_seed", [])
    if not isinstance(rows, list):
        yield ROWS, f"`per_seed` is {show(rows)}, not a list of rows"
        return
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            yield f"{ROWS}/{index}", f"is {show(row)}, not a row with a seed and its numbers"


def _cells(facts: ExperimentFacts) -> Iterator[tuple[str, str, Any, bool]]:
    """Pointer, metric, value and whether it is an aggregate, of everything that stands where a number belongs."""
    for arm in Arm:
        for name, value in facts.values(arm).items():
            metric = facts.spec.metric(name)
            yield f"/{arm}/{escape(name)}", name, value, metric is not None and metric.aggregate is not Aggregate.ONCE
    for name, value in mapping_at(facts.metrics, _CHECKS).items():
        yield f"{_CHECKS}/{escape(name)}", name, value, False
    for row in facts.rows:
        for name, value in row.values.items():
            if name not in _OF_A_ROW:
                yield f"{row.pointer}/{escape(name)}", name, value, False


def type_problems(facts: ExperimentFacts) -> Problems:
    """Values that are no finite numbers, and those that have to be whole and are not. None is a value that is missing.

    Where the aggregate of several whole numbers stands, it need not be whole.
    """
    for pointer, name, value, aggregated in _cells(facts):
        metric = facts.spec.metric(name)
        if metric is None or value is None:
            continue
        number = as_number(value)
        if number is None:
            yield pointer, f"`{name}` is {_said(value)}, not a finite number"
        elif _is_whole(metric) and not aggregated and number != int(number):
            yield pointer, f"`{name}` is {number}, but is counted in whole numbers"


def _said(value: object) -> str:
    return f"the text {show(value)}" if isinstance(value, str) else show(value)


def _is_whole(metric: Metric) -> bool:
    return metric.integer or _unit(metric) in _WHOLE


def _unit(metric: Metric) -> str:
    return (metric.unit or "").strip().casefold()


def range_problems(facts: ExperimentFacts) -> Problems:
    """Numbers that their unit does not allow: no share is above 1, no time below 0."""
    for pointer, name, value, _ in _cells(facts):
        metric, number = facts.spec.metric(name), as_number(value)
        if metric is None or number is None:
            continue
        least, most = _RANGES.get(_unit(metric), (-math.inf, math.inf))
        if not least <= number <= most:
            allowed = f"{least:g} to {most:g}" if math.isfinite(most) else f"{least:g} or more"
            yield pointer, f"`{name}` is {number}, but in {show(metric.unit)} it can be {allowed}"


def shares(facts: ExperimentFacts) -> Problems:
    """Metrics in percent of which no value is above 1: they may be fractions."""
    found: dict[str, list[tuple[str, float]]] = {}
    for pointer, name, value, _ in _cells(facts):
        metric, number = facts.spec.metric(name), as_number(value)
        if metric is not None and number is not None and _unit(metric) in _SHARES:
            found.setdefault(name, []).append((pointer, number))
    for name, cells in found.items():
        if any(number for _, number in cells) and all(0 <= number <= 1 for _, number in cells):
            yield cells[0][0], f"no value of `{name}` is above 1 %: is it a fraction?"


def strangers(facts: ExperimentFacts) -> Problems:
    """Numbers that the spec does not name, each name once in each place."""
    known = {metric.name for metric in facts.spec.metrics}
    seen: set[tuple[str, str]] = set()
    for pointer, name, _, _ in _cells(facts):
        where = pointer.split("/")[1]
        if name not in known and (where, name) not in seen and len(seen) < _NAMED_AT_MOST:
            seen.add((where, name))
            yield pointer, f"{show(name)} is no metric of the spec"


def missing_values(facts: ExperimentFacts) -> Problems:
    """Metrics of the spec that an arm, or the sanity checks, have no value of."""
    for metric in facts.role(*_MEASURED):
        for arm in Arm:
            if arm is Arm.BASELINE and metric.name not in facts.of_the_baseline:
                continue
            if facts.values(arm).get(metric.name) is None:
                yield f"/{arm}", f"the {arm} has no value of `{metric.name}`"
    for metric in facts.role(MetricRole.SANITY):
        if value_at(facts.metrics, f"{_CHECKS}/{escape(metric.name)}") is None:
            yield _CHECKS, f"there is no value of the sanity metric `{metric.name}`"


def _by_seed(facts: ExperimentFacts) -> dict[tuple[Arm, int], Row]:
    found: dict[tuple[Arm, int], Row] = {}
    for row in facts.rows:
        if row.seed is not None and row.arm is not None:
            found.setdefault((row.arm, row.seed), row)
    return found


def missing_seeds(facts: ExperimentFacts, *, complete: bool) -> Problems:
    """Seeds of the spec without a number, where the experiment should be *complete*; rows of no seed of the spec, and
    rows that stand twice."""
    spec, rows = facts.spec, _by_seed(facts)
    wanted = {Arm.TREATMENT: spec.seeds, Arm.BASELINE: spec.baseline_seeds}
    for row in facts.rows:
        if row.arm is None:
            yield f"{row.pointer}/arm", f"{show(row.values.get('arm'))} is no arm"
        elif row.seed is None:
            yield row.pointer, f"the seed is {show(row.values.get('seed'))}, not a whole number"
        elif row.seed not in wanted[row.arm]:
            yield f"{row.pointer}/seed", f"seed {row.seed} is none of the spec's for the {row.arm}"
        elif rows[row.arm, row.seed] is not row:
            yield f"{row.pointer}/seed", f"the {row.arm} has seed {row.seed} twice"
    for arm, seeds in wanted.items() if complete else ():
        names = [each.name for each in facts.role(*_MEASURED) if each.aggregate is not Aggregate.ONCE]
        if arm is Arm.BASELINE:
            # A baseline may be measured once, without a seed.
            names = [name for name in names if name in facts.of_the_baseline and _has_rows(rows, arm, name)]
        for name in names:
            lacking = [seed for seed in seeds if (arm, seed) not in rows or rows[arm, seed].values.get(name) is None]
            if lacking:
                told = ", ".join(map(str, lacking[:_NAMED_AT_MOST]))
                yield ROWS, f"the {arm} has no `{name}` for seed {told}"


def _has_rows(rows: Mapping[tuple[Arm, int], Row], arm: Arm, name: str) -> bool:
    return any(row.values.get(name) is not None for (of, _), row in rows.items() if of is arm)


def aggregates_of(facts: ExperimentFacts, arm: Arm, metric: Metric) -> list[float]:
    """The numbers of *metric* in the rows of *arm*."""
    rows = (as_number(row.values.get(metric.name)) for (of, _), row in _by_seed(facts).items() if of is arm)
    return [number for number in rows if number is not None]


def aggregate_problems(facts: ExperimentFacts) -> Problems:
    """Values of an arm that are not the spec's aggregate of its rows. Raises Skip where there are no rows."""
    compared = False
    for metric in facts.role(*_MEASURED):
        aggregate = _AGGREGATES.get(str(metric.aggregate))
        for arm in Arm:
            value, numbers = as_number(facts.values(arm).get(metric.name)), aggregates_of(facts, arm, metric)
            if aggregate is None or value is None or not numbers:
                continue
            compared = True
            if not follows(value, numbers, aggregate):
                message = f"`{metric.name}` is {value}, which is not the {metric.aggregate} of its {len(numbers)} rows"
                yield f"/{arm}/{escape(metric.name)}", message
    if not compared:
        raise Skip("there are no rows of seeds to aggregate")
