"""How the numbers of replicates become one: the methods of ``design.metrics.aggregation``. Light and pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

__all__ = ["AGGREGATES", "DEFAULT_AGGREGATION"]

DEFAULT_AGGREGATION: Final = "mean"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


#: Method to function; each takes at least one number.
AGGREGATES: Final[Mapping[str, Callable[[Sequence[float]], float]]] = MappingProxyType(
    {"mean": _mean, "median": _median, "min": min, "max": max}
)
