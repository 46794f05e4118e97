"""Metrics: ``- `val_loss` (nats, minimize, mean): Loss on the held-out set.``"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from autolab_core.io.spec.findings import Unclear
from autolab_core.io.spec.scan import Scanner
from autolab_core.models.experiment.spec import Metric
from autolab_core.vocab.experiment import Aggregate, Direction, MetricRole

__all__ = ["FORM", "INTEGER", "print_metric", "read_metric"]

FORM: Final = "- `name` (unit, minimize, mean): What it is."
INTEGER: Final = "integer"
UNIT: Final = "unit"
# What a row of ``per_seed`` holds beside metrics.
_TAKEN: Final = frozenset({"seed", "arm"})
_DIRECTIONS: Final = {
    **{each.value: each for each in Direction},
    "minimise": Direction.MINIMIZE,
    "maximise": Direction.MAXIMIZE,
    "lower is better": Direction.MINIMIZE,
    "higher is better": Direction.MAXIMIZE,
}
_AGGREGATES: Final = {each.value: each for each in Aggregate}
_WORDS: Final = (*_DIRECTIONS, *_AGGREGATES, INTEGER)


def read_metric(text: str, role: MetricRole) -> Metric:
    """The metric *text* of *role*. Raises Unclear."""
    scanner = Scanner(text)
    name = scanner.name("the metric's name")
    if name in _TAKEN:
        raise Unclear(f"no metric can be called {name}: that is a key of each row of per_seed")
    attributes = _attributes(scanner) if scanner.take("(") else []
    if scanner.rest:
        scanner.colon(f"the description of {name}; write {FORM}")
    return _metric(name, role, attributes, scanner.rest)


def print_metric(metric: Metric) -> str:
    """*metric* as a list item's text."""
    attributes: list[str] = []
    if metric.unit is not None:
        attributes.append(metric.unit if not _looks_known(metric.unit) else f"{UNIT} {metric.unit}")
    if metric.direction is not None:
        attributes.append(metric.direction)
    attributes.append(metric.aggregate)
    if metric.integer:
        attributes.append(INTEGER)
    return f"`{metric.name}` ({', '.join(attributes)})" + (f": {metric.description}" if metric.description else "")


def _attributes(scanner: Scanner) -> list[str]:
    inside, closing, after = scanner.rest.partition(")")
    if not closing or "(" in inside:
        raise Unclear(f"the parenthesis after the metric's name has no end of its own; write {FORM}")
    scanner.rest = after.lstrip()
    return [each.strip() for each in inside.split(",")]


def _metric(name: str, role: MetricRole, attributes: list[str], description: str) -> Metric:
    unit: str | None = None
    directions: list[Direction] = []
    aggregates: list[Aggregate] = []
    integer = False
    for each in attributes:
        word = each.casefold()
        if word in _DIRECTIONS:
            directions.append(_DIRECTIONS[word])
        elif word in _AGGREGATES:
            aggregates.append(_AGGREGATES[word])
        elif word == INTEGER:
            integer = True
        elif unit is not None:
            raise Unclear(
                f"{name} has two units, {unit!r} and {each!r}; one of them should be one of {', '.join(_WORDS)}"
            )
        else:
            unit = _unit(name, each)
    for what, found in (("directions", directions), ("aggregates", aggregates)):
        if len(found) > 1:
            raise Unclear(f"{name} has two {what}, {found[0]} and {found[1]}; keep one")
    return Metric(
        name,
        role,
        description,
        unit,
        directions[0] if directions else None,
        aggregates[0] if aggregates else Aggregate.MEAN,
        integer,
    )


def _unit(name: str, text: str) -> str:
    marked = Scanner(text)
    if marked.take(UNIT) is not None:
        marked.take(":")
        text = marked.rest
    elif near := _near(text):
        raise Unclear(f"{name}: is {text!r} a unit, or {near!r} misspelled? write 'unit {text}' or {near!r}")
    if not text:
        raise Unclear(f"{name}: there is nothing between two commas; write {FORM}")
    return text


def _near(text: str) -> str | None:
    return next(iter(get_close_matches(text.casefold()[:40], _WORDS, 1, 0.8)), None)


def _looks_known(unit: str) -> bool:
    word = unit.casefold()
    return word in _WORDS or word.startswith(UNIT) or _near(unit) is not None
