"""Whether a machine has what an experiment asks for: one step of arithmetic for each resource. Pure."""

from __future__ import annotations

import math
from typing import Final

import attrs

from autolab_core.advice.memory import rounded
from autolab_core.models.experiment.spec import ComputeProfile
from autolab_core.models.machine import Gpu, Machine
from autolab_core.models.resources import Duration
from autolab_core.vocab.compute import SLOW_FACTOR, Resource

__all__ = ["Step", "amounts", "gpus_asked", "measure"]

_UNKNOWN: Final = "could not be read here"
# More than any machine has, and no number that a float cannot hold.
_MOST_CPUS: Final = 10**9


@attrs.frozen
class Step:
    """One comparison: its numbers as words, and what came of it. ``fits`` is None where it cannot be told, which is
    no reason against this machine."""

    resource: Resource
    text: str
    fits: bool | None


def measure(profile: ComputeProfile, wall_clock: float | None, machine: Machine) -> tuple[Step, ...]:
    """What *profile* asks for against what *machine* has; *wall_clock* is the budget's, in seconds. A resource that the
    profile does not name has no step."""
    steps = (_time(profile, wall_clock, machine), _memory(profile, machine), _gpus(profile, machine))
    return tuple(step for step in (*steps, _disk(profile, machine)) if step is not None)


def gpus_asked(profile: ComputeProfile) -> int:
    """How many GPUs are needed: who says how large one has to be wants one."""
    return max(profile.gpus, 0 if profile.gpu_memory is None else 1)


def amounts(asked: int, here: int) -> tuple[str, str]:
    """Two numbers of bytes as words that differ where the numbers do."""
    words = rounded(asked), rounded(here)
    return words if asked == here or words[0] != words[1] else (f"{asked} bytes", f"{here} bytes")


def _time(profile: ComputeProfile, wall_clock: float | None, machine: Machine) -> Step | None:
    """Fewer cores make it take longer, and nothing else: too long is more than ``SLOW_FACTOR`` times the estimate, or
    more than the budget where the estimate itself is within it."""
    estimate = None if profile.wall_time is None else profile.wall_time.seconds
    if estimate is None and profile.cpus is None:
        return None
    over = estimate is not None and wall_clock is not None and estimate > wall_clock
    alone = f"the estimate of {_clock(estimate)} is over the budget's {_clock(wall_clock)} on any machine"
    if profile.cpus is None:
        said = alone if over else f"{_clock(estimate)} estimated, whatever the number of CPUs"
        return Step(Resource.TIME, said, None if over else True)
    cpus, cores = min(profile.cpus, _MOST_CPUS), machine.cores
    asked = f"{cpus} CPUs asked, {cores:g} here ({_cores_from(machine)})"
    if cpus <= cores:
        more = f"; {alone}" if over else "" if estimate is None else f": {_clock(estimate)} as estimated"
        return Step(Resource.TIME, asked + more, None if over else True)
    slow = cpus > SLOW_FACTOR * cores
    if estimate is None:
        times = f"{cpus} / {cores:g} = {cpus / cores:.3g} times the estimate"
        limit = f"{'more than' if slow else 'within'} {SLOW_FACTOR} times"
        return Step(Resource.TIME, f"{asked}: {times}, {limit}", not slow)
    here = estimate * cpus / cores
    limits = [(f"{SLOW_FACTOR} x {_clock(estimate)} = {_clock(SLOW_FACTOR * estimate)}", slow)]
    if wall_clock is not None:
        limits.append((f"the budget's {_clock(wall_clock)}", here > wall_clock))
    against = ", ".join(f"{'more than' if beyond else 'within'} {limit}" for limit, beyond in limits)
    product = f"{_clock(estimate)} x {cpus} / {cores:g} = {_clock(here)}"
    return Step(Resource.TIME, f"{asked}: {product}, {against}", not any(beyond for _, beyond in limits))


def _cores_from(machine: Machine) -> str:
    quota = "no quota" if machine.quota is None else f"a quota of {machine.quota:g}"
    return f"{machine.affinity} by affinity, {quota}"


def _clock(seconds: float | None) -> str:
    return str(Duration(None if seconds is None else math.ceil(seconds)))


def _memory(profile: ComputeProfile, machine: Machine) -> Step | None:
    if profile.memory is None:
        return None
    asked, here = profile.memory.bytes, machine.memory
    if here is None:
        return Step(Resource.MEMORY, f"{rounded(asked)} asked, and what there is {_UNKNOWN}", None)
    parts = [
        f"{rounded(amount)} {name}"
        for amount, name in ((machine.memory_total, "in all"), (machine.memory_limit, "by the control group"))
        if amount is not None
    ]
    wanted, had = amounts(asked, here)
    text = f"{wanted} asked, {had} here ({', '.join(parts)})"
    if asked <= here and machine.memory_available is not None and machine.memory_available < asked:
        text += f"; only {rounded(machine.memory_available)} of it is free now, so stop something else first"
    return Step(Resource.MEMORY, text, asked <= here)


def _gpus(profile: ComputeProfile, machine: Machine) -> Step | None:
    wanted = gpus_asked(profile)
    if not wanted:
        return None
    least = profile.gpu_memory
    sure = [gpu for gpu in machine.gpus if least is None or (gpu.memory is not None and gpu.memory >= least.bytes)]
    unsure = [gpu for gpu in machine.gpus if least is not None and gpu.memory is None]
    each = "" if least is None else f" of {rounded(least.bytes)}"
    notes = "".join(f"; {note}" for note in machine.notes)
    text = f"{wanted}{each} asked, {_listed(machine.gpus)} here{notes}"
    fits = True if len(sure) >= wanted else None if len(sure) + len(unsure) >= wanted else False
    return Step(Resource.GPUS, text, fits)


def _listed(gpus: tuple[Gpu, ...]) -> str:
    shown = [f"{gpu.name}, {'memory unknown' if gpu.memory is None else rounded(gpu.memory)}" for gpu in gpus]
    return f"{len(gpus)} ({'; '.join(shown)})" if gpus else "none"


def _disk(profile: ComputeProfile, machine: Machine) -> Step | None:
    if profile.disk is None:
        return None
    asked = profile.disk.bytes
    if machine.disk_free is None:
        return Step(Resource.DISK, f"{rounded(asked)} asked, and what is free {_UNKNOWN}", None)
    wanted, had = amounts(asked, machine.disk_free)
    return Step(Resource.DISK, f"{wanted} asked, {had} free where the repository lies", asked <= machine.disk_free)
