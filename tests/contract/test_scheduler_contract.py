"""Our own adapters keep the promises of a scheduler (`autolab_core/testing/scheduler_contract.py`)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io.lock import openers
from autolab_core.models.job import JobHandle
from autolab_core.schedulers.local.adapter import LocalScheduler
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.testing.scheduler_contract import SECONDS, Bench, SchedulerContract, batch_scripts, local_scripts


class TestLocal(SchedulerContract):
    @pytest.fixture
    def bench(self, tmp_path) -> Iterator[Bench]:
        (tmp_path / ".autolab").mkdir()
        yield Bench(lambda: LocalScheduler(tmp_path), tmp_path, local_scripts(tmp_path))
        (tmp_path / "go").touch()
        end = time.monotonic() + SECONDS
        locks = list(tmp_path.rglob("run.lock"))
        while any(openers(lock) for lock in locks):
            assert time.monotonic() < end, "processes are left"
            time.sleep(0.02)


class TestSlurm(SchedulerContract):
    @pytest.fixture
    def bench(self, slurm, tmp_path) -> Iterator[Bench]:
        def hurry(handle: JobHandle) -> None:
            """A limit is whole minutes; its owner may shorten it, and slurmctld looks at it every 30 s."""
            slurm.must("scontrol", "update", f"jobid={handle.job_id}", "EndTime=now+1")

        (tmp_path / ".autolab").mkdir()
        environ = {**slurm.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        yield Bench(
            lambda: SlurmScheduler(tmp_path, LocalRunner(), interval=0, environ=environ),
            tmp_path,
            batch_scripts(tmp_path),
            2 * SECONDS,
            hurry,
        )
        (tmp_path / "go").touch()
        slurm.mend()
