"""What a launch wants, whatever starts it, and what each host mode makes of that."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.job import JobSpec
from autolab_core.models.replicates import VARIABLES
from autolab_core.models.resources import Duration
from autolab_core.stages.launching.allocation import Inside
from autolab_core.stages.launching.array_plan import Array

__all__ = ["Intent", "Planned"]


@attrs.frozen
class Intent:
    """``root`` is the repository, absolute; ``activation`` is the block's text; ``command`` is the entry point's.

    ``requeue``: a scheduler that takes the run's node away may start it again. ``inside`` is the allocation that the
    run is started in, instead of being submitted. ``guard`` are the words that go before the command. ``scratch`` is
    a folder of the node's own, ``options`` are words that the site wants a job to be submitted with.
    """

    root: str
    paths: IterationPaths
    run: RunPaths
    run_id: str
    design: Design
    command: tuple[str, ...]
    activation: str
    token: str
    grace: Duration
    requeue: bool = False
    inside: Inside | None = None
    array: Array | None = None
    guard: tuple[str, ...] = ()
    scratch: str | None = None
    options: tuple[str, ...] = ()

    @property
    def variables(self) -> Mapping[str, str]:
        """Placeholder of the command to the variable that stands for it in the scripts; none but in an array."""
        return VARIABLES if self.array is not None else {}


@attrs.frozen
class Planned:
    """``files`` maps paths to bytes; ``job.script``, the one that is started, is among them.

    ``sync_method`` is how the run's files come home.
    """

    files: Mapping[str, bytes]
    job: JobSpec
    sync_method: str
