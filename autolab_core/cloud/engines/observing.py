"""What is asked of an engine to say where a job stands, and what it answers. Light: status imports no more of it."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from autolab_core.vocab.engines import EngineState

__all__ = ["NAME_PREFIX", "EngineHandle", "EngineObservation", "Observer", "job_name"]

#: Every job of ours has this before its run id as its name: with it a job is found again, and a foreign one is not.
NAME_PREFIX: Final = "autolab-"


def job_name(run_id: str) -> str:
    """The name under which the engine has the job of *run_id*."""
    return NAME_PREFIX + run_id


class EngineHandle(NamedTuple):
    """How a job is found again. ``engine_id`` is the engine's own name for it, ``place`` where it has it (a region)."""

    run_id: str
    engine: str
    engine_id: str
    place: str = ""


class EngineObservation(NamedTuple):
    """One conclusion about one job.

    ``exit_code`` is set only when the job has ended and the engine knows it; a job that was killed has 128 + signal
    where the engine says so. ``native_state`` is the engine's own word. ``reason`` is a line for people, empty where
    there is nothing to say. ``out_of_memory`` and ``timed_out`` are true only when the engine, or its times, say so.
    ``stuck`` says why a job that waits may wait for ever, and what to do. ``image`` names the image by content, where
    that is known. Times are RFC 3339.
    """

    state: EngineState
    exit_code: int | None = None
    reason: str = ""
    native_state: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    out_of_memory: bool = False
    timed_out: bool = False
    stuck: str | None = None
    image: str | None = None


class Observer(Protocol):
    """The part of an engine that finds jobs and describes them."""

    def find(self, run_id: str) -> EngineHandle | None:
        """The job of *run_id*, open or ended, or None when it is certain that there is none.

        Raises EngineUnreachable, and EngineUnknown while a submission is still on its way. Of several jobs it names
        the oldest.
        """

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        """One observation for every handle. Raises EngineUnreachable."""
