"""What is asked of AWS Batch for a job. Pure.

Sources: the API's reference of SubmitJob and RegisterJobDefinition, and *Job timeouts* and *Automated job retries* in
the AWS Batch user guide.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from autolab_core.cloud.engines.base import EngineJob, job_name
from autolab_core.cloud.engines.batch.settings import LOG_GROUP, BatchSettings
from autolab_core.vocab.errors import EngineRejected

__all__ = ["LIMIT_TAG", "RUN_TAG", "SHORTEST_LIMIT", "check_named", "definition", "submission"]

RUN_TAG: Final = "autolab-run"
LIMIT_TAG: Final = "autolab-limit"
#: Seconds; AWS Batch takes no shorter one.
SHORTEST_LIMIT: Final = 60

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_MIB: Final = 2**20
_ATTEMPTS: Final = 3
# Only a machine that was taken away is worth another attempt; what the job itself did would happen again.
_RETRY: Final[Mapping[str, Any]] = {
    "attempts": _ATTEMPTS,
    "evaluateOnExit": [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ],
}


def definition(job: EngineJob, settings: BatchSettings) -> dict[str, Any]:
    """The job definition for *job*, where the settings name none: its name is made of its content.

    So the same definition is registered once. Raises EngineRejected when something is missing.
    """
    image = job.image or settings.image
    if image is None:
        raise EngineRejected(
            "AWS Batch needs an image: say --image, or write settings.image or settings.job_definition"
        )
    found = [{"name": name, "valueFrom": _secret(name, settings)} for name in job.secrets]
    if settings.platform == "FARGATE" and settings.execution_role is None:
        raise EngineRejected("a job on Fargate needs settings.execution_role")
    if job.secrets and settings.execution_role is None:
        raise EngineRejected("a job with secrets needs settings.execution_role, which may read them")
    container: dict[str, Any] = {
        "image": image,
        "command": ["true"],  # every job has its own
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
    }
    if settings.job_role is not None:
        container["jobRoleArn"] = settings.job_role
    if settings.execution_role is not None:
        container["executionRoleArn"] = settings.execution_role
    if job.secrets:
        container["secrets"] = found
    if settings.log_group != LOG_GROUP:
        container["logConfiguration"] = {"logDriver": "awslogs", "options": {"awslogs-group": settings.log_group}}
    if settings.platform == "FARGATE":
        container["networkConfiguration"] = {"assignPublicIp": "ENABLED"}
    content = {"type": "container", "containerProperties": container, "platformCapabilities": [settings.platform]}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"jobDefinitionName": f"autolab-{digest[:16]}", **content}


def submission(job: EngineJob, settings: BatchSettings, named: str) -> dict[str, Any]:
    """The words of SubmitJob for *job*, with the job definition *named*. Raises EngineRejected.

    The time limit counts for each attempt. Memory is whole MiB, rounded up.
    """
    _check(job)
    needs = [("VCPU", job.cpus), ("MEMORY", -(-job.memory.bytes // _MIB) if job.memory else None), ("GPU", job.gpus)]
    limit = max(job.limit.seconds or 0, SHORTEST_LIMIT)
    return {
        "jobName": job_name(job.run_id),
        "jobQueue": settings.queue,
        "jobDefinition": named,
        "containerOverrides": {
            "command": list(job.argv),
            "environment": [{"name": name, "value": value} for name, value in sorted(job.env.items())],
            "resourceRequirements": [{"type": kind, "value": str(amount)} for kind, amount in needs if amount],
        },
        "timeout": {"attemptDurationSeconds": limit},
        "retryStrategy": dict(_RETRY),
        "tags": {**dict(sorted(job.labels.items())), RUN_TAG: job.run_id, LIMIT_TAG: str(limit)},
        "propagateTags": True,
    }


def check_named(job: EngineJob, named: str) -> None:
    """Raise EngineRejected for what cannot be said beside the job definition *named*: it has that itself."""
    if job.image is not None:
        raise EngineRejected(f"the image is that of settings.job_definition ({named}): take --image or that away")
    if job.secrets:
        names = ", ".join(job.secrets)
        raise EngineRejected(
            f"the secrets {names} have to stand in settings.job_definition ({named}): AWS Batch adds none"
        )


def _check(job: EngineJob) -> None:
    if not job.limit.seconds:
        raise EngineRejected("a job in the cloud needs a time limit: say --max-hours")
    if not _NAME.fullmatch(job.run_id):
        raise EngineRejected(
            f"the run id {job.run_id!r} cannot be a job's name: AWS Batch takes letters, digits, - and _",
        )
    if job.mounts:
        raise EngineRejected("AWS Batch cannot mount a folder of this machine: the storage has to be a bucket")


def _secret(name: str, settings: BatchSettings) -> str:
    if name not in settings.secrets:
        raise EngineRejected(
            f"the secret {name} is not known: write its ARN (Secrets Manager or Parameter Store) to settings.secrets"
        )
    return settings.secrets[name]
