"""Our own engines keep the promises of an engine (`autolab_core/testing/engine_contract.py`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
from autolab_core.cloud.engines.slurm.settings import SlurmSettings
from autolab_core.exec.local import LocalRunner
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.testing import FaultySlurm
from autolab_core.testing.engine_contract import EngineBench, EngineContract


class TestPodman(EngineContract):
    @pytest.fixture
    def bench(self, podman_image, podman_secret) -> Iterator[EngineBench]:
        bench = EngineBench(
            lambda: PodmanEngine(LocalRunner(), image=podman_image, network="host", grace=1),
            podman_image,
            secret=podman_secret,
        )
        yield bench
        bench.clear()


class TestSlurm(EngineContract):
    """The fake cluster runs the scripts as processes of this machine. Slurm counts limits in minutes, too."""

    @pytest.fixture
    def bench(self, tmp_path) -> Iterator[EngineBench]:
        root = tmp_path / "repository"
        (root / ".autolab").mkdir(parents=True)
        slurm = FaultySlurm(tmp_path / "slurm", execute=True)
        settings = SlurmSettings(memory=Memory(100 * 2**20))

        def make() -> SlurmEngine:
            scheduler = SlurmScheduler(root, slurm.runner, interval=0, environ=slurm.environment)
            return SlurmEngine(root, slurm.runner, scheduler, settings)

        bench = EngineBench(make, limit=Duration(60), seconds=100)
        yield bench
        bench.clear()

    @pytest.mark.long
    def test_a_job_is_ended_at_its_limit_by_the_engine_alone(self, bench: EngineBench) -> None:
        super().test_a_job_is_ended_at_its_limit_by_the_engine_alone(bench)
