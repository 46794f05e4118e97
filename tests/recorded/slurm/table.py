"""The table of the cases that can be recorded. A case is a function that is given a cluster and a recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.cluster.cluster import Cluster
from tests.recorded.slurm.questions import Recording

__all__ = ["CASES", "Case", "case"]

Act = Callable[[Cluster, Recording], None]


class Case(NamedTuple):
    """``options`` are those of ``Cluster``; a case without any shares one cluster with the others."""

    name: str
    act: Act
    options: dict[str, Any]


CASES: dict[str, Case] = {}


def case(**options: Any) -> Callable[[Act], Act]:
    """Put a function into the table, under its own name."""

    def put(act: Act) -> Act:
        CASES[act.__name__] = Case(act.__name__, act, options)
        return act

    return put
