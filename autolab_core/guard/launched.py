"""What a launch says of a guarded run in a place that the run cannot write. Pure.

A run may write its own folder, and so its manifest. What it could say there of itself, to look like another run, is
held against this copy.
"""

# No `from __future__ import annotations`: see guard/policy.py.

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["LAUNCHED", "launched"]

# Keys of the manifest that are the launch's alone, as RFC 6901 pointers.
LAUNCHED: Final = (
    "/run_id",
    "/iteration_id",
    "/command",
    "/commit",
    "/environment",
    "/submission/token",
    "/submission/script_sha256",
)


def launched(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Pointer to value, for those that *manifest*, as it is written, has."""
    found = {}
    for pointer in LAUNCHED:
        value: Any = manifest
        for key in pointer.split("/")[1:]:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            found[pointer] = value
    return found
