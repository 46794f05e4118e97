"""What the command of a run, and pip before it, find in their environment; and what of it is nobody else's business."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["environment_of", "secrets_of"]

# Where a job's own role is known; the command must not speak to the storage in our name.
_SECRET: Final = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
_OURS: Final = (
    *_SECRET,
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def environment_of(run: Mapping[str, Any]) -> dict[str, str]:
    """The variables that we have, but for the keys of the storage, and those that somebody sent along."""
    found = {name: value for name, value in os.environ.items() if name not in _OURS}
    # A secret that the user named is the command's, whatever it is called.
    found |= {name: os.environ[name] for name in run["secrets"] if name in os.environ}
    return found | dict(run["environment"])


def secrets_of(run: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that no log may show: those of the secrets that *run* names, and the keys of the storage."""
    return tuple(os.environ[name] for name in (*run["secrets"], *_SECRET) if os.environ.get(name))
