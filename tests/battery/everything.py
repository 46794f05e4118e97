"""Every attempt there is, in the order of the tables."""

from __future__ import annotations

from tests.battery.attempt import Attempt, registered
from tests.battery.attempts import (
    git_commands,
    hand_offs,
    into_the_file,
    kernel_ways,
    metadata,
    names,
    namespaces,
    processes,
    run_folder,
)

__all__ = ["ATTEMPTS"]

_ORDER = (
    into_the_file.GROUP,
    names.GROUP,
    git_commands.GROUP,
    kernel_ways.GROUP,
    namespaces.GROUP,
    kernel_ways.ROOT,
    hand_offs.MEMORY,
    hand_offs.GIVEN,
    processes.GROUP,
    hand_offs.GROUP,
    git_commands.LATER,
    processes.PLANTED,
    run_folder.GROUP,
    namespaces.VIEW,
    metadata.GROUP,
)

ATTEMPTS: tuple[Attempt, ...] = tuple(sorted(registered(), key=lambda attempt: _ORDER.index(attempt.group)))
