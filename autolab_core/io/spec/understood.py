"""What a machine understood of a spec, as rows for people to compare with what they meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autolab_core.io.spec.amounts import print_duration, print_number, print_percent
from autolab_core.io.spec.compute import compute_data
from autolab_core.io.spec.read import SpecDocument
from autolab_core.io.spec.seeds import print_seeds
from autolab_core.models.experiment.spec import AbortCriterion, Baseline, Metric, Protocol, Setting, Spec
from autolab_core.vocab.experiment import DATA_SIZE_FACTOR, RUN_TIME, Arm, BudgetKind, Phase

__all__ = ["Understood", "understood"]


class Understood(NamedTuple):
    """A row: the line of the spec, what kind of thing stands there, its name, and what it was understood to mean."""

    line: int
    what: str
    name: str
    meaning: str


def understood(document: SpecDocument) -> list[Understood]:
    """The rows of *document*, in the order of its lines."""
    rows = [Understood(document.line(key), *row) for key, *row in _rows(document.spec)]
    return sorted(rows, key=lambda row: row.line)


def _rows(spec: Spec) -> Iterator[tuple[str, str, str, str]]:
    for what, settings in (("variable", spec.variables), ("control", spec.controls)):
        for setting in settings:
            yield f"settings/{setting.name}", what, setting.name, _setting(setting)
    for metric in spec.metrics:
        yield f"metrics/{metric.name}", f"{metric.role} metric", metric.name, _metric(metric)
    for baseline in spec.baselines:
        yield f"baselines/{baseline.metric}", "baseline", baseline.metric, _baseline(baseline)
    for at, success in enumerate(spec.success):
        meaning = f"{success.left} {success.comparison} {print_number(success.limit)}"
        yield f"success/{at}", "success criterion", success.metric, meaning
    yield from _protocol(spec.protocol)
    for line in print_seeds(spec.seeds, spec.baseline_seeds) if spec.seeds else ():
        arm, _, listed = line.rpartition(": ")
        yield "seeds", "seeds", arm or "both arms", listed
    if spec.budget.tier:
        yield "budget/tier", "budget", "tier", spec.budget.tier
    for each in spec.budget.limits:
        yield f"budget/{each.kind}", "budget", each.kind, f"at most {_amount(each.kind, each.limit)}"
    for key, value in compute_data(spec.budget.compute).items():
        yield f"compute/{key}", "compute", key, ", ".join(value) if isinstance(value, list) else str(value)
    for criterion in spec.abort:
        yield f"abort/{criterion.id}", "abort", criterion.id, _abort(criterion)
    for key, what, names in (("files", "may change", spec.files), ("dependencies", "may install", spec.dependencies)):
        if names:
            yield f"implementation/{key}", what, "", ", ".join(names)


def _setting(setting: Setting) -> str:
    values = {arm: repr(value) for arm, value in setting.values.items()}
    if len({*values.values()}) == 1:
        return values[Arm.BASELINE]
    return ", ".join(f"{arm} {value}" for arm, value in values.items())


def _metric(metric: Metric) -> str:
    parts = [f"in {metric.unit}" if metric.unit is not None else "no unit", metric.direction or "no direction"]
    return ", ".join([*parts, metric.aggregate, *(["whole numbers"] if metric.integer else [])])


def _baseline(baseline: Baseline) -> str:
    low, high = baseline.expected - baseline.margin, baseline.expected + baseline.margin
    tolerance = (
        f"± {print_percent(baseline.tolerance)}%" if baseline.relative else f"± {print_number(baseline.tolerance)}"
    )
    return f"{print_number(baseline.expected)} {tolerance}: from {low:.6g} to {high:.6g} (source: {baseline.source})"


def _protocol(protocol: Protocol) -> Iterator[tuple[str, str, str, str]]:
    for check, command in protocol.sanity.items():
        yield f"protocol/{Phase.SANITY}/{check}", Phase.SANITY, check, command
    for phase in (Phase.BASELINE, Phase.MVE, Phase.TREATMENT):
        for at, command in enumerate(getattr(protocol, phase)):
            yield f"protocol/{phase}/{at}", "command", phase, command
    if protocol.csv is not None:
        yield "protocol/csv", "metrics from", "", protocol.csv
    for arm, path in protocol.config.items():
        yield "protocol/config", "configuration", arm, path


def _abort(criterion: AbortCriterion) -> str:
    if criterion.kind is None or criterion.limit is None:
        return f"stop when {criterion.text}"
    meaning = f"stop when {criterion.kind} {criterion.comparison} {_amount(criterion.kind, criterion.limit)}"
    if criterion.assumes is None:
        return meaning
    beyond = criterion.assumes * (criterion.factor or DATA_SIZE_FACTOR)
    return f"{meaning}, unless there are more than {print_number(beyond)} {criterion.assumes_unit or ''}".rstrip()


def _amount(kind: str, limit: float) -> str:
    return print_duration(limit) if kind in (RUN_TIME, BudgetKind.WALL_CLOCK) else print_number(limit)
