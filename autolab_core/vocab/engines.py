"""What an engine says about a job in the cloud. Not what we conclude about a run: see ``states.RunStatus``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["OPEN_ENGINE_STATES", "EngineState"]


class EngineState(StrEnum):
    """One word for every engine; the engine's own is kept beside it.

    ``ended``: the engine says so, with an exit code where there is one. ``lost``: the engine answers, and has no such
    job. ``unknown``: an answer that we do not understand. Neither of these two is ever "done".
    """

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"
    UNKNOWN = "unknown"


# It waits or runs, as the engine has said.
OPEN_ENGINE_STATES: Final = frozenset({EngineState.QUEUED, EngineState.STARTING, EngineState.RUNNING})
