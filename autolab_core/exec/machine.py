"""What this machine has for a process of ours: read from the kernel, never guessed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from autolab_core.exec.cgroups import allowed, read_lines
from autolab_core.exec.command import Runner
from autolab_core.exec.gpus import find_gpus
from autolab_core.models.machine import Machine

__all__ = ["look_at_machine"]


def look_at_machine(
    runner: Runner,
    folder: str,
    environment: Mapping[str, str],
    *,
    base: str = "/",
    affinity: int | None = None,
) -> Machine:
    """The machine as it is now, its disk where *folder* lies. Never raises: what cannot be read is None.

    *base* is the folder that has ``proc`` and ``sys``; *affinity* stands for what the kernel says of this process.
    """
    limits = allowed(base)
    memory = _memory(base)
    gpus, why = find_gpus(runner, environment, base)
    available = [each for each in (memory.get("MemAvailable"), limits.room) if each is not None]
    return Machine(
        affinity=_affinity() if affinity is None else affinity,
        quota=limits.cpus,
        memory_total=memory.get("MemTotal"),
        memory_limit=limits.memory,
        memory_available=min(available, default=None),
        disk_free=_free(folder),
        gpus=gpus,
        notes=() if why is None else (why,),
    )


def _affinity() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # macOS has no such call
        return os.cpu_count() or 1


def _memory(base: str) -> dict[str, int]:
    """The rows of ``meminfo`` in bytes; their unit is always kB, which means 1024 (proc(5))."""
    found = {}
    for line in read_lines(os.path.join(base, "proc/meminfo")):
        name, _, value = line.partition(":")
        words = value.split()
        if len(words) == 2 and words[1] == "kB" and words[0].isascii() and words[0].isdigit():
            found[name] = int(words[0]) * 1024
    return found


def _free(folder: str) -> int | None:
    try:
        about = os.statvfs(folder)
    except OSError:
        return None
    return about.f_bavail * about.f_frsize
