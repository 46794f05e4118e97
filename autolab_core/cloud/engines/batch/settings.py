"""How AWS Batch is set up for this repository: the ``settings`` of its row in the policy's ``compute.backends``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.models.checks import extra

__all__ = ["LOG_GROUP", "BatchSettings"]

#: Where AWS Batch writes what jobs write, unless a job definition says otherwise.
LOG_GROUP: Final = "/aws/batch/job"
_NOT_EMPTY: Final[Any] = attrs.validators.min_len(1)
_PERHAPS: Final = attrs.validators.optional(_NOT_EMPTY)
_PLATFORMS: Final = attrs.validators.in_(("EC2", "FARGATE"))


@attrs.frozen
class BatchSettings:
    """Names of things of an AWS account, and no key of it: credentials are found as every AWS tool finds them.

    ``job_definition`` is one that exists; without it one is registered from ``image``, ``job_role`` (what the run may
    do: its bucket), ``execution_role`` (what starts it: secrets, images of a private registry) and ``platform``.
    ``secrets`` gives the name of a variable the ARN of its value in Secrets Manager or the Parameter Store. ``bucket``,
    ``prefix`` and ``endpoint`` say where the storage is; no engine reads them.
    """

    queue: str = attrs.field(validator=_NOT_EMPTY)
    region: str | None = attrs.field(default=None, validator=_PERHAPS)
    job_definition: str | None = attrs.field(default=None, validator=_PERHAPS)
    image: str | None = attrs.field(default=None, validator=_PERHAPS)
    job_role: str | None = attrs.field(default=None, validator=_PERHAPS)
    execution_role: str | None = attrs.field(default=None, validator=_PERHAPS)
    platform: str = attrs.field(default="EC2", validator=_PLATFORMS)
    log_group: str = attrs.field(default=LOG_GROUP, validator=_NOT_EMPTY)
    secrets: Mapping[str, str] = attrs.field(factory=dict)
    bucket: str | None = attrs.field(default=None, validator=_PERHAPS)
    prefix: str | None = None
    endpoint: str | None = None
    extra: Mapping[str, Any] = extra()
