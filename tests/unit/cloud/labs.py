"""Everything that a test of a run in the cloud has: a repository, an engine and a storage of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from autolab_core.cloud.engines.base import EngineHandle, EngineJob
from autolab_core.cloud.looking import Looked, look
from autolab_core.cloud.models import CloudIntent
from autolab_core.cloud.pulling.pull import Pulled, pull
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.running import Submission, submit
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.vocab.errors import EngineUnreachable
from tests.unit.cloud import samples


@attrs.frozen
class Lab:
    """Everything of one test. ``said`` has what a person was told."""

    root: Path
    engine: samples.ProcessEngine
    storage: FolderStorage
    said: list[str] = attrs.field(factory=list)

    def submit(self, how: Submission | None = None, **request: Any) -> CloudIntent:
        how = how or Submission(sync_seconds=0.2)
        return submit(self.root, samples.request(**request), self.engine, self.storage, how, say=self.said.append)

    def run(self, how: Submission | None = None, **request: Any) -> tuple[CloudIntent, int]:
        """Submit, and wait for the job's end."""
        intent = self.submit(how, **request)
        return intent, self.engine.wait(intent.run_id)

    def look(self, run_id: str | None = None) -> Looked:
        return look(self.root, run_id, lambda name: self.engine, lambda address: self.storage)

    def pull(self, run_id: str | None = None, **options: Any) -> Pulled:
        return pull(self.root, run_id, lambda address: self.storage, say=self.said.append, **options)

    @property
    def results(self) -> Path:
        return self.root / samples.RESULTS


def lab_at(place: Path, script: str = samples.RUN, *, proven: bool = True, new: bool = True, **engine: Any) -> Lab:
    """A lab below *place*; *new* makes its repository, *proven* carries out the phases before the full one."""
    root = place / "repo"
    if new:
        samples.repository(root, script)
    if new and proven:
        samples.proven(root)
    return Lab(root, samples.ProcessEngine(place / "engine", **engine), samples.storage(place / "store"))


class _Away(samples.ProcessEngine):
    def submit(self, job: EngineJob) -> EngineHandle:
        raise EngineUnreachable("the engine is away")


def staged_only(lab: Lab, **request: Any) -> CloudIntent:
    """A run of *lab* whose staging is whole and that has no job."""
    with pytest.raises(EngineUnreachable):
        attrs.evolve(lab, engine=_Away(lab.engine.folder)).submit(**request)
    return CloudRecords(lab.root).chosen(None)


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until *true* holds; fails where it does not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
