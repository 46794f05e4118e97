"""Which GPUs a process may use here: NVIDIA's, as ``nvidia-smi`` lists them or, without it, as the driver does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from autolab_core.exec.cgroups import read_lines
from autolab_core.exec.command import Command, Runner
from autolab_core.models.machine import Gpu
from autolab_core.vocab.errors import RunnerError

__all__ = ["find_gpus"]

_ASK: Final = ("nvidia-smi", "--query-gpu=uuid,memory.total,name", "--format=csv,noheader,nounits")
_SECONDS: Final = 20.0
_MIB: Final = 1024**2
_DRIVER: Final = "proc/driver/nvidia/gpus"


class _Listed(NamedTuple):
    uuid: str
    gpu: Gpu


def find_gpus(runner: Runner, environment: Mapping[str, str], base: str = "/") -> tuple[tuple[Gpu, ...], str | None]:
    """The GPUs, and why some may be missing from them. *base* is the folder that has ``proc``. Never raises."""
    listed, why = _from_program(runner)
    if listed is None:
        listed = _from_driver(base)
        if listed:
            why = f"{why}; the driver lists its GPUs without their memory"
        elif why is not None and why.endswith("not found"):
            why = None  # no driver and no program: there is nothing to be missed
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    return (tuple(each.gpu for each in listed) if chosen is None else _visible(listed, chosen)), why


def _from_program(runner: Runner) -> tuple[list[_Listed] | None, str | None]:
    try:
        answer = runner.run(Command(_ASK, timeout=_SECONDS))
    except RunnerError as error:
        return None, str(error)
    if answer.exit_code != 0:
        said = answer.text.strip().splitlines()
        reason = answer.complaint or (said[-1] if said else "it said nothing")
        return None, f"nvidia-smi ended with {answer.exit_code}: {reason[:200]}"
    found = []
    for line in answer.text.splitlines():
        fields = [field.strip() for field in line.split(",", 2)]
        # A laptop's or a unified memory is "[N/A]": a GPU, of unknown memory.
        if len(fields) == 3 and fields[0].startswith("GPU-"):
            known = fields[1].isascii() and fields[1].isdigit() and len(fields[1]) < 12
            found.append(_Listed(fields[0], Gpu(fields[2], int(fields[1]) * _MIB if known else None)))
    return found, None


def _from_driver(base: str) -> list[_Listed]:
    folder = os.path.join(base, _DRIVER)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = []
    for name in names:
        about = {}
        for line in read_lines(os.path.join(folder, name, "information")):
            key, _, value = line.partition(":")
            about[key.strip()] = value.strip()
        found.append(_Listed(about.get("GPU UUID", ""), Gpu(about.get("Model") or name)))
    return found


def _visible(listed: list[_Listed], chosen: str) -> tuple[Gpu, ...]:
    """What the variable leaves: numbers or beginnings of UUIDs; the first that is none ends the list (CUDA C++
    Programming Guide, "CUDA Environment Variables")."""
    found: list[Gpu] = []
    for word in (word.strip() for word in chosen.split(",")):
        if word.startswith("MIG-"):
            found.append(Gpu("a part of a GPU (MIG)"))
        elif word.isascii() and word.isdigit() and len(word) < 6 and int(word) < len(listed):
            found.append(listed[int(word)].gpu)
        elif word.startswith("GPU-") and (same := [each.gpu for each in listed if each.uuid.startswith(word)]):
            found.append(same[0])
        else:
            break
    return tuple(found)
