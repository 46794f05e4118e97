"""The words of a run in the cloud: where it stands, and why it ended. What an engine says is in ``engines``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["ACTIVE_PHASES", "CloudEnd", "CloudPhase", "Requirements"]


class CloudPhase(StrEnum):
    """Where a run stands, in the order in which it comes to pass.

    ``lost``: neither its engine nor its storage knows of a life in it, and it left no result. ``unknown``: its engine
    cannot be asked, and the storage does not say.
    """

    STAGING = "staging"
    QUEUED = "queued"
    STARTING = "starting"
    INSTALLING = "installing"
    RUNNING = "running"
    COLLECTING = "collecting"
    ENDED = "ended"
    LOST = "lost"
    UNKNOWN = "unknown"


# A run that stands there may still cost something, or leave results.
ACTIVE_PHASES: Final = frozenset(CloudPhase) - {CloudPhase.ENDED, CloudPhase.LOST}


class CloudEnd(StrEnum):
    """Why a run ended. ``command``: its command came to an end by itself, well or not."""

    COMMAND = "command"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    REQUIREMENTS = "requirements"
    STAGING = "staging"
    GUARD = "guard"


class Requirements(StrEnum):
    """What the container installs before the command: the file that says it, at the repository's top."""

    NONE = "none"
    LOCK = "requirements.lock"
    TEXT = "requirements.txt"
    PROJECT = "pyproject.toml"
