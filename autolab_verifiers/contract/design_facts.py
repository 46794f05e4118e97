"""What rules about runs ask of a design, looked up once for all runs of the iteration."""

from __future__ import annotations

from typing import Any, Final

from autolab_verifiers.contract.values import list_at, number_at, text_at, value_at

__all__ = ["DesignFacts"]

# More replicates than anybody has; what a design claims beyond them is not written out.
_WRITTEN_OUT: Final = 10_000


class DesignFacts:
    """A design of any shape. What it does not say, or says in the wrong type, is None or empty."""

    __slots__ = ("aggregation", "arms", "base_seed", "data", "in_order", "location", "primary", "replicates", "seeds")

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
        self.base_seed = number_at(data, "/replicates/base_seed") or 0
        #: The seeds are ``base_seed`` and those after it.
        self.in_order = text_at(data, "/replicates/seed_strategy") == "increment"
        #: The seeds of each arm, where they are known and whole numbers; else None.
        self.seeds = self._seeds()

    def _seeds(self) -> list[int] | None:
        count, base = self.replicates, self.base_seed
        if count is None or not self.in_order or not isinstance(base, int) or not 0 < count <= _WRITTEN_OUT:
            return None
        return list(range(base, base + count))


def _names(data: dict[str, Any], key: str) -> list[str]:
    return [name for entry in list_at(data, f"/{key}") if (name := text_at(entry, "/name")) is not None]
