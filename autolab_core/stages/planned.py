"""What a launch wants, whatever starts it, and what each host mode makes of that."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.models.design import Design
from autolab_core.models.job import JobSpec
from autolab_core.models.resources import Duration

__all__ = ["Intent", "Planned"]


@attrs.frozen
class Intent:
    """``root`` is the repository, absolute; ``activation`` is the block's text; ``command`` is the entry point's."""

    root: str
    paths: IterationPaths
    run: RunPaths
    run_id: str
    design: Design
    command: tuple[str, ...]
    activation: str
    token: str
    grace: Duration


@attrs.frozen
class Planned:
    """``files`` maps paths to bytes; ``job.script``, the one that is started, is among them.

    ``sync_method`` is how the run's files come home.
    """

    files: Mapping[str, bytes]
    job: JobSpec
    sync_method: str
