"""``scontrol --details show job`` of one job: what it was given, on which nodes, until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import attrs

from autolab_core.schedulers.slurm.job_ids import parse_id
from autolab_core.schedulers.slurm.parse import fields
from autolab_core.schedulers.slurm.parse.scontrol import pairs
from autolab_core.schedulers.slurm.states import read_state
from autolab_core.vocab.errors import ParseError
from autolab_core.vocab.jobs import JobState

__all__ = ["Allocation", "Share", "parse_allocation"]

_SHARE: Final = re.compile(r"Nodes=(\S+) CPU_IDs=(\S*) Mem=([0-9]{1,12}) GRES(?:_IDX)?=(.*)")
_SPAN: Final = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_GPU: Final = re.compile(r"gpu(?::([^:(,]+))?:([0-9]{1,6})(?:\([^)]*\))?")
_MIB: Final = 2**20


@attrs.frozen
class Share:
    """What each of ``nodes`` (one, or several that got the same) gives. ``memory`` in bytes; None is not bounded.

    ``gpus`` maps a type to how many; where Slurm names no type it is empty text.
    """

    nodes: str
    cpus: int
    memory: int | None = None
    gpus: Mapping[str, int] = MappingProxyType({})


@attrs.frozen
class Allocation:
    """A job as what it holds. ``interactive``: it has no batch script. ``ends`` None is without a limit."""

    id: str
    running: bool
    interactive: bool
    ends: datetime | None = None
    partition: str = ""
    qos: str = ""
    account: str = ""
    shares: tuple[Share, ...] = ()


def parse_allocation(stdout: bytes) -> Allocation:
    """The only job of an answer. Raises ParseError for anything else, and where it is not said what it holds."""
    given: dict[str, str] = {}
    shares = []
    for line in fields.as_text(stdout).split("\n"):
        share = _SHARE.fullmatch(line.strip())
        if share is not None:
            shares.append(_share(*share.groups()))
            continue
        found = dict(pairs(line.strip()))
        if "JobId" in found and "JobId" in given:
            raise ParseError("scontrol: several jobs, where one was asked for")
        given = {**found, **given}
    if "JobId" not in given or "JobState" not in given:
        raise ParseError("scontrol: the answer is no job")
    running = read_state(given["JobState"]).means is JobState.RUNNING
    if running and not shares:
        raise ParseError(f"scontrol: it is not said what job {given['JobId']} holds")
    limit = fields.duration("scontrol: TimeLimit", given.get("TimeLimit", ""))
    unlimited = limit is not None and limit.seconds is None
    ends = None if unlimited else fields.time("scontrol: EndTime", given.get("EndTime", ""))
    if running and ends is None and not unlimited:
        raise ParseError(f"scontrol: it is not said when job {given['JobId']} ends")
    return Allocation(
        str(parse_id(given["JobId"])),
        running,
        given.get("BatchFlag") == "0",
        ends,
        given.get("Partition", ""),
        fields.present(given.get("QOS", "")),
        fields.present(given.get("Account", "")),
        tuple(shares),
    )


def _share(nodes: str, cpus: str, mebibytes: str, gres: str) -> Share:
    gpus: dict[str, int] = {}
    for kind, count in _GPU.findall(gres):
        gpus[kind] = gpus.get(kind, 0) + int(count)
    # Where a cluster does not share out memory, it says 0.
    return Share(nodes, _count(cpus), int(mebibytes) * _MIB or None, gpus)


def _count(text: str) -> int:
    """How many ids ``0-3,8`` names."""
    count = 0
    for piece in text.split(","):
        match = _SPAN.fullmatch(piece)
        if match is None:
            raise ParseError(f"scontrol: CPU_IDs {text[:80]!r} is no list of numbers")
        first = int(match.group(1))
        count += int(match.group(2) or first) - first + 1
    return count
