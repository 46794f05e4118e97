"""The experiment protocol: one sealed spec, its phases in order, every number that it asks for, and nothing else.

``open`` is loaded at its first use: ``import autolab_core`` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see autolab_core
if TYPE_CHECKING:
    from typing import Any

    from autolab_core.experiment.opening import open_experiment as open  # noqa: A004 - as `gzip.open`

__all__ = ["open"]


def __getattr__(name: str) -> Any:
    if name != "open":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autolab_core.experiment.opening import open_experiment

    return open_experiment
