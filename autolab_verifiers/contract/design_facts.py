"""What rules about runs ask of a design, looked up once for all runs of the iteration."""

from __future__ import annotations

from typing import Any, Final

from autolab_core.models.replicates import FIXED, INCREMENT, needs_array
from autolab_verifiers.contract.values import list_at, number_at, text_at, value_at

__all__ = ["DesignFacts"]

# More replicates than anybody has; what a design claims beyond them is not written out.
_WRITTEN_OUT: Final = 10_000


class DesignFacts:
    """A design of any shape. What it does not say, or says in the wrong type, is None or empty."""

    __slots__ = (
        *("aggregation", "arms", "array", "base_seed", "data", "fixed", "in_order", "location", "primary"),
        *("replicates", "seeds"),
    )

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        #: ``compute.location``, of any type.
        self.location = value_at(data, "/compute/location")
        #: The name of the primary metric.
        self.primary = text_at(data, "/metrics/primary/name")
        self.aggregation = text_at(data, "/metrics/aggregation")
        #: Key of the design to the names of its arms, as they are listed.
        self.arms = {key: _names(data, key) for key in ("baselines", "variants")}
        count = number_at(data, "/replicates/count")
        #: How many replicates each arm has; None when the design asks for none.
        self.replicates = count if isinstance(count, int) else None
        #: The replicates are runs of their own, which one job array starts.
        self.array = self.replicates is not None and needs_array(
            value_at(data, "/entrypoint/cli"), value_at(data, "/entrypoint/args")
        )
        base, strategy = number_at(data, "/replicates/base_seed"), text_at(data, "/replicates/seed_strategy")
        if self.array:
            base = number_at(data, "/compute/seed") if base is None else base
            strategy = strategy or INCREMENT
        self.base_seed = base or 0
        #: The seeds are ``base_seed`` and those after it.
        self.in_order = strategy == INCREMENT
        #: All replicates have the seed ``base_seed``: they are told apart by their runs.
        self.fixed = self.array and strategy == FIXED
        #: The seeds of each arm, where they are known and whole numbers; else None.
        self.seeds = self._seeds()

    def _seeds(self) -> list[int] | None:
        count, base = self.replicates, self.base_seed
        if count is None or not self.in_order or not isinstance(base, int) or not 0 < count <= _WRITTEN_OUT:
            return None
        return list(range(base, base + count))


def _names(data: dict[str, Any], key: str) -> list[str]:
    return [name for entry in list_at(data, f"/{key}") if (name := text_at(entry, "/name")) is not None]
