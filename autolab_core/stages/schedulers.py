"""Which scheduler a host mode has: the literal table. An adapter is loaded and made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.schedulers.base import Scheduler
from autolab_core.vocab.states import HostMode

__all__ = ["SCHEDULERS", "Schedulers"]


def _local(root: Path, runner: Runner) -> Scheduler:
    from autolab_core.schedulers.local.adapter import LocalScheduler

    return LocalScheduler(root)


def _slurm(root: Path, runner: Runner) -> Scheduler:
    from autolab_core.schedulers.slurm.adapter import SlurmScheduler

    return SlurmScheduler(root, runner)


SCHEDULERS: Final[Mapping[HostMode, Callable[[Path, Runner], Scheduler]]] = {
    HostMode.LOCAL: _local,
    HostMode.SLURM: _slurm,
}


class Schedulers(Mapping[HostMode, Scheduler]):
    """The schedulers of the repository *root*, each made once. What they run on this machine, *runner* runs."""

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._runner = runner
        self._made: dict[HostMode, Scheduler] = {}

    def __getitem__(self, mode: HostMode) -> Scheduler:
        if mode not in self._made:
            self._made[mode] = SCHEDULERS[mode](self._root, self._runner)
        return self._made[mode]

    def __iter__(self) -> Iterator[HostMode]:
        return iter(SCHEDULERS)

    def __len__(self) -> int:
        return len(SCHEDULERS)
