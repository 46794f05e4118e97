"""Metrics in what people have: JSON lines on standard output, and CSV files with a header. Pure.

Nothing is judged here: a value is handed on as it stands, ``NaN`` and text too, because only the recorder may refuse
one, by name. A line that is no such JSON is plain output.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import attrs

from autolab_core.vocab.experiment import Arm

__all__ = [
    "LINE_MAX",
    "Bad",
    "Configured",
    "Item",
    "Noted",
    "Number",
    "Point",
    "Progressed",
    "Used",
    "count_rows",
    "lines_of",
    "read_csv",
    "read_line",
]

# A longer line is plain output: nobody writes that much about one metric.
LINE_MAX: Final = 1 << 20

_METRIC: Final = ("metric", "value")
_ROW: Final = ("seed", "arm", "unit")
_STEPS, _SIZE = "steps", "data_size"
# A line with one of these is a point of a curve, not a result. The finest of them says where on the curve it is.
_CURVE: Final = ("step", "iteration", "iter", "batch", "epoch")


@attrs.frozen
class Number:
    """A metric's value as it was written; ``seed`` is a whole number where it could be one."""

    metric: str
    value: Any
    seed: Any = None
    arm: Arm | None = None
    unit: str | None = None


@attrs.frozen
class Point:
    """A metric's value on the way to a result, at ``step``: no result, but abort criteria are about it, too."""

    metric: str
    value: float
    seed: Any = None
    step: float | None = None


@attrs.frozen
class Configured:
    """The resolved configuration of the arm that runs."""

    values: Mapping[str, Any]


@attrs.frozen
class Progressed:
    """Optimizer steps done since the last report, or how much data the run has."""

    steps: int | None = None
    data_size: float | None = None
    unit: str | None = None


@attrs.frozen
class Noted:
    """An observation that is no metric."""

    text: str


@attrs.frozen
class Used:
    """What the command itself says it used."""

    values: Mapping[str, Any]


@attrs.frozen
class Bad:
    """A line that was meant for us and cannot be read; ``what`` says why."""

    what: str


Item = Number | Point | Configured | Progressed | Noted | Used | Bad


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of *file*, for ``read_line``; one that is longer than ``LINE_MAX`` is left out, and never in the memory
    as a whole."""
    begun = False
    while piece := file.readline(LINE_MAX + 1):
        ended = piece.endswith(b"\n")
        if not begun and (ended or len(piece) <= LINE_MAX):
            yield piece
        begun = not ended


def read_line(line: bytes, metrics: Collection[str]) -> tuple[Item, ...]:
    """What one line of output says, in its own order; empty for plain output. *metrics* are the names that the spec
    gives metrics."""
    text = line.strip()
    if not (text[:1] == b"{" and text[-1:] == b"}") or len(text) > LINE_MAX:
        return ()
    try:
        pairs = json.loads(text.decode("utf-8"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(pairs, _Pairs):
        return ()
    ours = {*metrics, *_METRIC, "config", _STEPS, _SIZE, "note", "usage"}
    if pairs.twice and pairs.keys() & ours:
        return (Bad(f"the key {pairs.twice!r} stands twice in one object"),)
    return tuple(_items(pairs, metrics))


class _Pairs(dict[str, Any]):
    """A JSON object that knows whether a key stood in it twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.twice = next((key for key, _ in pairs if key in seen or seen.add(key)), None)  # type: ignore[func-returns-value]


def _items(found: Mapping[str, Any], metrics: Collection[str]) -> Iterator[Item]:
    if "metric" in found:
        if set(_CURVE) & set(found) and found["metric"] in list(metrics):
            yield from _points(found, {found["metric"]: found.get("value")})
        else:
            yield _named(found)
        return
    if len(found) == 1:
        (key, value), *_ = found.items()
        if key == "config":
            yield Configured(value) if isinstance(value, dict) else Bad("`config` is no object")
            return
        if key == "usage":
            yield Used(value) if isinstance(value, dict) else Bad("`usage` is no object")
            return
        if key == "note":
            yield Noted(value) if isinstance(value, str) else Bad("`note` is no text")
            return
    named = {key: value for key, value in found.items() if key in metrics}
    if named and set(_CURVE) & set(found):
        yield from _points(found, named)
    elif named:
        yield from _of_a_row(found)
    elif {_STEPS, _SIZE} & set(found) and set(found) <= {_STEPS, _SIZE, "unit", "seed", "arm"}:
        yield _progress(found)


def _points(found: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Point]:
    """The *values* of a line of a curve that are numbers; what else stands in it is its author's own."""
    step = next((found[key] for key in _CURVE if type(found.get(key)) in (int, float)), None)
    for name, value in values.items():
        if type(value) in (int, float):
            yield Point(name, _float(value), _seed(found.get("seed")), step)


