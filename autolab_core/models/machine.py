"""What a machine has, as far as a process of ours may use it."""

from __future__ import annotations

import attrs

__all__ = ["Gpu", "Machine"]


@attrs.frozen
class Gpu:
    """One GPU that a process may use. ``memory`` in bytes, None where nobody could say."""

    name: str
    memory: int | None = None


@attrs.frozen
class Machine:
    """Facts of one moment. None is "could not be read", or, of a quota and a limit, that there is none.

    ``affinity`` counts the CPUs on which the process may run, ``quota`` is how many of them its control groups let it
    use. All else is in bytes: ``memory_total`` is the kernel's MemTotal, ``memory_limit`` what the control groups
    allow, ``memory_available`` what could be had now without taking it from others, ``disk_free`` what the user may
    still write where the repository lies. ``notes`` say what was tried in vain.
    """

    affinity: int
    quota: float | None = None
    memory_total: int | None = None
    memory_limit: int | None = None
    memory_available: int | None = None
    disk_free: int | None = None
    gpus: tuple[Gpu, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def cores(self) -> float:
        """How many CPUs' worth of time the process gets at most."""
        return float(self.affinity) if self.quota is None else min(float(self.affinity), self.quota)

    @property
    def memory(self) -> int | None:
        """How much memory the process can ever have: the smaller of total and limit."""
        return min((each for each in (self.memory_total, self.memory_limit) if each is not None), default=None)
