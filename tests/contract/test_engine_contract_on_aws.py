"""AWS Batch keeps the promises of an engine: against moto, whose jobs are real containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autolab_core.cloud.engines.batch.adapter import BatchEngine
from autolab_core.cloud.engines.batch.settings import BatchSettings
from autolab_core.models.resources import Duration
from autolab_core.testing.engine_contract import EngineBench, EngineContract


class TestBatch(EngineContract):
    """AWS Batch keeps no limit shorter than a minute, so that promise is a long test."""

    @pytest.fixture
    def bench(self, podman_image, aws_account) -> Iterator[EngineBench]:
        settings = BatchSettings(
            aws_account.queue,
            region=aws_account.region,
            image=podman_image,
            job_role=aws_account.job_role,
            bucket=aws_account.bucket,
        )
        bench = EngineBench(lambda: BatchEngine(settings), limit=Duration(60), seconds=100, tells=False)
        yield bench
        bench.clear()

    @pytest.mark.long
    def test_a_job_is_ended_at_its_limit_by_the_engine_alone(self, bench: EngineBench) -> None:
        super().test_a_job_is_ended_at_its_limit_by_the_engine_alone(bench)
