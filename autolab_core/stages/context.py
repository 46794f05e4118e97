"""What every stage is handed: the repository, and whom to ask. Nothing here is global, so tests hand in their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import attrs

from autolab_core.exec.command import Runner
from autolab_core.io.repository import Repository
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.report import Report
from autolab_core.schedulers.base import Scheduler
from autolab_core.stages.watching.steady import Steady
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import HostMode, Stage

if TYPE_CHECKING:
    from autolab_core.stages.remote.machines import Remote, Remotes
    from autolab_core.transfer.base import Progress as FileProgress

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
    is what the looks of this process remember. ``remotes`` are the machines behind ssh, by the names of their profiles;
    ``files`` hears of what is copied from there or to there.
    """

    repository: Repository
    runner: Runner
    schedulers: Mapping[HostMode, Scheduler]
    verify: Verify
    now: Callable[[], datetime]
    progress: Callable[[JobObservation, float], None] = _no_progress
    steady: Steady = attrs.field(factory=Steady)
    remotes: Remotes | None = None
    files: FileProgress | None = None

    def scheduler_of(self, manifest: RunManifest) -> Scheduler:
        """Who knows of the run's job. Raises UsageError where the profile that it was sent by is not there."""
        if manifest.remote is not None:
            return self.remote(manifest.remote.profile).scheduler
        return self.schedulers[manifest.watched_by or HostMode.LOCAL]

    @property
    def least_seconds(self) -> float:
        """What has to pass between two looks, as the machines behind ssh that were asked here want it."""
        return self.remotes.least_seconds if self.remotes is not None else 0.0

    def remote(self, profile: str) -> Remote:
        """The machine behind ssh that *profile* names. Raises UsageError where there is none, DocumentError."""
        if self.remotes is None:
            raise UsageError(f"there is no remote profile {profile!r}")
        return self.remotes[profile]
