"""What every stage is handed: the repository, and whom to ask. Nothing here is global, so tests hand in their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import attrs

from autolab_core.exec.command import Runner
from autolab_core.io.repository import Repository
from autolab_core.models.job import JobObservation
from autolab_core.models.report import Report
from autolab_core.schedulers.base import Scheduler
from autolab_core.stages.steady import Steady
from autolab_core.vocab.states import HostMode, Stage

__all__ = ["StageContext", "Verify"]


class Verify(Protocol):
    """The check that a stage must have. Core never imports the verifiers: whoever calls a stage hands theirs in."""

    def __call__(
        self,
        root: str,
        *,
        stage: Stage,
        iteration_id: str,
        run_id: str | None,
        overlay: Mapping[str, bytes] | None = None,
    ) -> Report:
        """Judge the repository *root* with *overlay* laid over its files, write the result, and return it."""


def _no_progress(observation: JobObservation, elapsed: float) -> None:
    return None


@attrs.frozen
class StageContext:
    """``schedulers`` has one for each host mode, and a run is asked about from that of its own ``host_mode``.

    ``now`` gives an aware time; ``progress`` hears of each look at a running job, with the seconds waited. ``steady``
    is what the looks of this process remember.
    """

    repository: Repository
    runner: Runner
    schedulers: Mapping[HostMode, Scheduler]
    verify: Verify
    now: Callable[[], datetime]
    progress: Callable[[JobObservation, float], None] = _no_progress
    steady: Steady = attrs.field(factory=Steady)
