"""What a run needs of an AWS account, looked at one by one, before anything is sent there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from autolab_core.cloud.engines.base import EngineFinding
from autolab_core.cloud.engines.batch import waiting
from autolab_core.cloud.engines.batch.clients import Clients, asking
from autolab_core.cloud.engines.batch.settings import BatchSettings
from autolab_core.vocab.errors import EngineUnreachable
from autolab_core.vocab.states import Severity

__all__ = ["Look", "check"]

_REGISTER: Final = "register it, or write settings.image, and one is registered for you"
_DENIED: Final = "do not allow it"
_LIMIT_ADVICE: Final = (
    "aws batch update-job-queue --job-queue {queue} --job-state-time-limit-actions state=RUNNABLE,maxTimeSeconds=3600,"
    'action=CANCEL,reason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"'
)


class Look:
    """The queue and its compute environments as they are now, asked for at most once."""

    def __init__(self, clients: Clients, settings: BatchSettings) -> None:
        self._clients = clients
        self._settings = settings

    @cached_property
    def queue(self) -> Mapping[str, Any] | None:
        """The queue of the settings; None when there is none of that name."""
        with asking("AWS Batch cannot describe the job queue"):
            answer = self._clients.get("batch").describe_job_queues(jobQueues=[self._settings.queue])
        found: Sequence[Mapping[str, Any]] = answer.get("jobQueues", ())
        return found[0] if found else None

    @cached_property
    def _environments(self) -> Sequence[Mapping[str, Any]]:
        named = [each["computeEnvironment"] for each in (self.queue or {}).get("computeEnvironmentOrder", ())]
        if not named:
            return ()
        with asking("AWS Batch cannot describe the compute environments"):
            answer = self._clients.get("batch").describe_compute_environments(computeEnvironments=named)
        found: Sequence[Mapping[str, Any]] = answer.get("computeEnvironments", ())
        return found

    def environments(self) -> Sequence[Mapping[str, Any]]:
        """The compute environments of the queue, in its order."""
        return self._environments

    def faults(self) -> tuple[str, ...]:
        """See ``waiting.faults``."""
        return waiting.faults(self.queue, self._environments, self._settings.queue)


def check(clients: Clients, settings: BatchSettings) -> tuple[EngineFinding, ...]:
    """Credentials first: without them nothing else can be asked."""
    try:
        with asking("AWS does not say who we are"):
            who = clients.get("sts").get_caller_identity()
    except EngineUnreachable as error:
        return (EngineFinding(Severity.ERROR, "credentials", str(error)),)
    found = [EngineFinding(Severity.NOTE, "credentials", f"signed in as {who.get('Arn')}")]
    parts: tuple[tuple[str, Callable[[Clients, BatchSettings], list[EngineFinding]]], ...] = (
        ("job queue", _queue),
        ("job definition", _definition),
        ("roles", _roles),
        ("bucket", _bucket),
    )
    for subject, look in parts:
        try:
            found += look(clients, settings)
        except EngineUnreachable as error:
            found.append(_failed(subject, error))
    return tuple(found)


def _failed(subject: str, error: EngineUnreachable) -> EngineFinding:
    """Not being allowed to look is no fault yet: the run itself may be allowed what it needs."""
    denied = _DENIED in str(error) and subject == "roles"
    return EngineFinding(Severity.WARNING if denied else Severity.ERROR, subject, str(error))


def _queue(clients: Clients, settings: BatchSettings) -> list[EngineFinding]:
    look = Look(clients, settings)
    problems = look.faults()
    if problems:
        return [EngineFinding(Severity.ERROR, "job queue", each) for each in problems]
    found = [EngineFinding(Severity.NOTE, "job queue", f"{settings.queue} takes jobs")]
    if look.queue is not None and not waiting.limits_waiting(look.queue):
        message = f"{settings.queue} lets a job wait in RUNNABLE for ever"
        hint = _LIMIT_ADVICE.format(queue=settings.queue)
        found.append(EngineFinding(Severity.WARNING, "job queue", message, hint))
    return found


def _definition(clients: Clients, settings: BatchSettings) -> list[EngineFinding]:
    named = settings.job_definition
    if named is None:
        if settings.image is None:
            message = "neither settings.job_definition nor settings.image is written"
            return [EngineFinding(Severity.WARNING, "job definition", message, "say --image with every run")]
        return [
            EngineFinding(Severity.NOTE, "job definition", f"one is registered for {settings.image} when it is needed")
        ]
    by_name = {"jobDefinitions": [named]} if ":" in named else {"jobDefinitionName": named}
    with asking("AWS Batch cannot describe the job definition"):
        answer = clients.get("batch").describe_job_definitions(status="ACTIVE", **by_name)
    if answer.get("jobDefinitions"):
        return [EngineFinding(Severity.NOTE, "job definition", f"{named} is active")]
    message = f"there is no active job definition {named!r}"
    return [EngineFinding(Severity.ERROR, "job definition", message, _REGISTER)]


def _roles(clients: Clients, settings: BatchSettings) -> list[EngineFinding]:
    from botocore.exceptions import ClientError

    found = []
    roles = {"job_role": settings.job_role, "execution_role": settings.execution_role}
    for key, role in roles.items():
        if role is None:
            continue
        with asking(f"IAM cannot show settings.{key}"):
            try:
                clients.get("iam").get_role(RoleName=role.rpartition("/")[2])
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "NoSuchEntity":
                    raise
                message = f"settings.{key}: there is no role {role}"
                found.append(
                    EngineFinding(Severity.ERROR, "roles", message, "make it, or write another one's ARN there")
                )
            else:
                found.append(EngineFinding(Severity.NOTE, "roles", f"settings.{key}: {role} is there"))
    return found


def _bucket(clients: Clients, settings: BatchSettings) -> list[EngineFinding]:
    """Only that there is one is asked here: what may be written there, the storage itself tries."""
    if settings.bucket is None:
        return [EngineFinding(Severity.ERROR, "bucket", "no bucket is named", "write settings.bucket")]
    if settings.endpoint is not None:
        return [EngineFinding(Severity.NOTE, "bucket", f"{settings.bucket} is at {settings.endpoint}, not at AWS")]
    with asking(f"the bucket {settings.bucket} cannot be reached"):
        clients.get("s3").head_bucket(Bucket=settings.bucket)
    return [EngineFinding(Severity.NOTE, "bucket", f"{settings.bucket} is there")]
