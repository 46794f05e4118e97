"""Which scheduler a host mode has: the literal table. An adapter is loaded and made when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.models.policy import Policy
from autolab_core.schedulers.base import Scheduler
from autolab_core.vocab.states import HostMode

__all__ = ["SCHEDULERS", "Schedulers"]


def _local(root: Path, runner: Runner, policy: Policy) -> Scheduler:
    from autolab_core.schedulers.local.adapter import LocalScheduler

    return LocalScheduler(root)


def _slurm(root: Path, runner: Runner, policy: Policy) -> Scheduler:
    from autolab_core.schedulers.slurm.adapter import SlurmScheduler
    from autolab_core.schedulers.slurm.cache import interval_of

    return SlurmScheduler(root, runner, interval=interval_of(os.environ, policy.slurm.poll_seconds))


SCHEDULERS: Final[Mapping[HostMode, Callable[[Path, Runner, Policy], Scheduler]]] = {
    HostMode.LOCAL: _local,
    HostMode.SLURM: _slurm,
}


class Schedulers(Mapping[HostMode, Scheduler]):
    """The schedulers of the repository *root*, each made once. What they run on this machine, *runner* runs.

    *policy* reads the repository's policy: it may name another adapter for the hosts that have Slurm. It is read when
    that scheduler is first asked for, and raises DocumentError when it cannot be; an adapter that is not installed, or
    cannot be made, raises UsageError then.
    """

    def __init__(self, root: Path, runner: Runner, policy: Callable[[], Policy] = Policy) -> None:
        self._root = root
        self._runner = runner
        self._policy = policy
        self._made: dict[HostMode, Scheduler] = {}

    def __getitem__(self, mode: HostMode) -> Scheduler:
        if mode not in self._made:
            self._made[mode] = self._make(mode)
        return self._made[mode]

    def _make(self, mode: HostMode) -> Scheduler:
        if mode is not HostMode.SLURM:
            return SCHEDULERS[mode](self._root, self._runner, Policy())
        policy = self._policy()
        name = policy.launch.scheduler
        if name is None or name == mode:
            return SCHEDULERS[mode](self._root, self._runner, policy)
        from autolab_core.stages.launching.installed_schedulers import make

        return make(name, self._root, self._runner)

    def __iter__(self) -> Iterator[HostMode]:
        return iter(SCHEDULERS)

    def __len__(self) -> int:
        return len(SCHEDULERS)
