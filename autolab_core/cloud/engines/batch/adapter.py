"""AWS Batch: containers with a time limit that the service keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from autolab_core.cloud.engines.base import (
    NAME_PREFIX,
    S3,
    Capabilities,
    EngineFinding,
    EngineHandle,
    EngineJob,
    EngineObservation,
    EngineRun,
    LogPage,
    job_name,
)
from autolab_core.cloud.engines.batch import checking, request, states, waiting
from autolab_core.cloud.engines.batch.clients import Clients, asking, submitting
from autolab_core.cloud.engines.batch.settings import BatchSettings
from autolab_core.models.job import CancelOutcome
from autolab_core.models.resources import Duration
from autolab_core.vocab.engines import OPEN_ENGINE_STATES, EngineState
from autolab_core.vocab.errors import EngineUnknown, EngineUnreachable

__all__ = ["AWS_BATCH", "BatchEngine"]

AWS_BATCH: Final = "aws-batch"
# The API's most for DescribeJobs.
_CHUNK: Final = 100
# An accepted job may take a moment to be listed.
_SETTLE_SECONDS: Final = 3.0
_NO_LOG: Final = frozenset({"ResourceNotFoundException"})
_PAGES: Final = 1000
_GONE: Final = "AWS Batch has no such job: it forgets jobs about a week after their end"


@attrs.frozen(eq=False)
class BatchEngine:
    """Jobs of one queue. Names are not unique there, so a job is looked for before it is submitted, once."""

    settings: BatchSettings
    name: str = AWS_BATCH
    settle: float = _SETTLE_SECONDS
    now: Callable[[], float] = time.time
    clients: Clients = attrs.field(init=False)
    _unclear: set[str] = attrs.field(factory=set, init=False)

    @clients.default
    def _make_clients(self) -> Clients:
        return Clients(self.settings.region)

    def capabilities(self) -> Capabilities:
        """See ``Engine.capabilities``."""
        return Capabilities(
            own_limit=True,
            storage=frozenset({S3}),
            shortest_limit=Duration(request.SHORTEST_LIMIT),
            image_needed=self.settings.job_definition is None and self.settings.image is None,
            default_image=self.settings.image,
            secrets=bool(self.settings.secrets),
            # Fargate's machines have no such service: there the notice is a SIGTERM.
            spot_notice=self.settings.platform != "FARGATE",
            notes=("the time limit counts for each attempt; a machine that was taken away is worth another one",),
        )

    def submit(self, job: EngineJob) -> EngineHandle:
        """See ``Engine.submit``: SubmitJob, sent a single time."""
        words = request.submission(job, self.settings, "")
        try:
            found = self._named(job.run_id)
        except EngineUnreachable as error:
            raise EngineUnknown(f"the job was not submitted: {error}") from error
        if found is not None:
            raise EngineUnknown(f"{job.run_id} was submitted before: it is job {found['jobId']}")
        words["jobDefinition"] = self._definition(job)
        self._unclear.add(job.run_id)
        with submitting(job.run_id):
            answer = self.clients.get("batch", once=True).submit_job(**words)
        self._unclear.discard(job.run_id)
        return self._handle(job.run_id, answer["jobId"])

    def find(self, run_id: str) -> EngineHandle | None:
        """See ``Engine.find``: by name; a submission whose reply was lost is given a moment to be listed."""
        found = self._named(run_id)
        if found is None and run_id in self._unclear:
            time.sleep(self.settle)
            found = self._named(run_id)
        self._unclear.discard(run_id)
        return None if found is None else self._handle(run_id, found["jobId"])

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        """See ``Engine.describe``. Of a queue where something waits, it is asked once why."""
        jobs = {job["jobId"]: job for job in self._describe(handle.engine_id for handle in handles)}
        look = checking.Look(self.clients, self.settings)
        lost = EngineObservation(EngineState.LOST, reason=_GONE)
        return {
            handle: self._observed(handle, jobs[handle.engine_id], look) if handle.engine_id in jobs else lost
            for handle in handles
        }

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        """See ``Engine.logs``: CloudWatch, which is some seconds behind."""
        stream = next((states.log_stream(job) for job in self._describe([handle.engine_id])), None)
        lines: list[str] = []
        if stream is None:
            return LogPage((), cursor)
        place = {"logGroupName": self.settings.log_group, "logStreamName": stream, "startFromHead": True}
        for _ in range(_PAGES):
            page = self._page(place | ({"nextToken": cursor} if cursor else {}))
            if page is None:
                break
            lines += (str(event["message"]) for event in page.get("events", ()))
            before, cursor = cursor, page.get("nextForwardToken", "")
            if cursor == before:
                break
        return LogPage(tuple(lines), cursor)

    def terminate(self, handle: EngineHandle, *, reason: str) -> CancelOutcome:
        """See ``Engine.terminate``. AWS Batch gives a job 30 seconds, and is not waited for."""
        job = next(iter(self._describe([handle.engine_id])), None)
        if job is None:
            return CancelOutcome.NOT_FOUND
        if states.state_of(job) not in OPEN_ENGINE_STATES:
            return CancelOutcome.ALREADY_ENDED
        with asking("AWS Batch cannot be told to end a job"):
            self.clients.get("batch").terminate_job(jobId=handle.engine_id, reason=reason[:1024] or "terminated")
        return CancelOutcome.STILL_RUNNING

    def forget(self, handle: EngineHandle) -> None:
        """See ``Engine.forget``: AWS Batch takes ended jobs away by itself."""

    def list(self) -> tuple[EngineRun, ...]:
        """See ``Engine.list``."""
        ids = [job["jobId"] for job in self._summaries(f"{NAME_PREFIX}*")]
        return tuple(
            EngineRun(
                self._handle(job["tags"][request.RUN_TAG], job["jobId"]),
                states.state_of(job),
                states.moment(job.get("createdAt")),
                states.limit_of(job),
            )
            for job in self._describe(ids)
            if request.RUN_TAG in (job.get("tags") or {})
        )

    def check(self) -> tuple[EngineFinding, ...]:
        """See ``Engine.check``."""
        return checking.check(self.clients, self.settings)

    def _handle(self, run_id: str, job_id: str) -> EngineHandle:
        return EngineHandle(run_id, self.name, job_id, self.settings.region or "")

    def _definition(self, job: EngineJob) -> str:
        """The job definition's name or ARN; it is registered when it is not there yet."""
        if self.settings.job_definition is not None:
            request.check_named(job, self.settings.job_definition)
            return self.settings.job_definition
        words = request.definition(job, self.settings)
        batch = self.clients.get("batch")
        with submitting(job.run_id):
            known = batch.describe_job_definitions(jobDefinitionName=words["jobDefinitionName"], status="ACTIVE")
            if known.get("jobDefinitions"):
                return str(known["jobDefinitions"][0]["jobDefinitionArn"])
            return str(batch.register_job_definition(**words)["jobDefinitionArn"])

    def _observed(self, handle: EngineHandle, job: Mapping[str, Any], look: checking.Look) -> EngineObservation:
        stuck = code = None
        if job.get("status") == states.RUNNABLE:
            waited = self.now() - job.get("createdAt", 0) / 1000
            stuck = waiting.why(job, look.faults(), look.environments(), waited)
        elif states.state_of(job) is EngineState.ENDED and states.exit_code(job) is None:
            # ListJobs may have it all the same.
            short = [each for each in self._summaries(job_name(handle.run_id)) if each["jobId"] == handle.engine_id]
            code = states.exit_code(short[0]) if short else None
        return states.observation(job, code, stuck)

    def _named(self, run_id: str) -> Mapping[str, Any] | None:
        """The oldest job of the name, open or ended."""
        found = [job for job in self._summaries(job_name(run_id)) if job.get("jobName") == job_name(run_id)]
        return min(found, key=lambda job: (job.get("createdAt", 0), job["jobId"]), default=None)

    def _summaries(self, name: str) -> Iterator[Mapping[str, Any]]:
        with asking(f"AWS Batch cannot list the jobs of {self.settings.queue} (`cloud-run check` looks at it)"):
            pages = self.clients.get("batch").get_paginator("list_jobs")
            filters = [{"name": "JOB_NAME", "values": [name]}]
            for page in pages.paginate(jobQueue=self.settings.queue, filters=filters):
                yield from page.get("jobSummaryList", ())

    def _describe(self, ids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        wanted = [*ids]
        for start in range(0, len(wanted), _CHUNK):
            with asking("AWS Batch cannot describe its jobs"):
                answer = self.clients.get("batch").describe_jobs(jobs=wanted[start : start + _CHUNK])
            yield from answer.get("jobs", ())

    def _page(self, words: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A page of the log; None where there is no such log yet, or no more."""
        from botocore.exceptions import ClientError

        client = self.clients.get("logs")
        with asking("CloudWatch cannot show the log"):
            try:
                page: Mapping[str, Any] = client.get_log_events(**words)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _NO_LOG:
                    return None
                raise
        return page
