"""How runs of ``cloud-run`` are to be asked of Slurm: the ``settings`` of a row of kind ``slurm``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra
from autolab_core.models.resources import Memory

__all__ = ["SlurmSettings"]


@attrs.frozen
class SlurmSettings:
    """What each job is asked with.

    ``memory`` is for runs that do not say how much they need. ``activation`` are lines of bash before the command that
    find a Python 3.11 on the nodes (``module load …``). ``folder`` is the storage, on the file system that all nodes
    see; no engine reads it.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    gpu_type: str | None = None
    memory: Memory | None = None
    activation: str = ":"
    folder: str | None = None
    extra: Mapping[str, Any] = extra()
