"""The words of the advice where an experiment is to run, and the headings under which it is given."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["ON_THIS_MACHINE", "SLOW_FACTOR", "ComputeCase", "ComputePreference", "Resource"]

# A run that takes more than so many times its estimate is slower than anybody planned for.
SLOW_FACTOR: Final = 3
# Kinds of back ends that start containers or processes on this very machine: something to try with, not a cloud.
ON_THIS_MACHINE: Final = frozenset({"docker", "local", "podman"})


class ComputeCase(StrEnum):
    """What is advised. ``advisory``: run it in the cloud, because it does not fit here. ``cloud_preferred``: run it in
    the cloud, because somebody wants that; here is a valid fallback. ``availability_note``: run it here, and know that
    there is a cloud. Where nothing is advised there is no case."""

    ADVISORY = "advisory"
    CLOUD_PREFERRED = "cloud_preferred"
    AVAILABILITY_NOTE = "availability_note"

    @property
    def heading(self) -> str:
        """The heading of the section, as the agents that carry out experiments look for it."""
        return _HEADINGS[self]


_HEADINGS: Final = {
    ComputeCase.ADVISORY: "## Compute Advisory",
    ComputeCase.CLOUD_PREFERRED: "## Compute Advisory (Cloud Preferred)",
    ComputeCase.AVAILABILITY_NOTE: "## Cloud Availability Note",
}


class ComputePreference(StrEnum):
    """Where somebody wants an experiment to run. ``auto`` is no wish: the arithmetic decides."""

    AUTO = "auto"
    LOCAL = "local"
    CLOUD = "cloud"


class Resource(StrEnum):
    """What a compute profile asks for. ``time`` is how long it takes with the cores that there are."""

    TIME = "time"
    MEMORY = "memory"
    GPUS = "GPUs"
    DISK = "disk"
