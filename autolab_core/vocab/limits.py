"""How long a run's files may get when a repository does not say otherwise. The one place for these numbers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["COUNT_PATHS", "FIXED_MAX_LINES", "HARD_CAPS", "MANIFEST_BUDGET"]

# "must be <= 160 lines … must be <= 120 lines; exceeding either budget is a verifier failure" (the launch stage).
# A limits file may lower these, never raise them. Paths are below the iteration.
HARD_CAPS: Final[Mapping[str, int]] = MappingProxyType({"launch/run_local.sh": 160, "launch/run_slurm.sbatch": 120})

# ``line_limits.fixed_max_lines`` where the file, or that key of it, is absent.
FIXED_MAX_LINES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "design.yaml": 220,
        **HARD_CAPS,
        "review_result.json": 60,
        "analysis/summary.md": 140,
        "runs/<RUN_ID>/metrics.json": 260,
    }
)

# ``line_limits.run_manifest_dynamic``, key by key.
MANIFEST_BUDGET: Final[Mapping[str, int]] = MappingProxyType(
    {
        "min_cap_lines": 120,
        "max_cap_lines": 1200,
        "base_lines": 160,
        "per_item_lines": 25,
        "max_chars": 60_000,
        "max_bytes": 80_000,
    }
)
COUNT_PATHS: Final = ("variants",)
