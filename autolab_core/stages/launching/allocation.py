"""A run that fits into the allocation that its launch happens in is started there, not queued behind others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.models.design import Design
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.replicates import needs_array
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.asking import Asker, complaint_of
from autolab_core.schedulers.slurm.errors import Complaint
from autolab_core.schedulers.slurm.inside import misfits, step
from autolab_core.schedulers.slurm.parse.allocation import parse_allocation
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.schedulers.slurm.request import request_of
from autolab_core.stages.context import StageContext
from autolab_core.vocab.errors import ParseError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import HostMode

__all__ = ["Inside", "find_allocation", "without_its_allocation"]

_JOB: Final = "SLURM_JOB_ID"
_NODE: Final = "SLURMD_NODENAME"
_CLUSTER: Final = "SLURM_CLUSTER_NAME"


@attrs.frozen
class Inside:
    """The allocation that a launch happens in, by its ``id``. ``refusal`` is why the run is not started there, or "".

    ``here``: this machine is one of its nodes, so that a process of ours is inside of it.
    """

    id: str
    refusal: str = ""
    here: bool = False
    cluster: str | None = None

    def words(self, design: Design, token: str) -> tuple[str, ...]:
        """What is put before the command that starts the run's script."""
        return () if self.here else step(self.id, request_of(design.compute), token)


def find_allocation(context: StageContext, design: Design, environ: Mapping[str, str] = os.environ) -> Inside | None:
    """The interactive allocation that this launch happens in, and whether the run of *design* fits into it.

    None outside of one, and inside of a batch job: what that launches gets a job of its own. What cannot be found out
    is a refusal too: the run is then submitted as if there were no allocation. Raises as ``request_of``.
    """
    identifier = environ.get(_JOB, "")
    if not identifier:
        return None
    request = request_of(design.compute)
    inside = Inside(identifier, here=bool(environ.get(_NODE)), cluster=environ.get(_CLUSTER) or None)
    if not identifier.isascii() or not identifier.isdigit():
        return attrs.evolve(inside, refusal=f"{_JOB} is no number")
    answer = _asker(context, environ).ask(argv.scontrol_details(identifier))
    complaint = complaint_of(answer)
    if complaint is Complaint.INVALID_ID:
        return attrs.evolve(inside, refusal="the cluster knows no such job any more")
    if complaint is not Complaint.NONE:
        return attrs.evolve(inside, refusal=f"it cannot be asked about: {answer.stderr.strip()[-200:] or complaint}")
    try:
        allocation = parse_allocation(answer.stdout.encode())
    except ParseError as error:
        return attrs.evolve(inside, refusal=str(error))
    if not allocation.interactive:
        return None
    why = misfits(allocation, request, context.now())
    if needs_array(design.entrypoint.cli, design.entrypoint.args):
        why = ("its replicates are an array of jobs", *why)
    return attrs.evolve(inside, refusal="; ".join(why))


def without_its_allocation(
    context: StageContext, manifest: RunManifest, handle: JobHandle, seen: JobObservation
) -> JobObservation:
    """*seen*, unless the run was started on a machine that is not this one and its allocation has ended since.

    With an allocation end all processes that were started in it: then its files alone tell how it ended.
    """
    if seen.state is not JobState.UNKNOWN or manifest.allocation is None or handle.host in {None, os.uname().nodename}:
        return seen
    answer = _asker(context, os.environ).ask(argv.squeue([manifest.allocation]))
    complaint = complaint_of(answer)
    try:
        rows = parse_squeue(answer.stdout.encode()) if complaint is Complaint.NONE else ()
    except ParseError:
        return seen
    over = complaint is Complaint.INVALID_ID or (
        complaint is Complaint.NONE and all(row.state.means in ENDED_JOB_STATES for row in rows)
    )
    if not over:
        return seen
    anywhere = attrs.evolve(handle, host=None)
    ended = context.schedulers[HostMode.LOCAL].observe([anywhere])[anywhere]
    return attrs.evolve(ended, reason=f"{ended.reason}; allocation {manifest.allocation} has ended".removeprefix("; "))


def _asker(context: StageContext, environ: Mapping[str, str]) -> Asker:
    return Asker(context.runner, environ, context.now)
