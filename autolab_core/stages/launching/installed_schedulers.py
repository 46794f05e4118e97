"""Schedulers of other distributions: entry points of the group ``autolab_schedulers``, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.io.installed import Group
from autolab_core.schedulers.base import Scheduler

__all__ = ["GROUP", "make"]

GROUP: Final = "autolab_schedulers"
_SCHEDULERS: Final = Group(
    GROUP, "launch.scheduler", "scheduler", "slurm is built in", ("submit", "find", "observe", "cancel")
)


def make(name: str, root: Path, runner: Runner) -> Scheduler:
    """The scheduler *name* for the repository *root*: what its entry point makes of both.

    Raises UsageError when none is installed, when several are, and when it cannot be made.
    """
    made: Scheduler = _SCHEDULERS.make(name, root, runner)
    return made
