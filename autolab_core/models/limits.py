"""``.autolab/experiment_file_line_limits.yaml``: how long a run's files may get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra
from autolab_core.vocab.limits import COUNT_PATHS, MANIFEST_BUDGET

__all__ = ["DynamicBudget", "LineLimits", "LineLimitsFile"]

_COUNT = attrs.validators.ge(0)


def _are_counts(instance: object, attribute: attrs.Attribute[Any], value: Mapping[str, int]) -> None:
    for name, limit in value.items():
        if limit < 0:
            raise ValueError(f"{attribute.name} {name!r} must be >= 0: {limit}")


@attrs.frozen
class DynamicBudget:
    """The manifest's budget: ``clamp(base_lines + per_item_lines × items, min_cap_lines, max_cap_lines)`` lines.

    ``items`` is counted along ``count_paths`` in the manifest and the design: a list counts its entries,
    a mapping its keys, anything else 1, a path that is not there 0. ``max_chars`` and ``max_bytes`` are absolute.
    """

    min_cap_lines: int = attrs.field(default=MANIFEST_BUDGET["min_cap_lines"], validator=_COUNT)
    max_cap_lines: int = attrs.field(default=MANIFEST_BUDGET["max_cap_lines"], validator=_COUNT)
    base_lines: int = attrs.field(default=MANIFEST_BUDGET["base_lines"], validator=_COUNT)
    per_item_lines: int = attrs.field(default=MANIFEST_BUDGET["per_item_lines"], validator=_COUNT)
    max_chars: int = attrs.field(default=MANIFEST_BUDGET["max_chars"], validator=_COUNT)
    max_bytes: int = attrs.field(default=MANIFEST_BUDGET["max_bytes"], validator=_COUNT)
    count_paths: tuple[str, ...] = COUNT_PATHS
    extra: Mapping[str, Any] = extra()

    def lines(self, items: int) -> int:
        """The line budget for *items* counted items."""
        return max(self.min_cap_lines, min(self.max_cap_lines, self.base_lines + self.per_item_lines * items))


@attrs.frozen
class LineLimits:
    """``fixed_max_lines`` maps a path below the iteration to its limit; ``<RUN_ID>`` stands for the run at hand."""

    fixed_max_lines: Mapping[str, int] = attrs.field(factory=dict, validator=_are_counts)
    run_manifest_dynamic: DynamicBudget = attrs.field(factory=DynamicBudget)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class LineLimitsFile:
    """The file."""

    line_limits: LineLimits
    extra: Mapping[str, Any] = extra()
