"""A repository, an engine whose jobs are real containers, and a storage: everything that a run in the cloud meets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from autolab_core.cloud.engines.base import (
    Capabilities,
    Engine,
    EngineFinding,
    EngineHandle,
    EngineJob,
    EngineObservation,
    EngineRun,
    LogPage,
)
from autolab_core.cloud.looking import Looked, look
from autolab_core.cloud.models import CloudIntent
from autolab_core.cloud.pulling.pull import Pulled, pull
from autolab_core.cloud.running import Submission, submit
from autolab_core.cloud.storage.base import Storage
from autolab_core.models.job import CancelOutcome
from autolab_core.models.resources import Duration
from tests.unit.cloud import samples

__all__ = ["Impatient", "Place", "end"]

SECONDS = 100.0


@attrs.frozen
class Impatient:
    """*engine*, with a limit of *seconds* whatever a job asks for: where the engine's own end is to be seen."""

    engine: Engine
    seconds: int

    @property
    def name(self) -> str:
        return self.engine.name

    def capabilities(self) -> Capabilities:
        return self.engine.capabilities()

    def submit(self, job: EngineJob) -> EngineHandle:
        return self.engine.submit(attrs.evolve(job, limit=Duration(self.seconds)))

    def find(self, run_id: str) -> EngineHandle | None:
        return self.engine.find(run_id)

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        return self.engine.describe(handles)

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        return self.engine.logs(handle, cursor)

    def terminate(self, handle: EngineHandle, *, reason: str) -> CancelOutcome:
        return self.engine.terminate(handle, reason=reason)

    def forget(self, handle: EngineHandle) -> None:
        self.engine.forget(handle)

    def list(self) -> tuple[EngineRun, ...]:
        return self.engine.list()

    def check(self) -> tuple[EngineFinding, ...]:
        return self.engine.check()


@attrs.frozen
class Place:
    """Everything of one test."""

    root: Path
    engine: Engine
    storage: Storage
    run_ids: list[str] = attrs.field(factory=list)

    def submit(self, **request: Any) -> CloudIntent:
        """Send the sample's full phase."""
        how = Submission(sync_seconds=0.5)
        intent = submit(self.root, samples.request(**request), self.engine, self.storage, how)
        self.run_ids.append(intent.run_id)
        return intent

    def look(self) -> Looked:
        return look(self.root, None, lambda name: self.engine, lambda address: self.storage)

    def until(self, true: Callable[[Looked], bool]) -> Looked:
        """The first look of which *true* holds; fails when there is none in time."""
        until = time.monotonic() + SECONDS
        while not true(seen := self.look()):
            assert time.monotonic() < until, self.told(seen)
            time.sleep(0.2)
        return seen

    def over(self) -> Looked:
        """The run once nothing more will happen."""
        return self.until(lambda seen: seen.standing.over)

    def told(self, seen: Looked) -> str:
        handle = self.engine.find(seen.intent.run_id)
        return f"{seen.standing}\n" + "\n".join(() if handle is None else self.engine.logs(handle).lines)

    def pull(self, **options: Any) -> Pulled:
        return pull(self.root, None, lambda address: self.storage, **options)

    @property
    def results(self) -> Path:
        return self.root / samples.RESULTS


def end(place: Place) -> None:
    """End and forget the jobs of *place*."""
    for run_id in {run.handle.run_id for run in place.engine.list()} & set(place.run_ids):
        handle = place.engine.find(run_id)
        if handle is not None:
            place.engine.terminate(handle, reason="the test is over")
            place.engine.forget(handle)