def _named(found: Mapping[str, Any]) -> Item:
    """The long form: ``{"metric": …, "value": …}``."""
    if not isinstance(found["metric"], str) or "value" not in found:
        return Bad("a line with `metric` needs its name as text, and `value`")
    unknown = sorted(set(found) - {*_METRIC, *_ROW})
    if unknown:
        return Bad(f"a line with `metric` has the key {unknown[0]!r}; there are {', '.join((*_METRIC, *_ROW))}")
    row = _row(found)
    return row if isinstance(row, Bad) else Number(found["metric"], found["value"], *row)


def _of_a_row(found: Mapping[str, Any]) -> Iterator[Item]:
    """The short form: metrics by their names, with the seed and the arm that they all are of."""
    row = _row(found)
    if isinstance(row, Bad):
        yield row
        return
    if _STEPS in found or _SIZE in found:
        yield _progress({key: found[key] for key in (_STEPS, _SIZE) if key in found})
    for key, value in found.items():
        if key not in (*_ROW, _STEPS, _SIZE):
            yield Number(key, value, *row)


def _row(found: Mapping[str, Any]) -> tuple[Any, Arm | None, str | None] | Bad:
    arm, unit = found.get("arm"), found.get("unit")
    if arm is not None and arm not in list(Arm):
        return Bad(f"the arm {arm!r} is neither {' nor '.join(Arm)}")
    if unit is not None and not isinstance(unit, str):
        return Bad(f"the unit {unit!r} is no text")
    return _seed(found.get("seed")), None if arm is None else Arm(arm), unit


def _seed(value: Any) -> Any:
    """*value* as the whole number that it is, however it was written: tables make 0.0 of a 0."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value


def _progress(found: Mapping[str, Any]) -> Item:
    steps, size, unit = found.get(_STEPS), found.get(_SIZE), found.get("unit")
    if steps is not None and not (type(steps) is int and steps >= 0):
        return Bad(f"`{_STEPS}` is no whole number from 0")
    if size is not None and not (type(size) in (int, float) and math.isfinite(_float(size)) and size >= 0):
        return Bad(f"`{_SIZE}` is no number from 0")
    if unit is not None and not isinstance(unit, str):
        return Bad("`unit` is no text")
    return Progressed(steps, None if size is None else _float(size), unit)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def read_csv(text: str, metrics: Collection[str], *, skip: int = 0) -> tuple[Item, ...]:
    """What the rows of a CSV say. *skip*: so many rows below the header were there before.

    The header names metrics, and maybe ``seed`` and ``arm``; or it is ``metric,value`` with those. The separator is a
    comma, a semicolon or a tab, whichever the header has. An empty cell says nothing.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    separator = next((each for each in (",", ";", "\t") if each in first), ",")
    items: list[Item] = []
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        problem = _header_problem(header, metrics)
        if problem is not None:
            return (Bad(problem),)
        for number, row in enumerate(row for row in reader if row):
            if number >= skip:
                items += _of_csv_row(header, row, reader.line_num)
    except csv.Error as error:
        items.append(Bad(f"line {reader.line_num}: {error}"))
    return tuple(items)


def count_rows(text: str) -> int:
    """How many rows below its header a CSV has that could be read; for ``skip``."""
    try:
        return max(0, sum(1 for row in csv.reader(text.splitlines(keepends=True)) if row) - 1)
    except csv.Error:
        return 0


def _header_problem(header: Sequence[str], metrics: Collection[str]) -> str | None:
    if not header:
        return "line 1: there is no header that names metrics"
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        return f"line 1: the column {twice!r} stands there twice"
    if not set(_METRIC) <= set(header) and not set(header) & set(metrics):
        return f"line 1: no column is a metric of the spec; there are {', '.join(map(repr, header))}"
    return None


def _of_csv_row(header: Sequence[str], row: Sequence[str], line: int) -> list[Item]:
    if len(row) != len(header):
        return [Bad(f"line {line}: {len(row)} cells below a header of {len(header)}")]
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    named = _row({**cells, "seed": _value(cells["seed"])} if "seed" in cells else cells)
    if isinstance(named, Bad):
        return [Bad(f"line {line}: {named.what}")]
    if set(_METRIC) <= set(header):
        if "metric" not in cells:
            return [Bad(f"line {line}: the metric has no name")]
        return [Number(cells["metric"], _value(cells["value"]), *named)] if "value" in cells else []
    # A column without a name is the index that a data frame writes.
    return [Number(name, _value(cell), *named) for name, cell in cells.items() if name and name not in _ROW]


def _value(cell: str) -> Any:
    """The number that *cell* is, or its text."""
    plain = cell.removeprefix("+").removeprefix("-")
    if not plain.isascii() or "_" in plain:
        return cell
    try:
        return int(cell) if plain.isdigit() else float(cell)
    except ValueError:
        return cell
