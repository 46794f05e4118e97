"""The keys that requests to S3 are signed with: from the environment, or from the role that the job has.

A job's role is asked at the address that ECS names in the environment, that of a machine at the metadata service
(IMDSv2). Nothing here is written to a file or a log. Sources: the AWS documentation "Task IAM role" and "Use IMDSv2".
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
from typing import Final, NamedTuple

from autolab_core.cloud.runner.metadata import Machine, NoMetadata, asked
from autolab_core.cloud.runner.stores import StoreFault

__all__ = ["Credentials", "Keys"]

_TASK: Final = "http://169.254.170.2"
_ROLES: Final = "iam/security-credentials/"
_SECONDS: Final = 5
# They are asked for again well before they expire.
_ASK_AGAIN: Final = 600.0


class Keys(NamedTuple):
    """``token`` is None for keys that last."""

    access: str
    secret: str
    token: str | None


class Credentials:
    """Finds the keys when they are first needed, and again when they grow old."""

    def __init__(self) -> None:
        self._keys: Keys | None = None
        self._until = 0.0

    def keys(self) -> Keys:
        """The keys to sign with now. Raises StoreFault where there are none."""
        if self._keys is None or time.monotonic() > self._until:
            self._keys = _from_environment() or _from_role()
            self._until = time.monotonic() + _ASK_AGAIN
        return self._keys


def _from_environment() -> Keys | None:
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    return Keys(access, secret, os.environ.get("AWS_SESSION_TOKEN")) if access and secret else None


def _from_role() -> Keys:
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    full = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    try:
        if relative or full:
            token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
            headers = {"Authorization": token} if token else {}
            found = asked(urllib.request.Request(full or f"{_TASK}{relative}", headers=headers), _SECONDS)
        else:
            machine = Machine(_SECONDS)
            role = machine.get(_ROLES).decode("ascii").split()[0]
            found = machine.get(f"{_ROLES}{role}")
        keys = json.loads(found)
        return Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("Token"))
    except (NoMetadata, OSError, ValueError, KeyError, IndexError) as error:
        raise StoreFault(f"no credentials for the storage: the job has no role ({error})", transient=True) from error
