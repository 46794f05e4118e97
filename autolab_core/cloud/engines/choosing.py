"""Which row of the policy's ``compute.backends`` a name means. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autolab_core.cloud.engines.rows import EMBEDDED_KIND, row_called
from autolab_core.io.layout import POLICY
from autolab_core.models.policy import BackendPolicy, Policy
from autolab_core.vocab.errors import UsageError

__all__ = ["EMBEDDED", "backend_of"]

#: The engine that needs no row.
EMBEDDED: Final = BackendPolicy(EMBEDDED_KIND, EMBEDDED_KIND)


def backend_of(policy: Policy, name: str | None) -> BackendPolicy:
    """The row called *name*, or the first of that kind; without a name the first row, and podman where there is none.

    Raises UsageError for a name that is neither a row's nor a kind that needs no row.
    """
    rows: Sequence[BackendPolicy] = policy.compute.backends
    if name is None:
        return rows[0] if rows else EMBEDDED
    found = row_called(rows, name)
    if found is not None:
        return found
    if name == EMBEDDED.name:
        return EMBEDDED
    known = ", ".join(dict.fromkeys([*(row.name for row in rows), EMBEDDED.name]))
    raise UsageError(
        f"there is no engine {name!r} here; there are {known}. Write a row to compute.backends in {POLICY}"
    )
