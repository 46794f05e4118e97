"""What podman answered, understood. Pure. Checked against podman 4.3.1 (Debian 12)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from autolab_core.cloud.engines.observing import EngineHandle, EngineObservation, job_name
from autolab_core.cloud.engines.podman.argv import LIMIT_LABEL, RUN_LABEL
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import ParseError
from autolab_core.vocab.times import format_utc, parse_timestamp

if TYPE_CHECKING:
    from autolab_core.cloud.engines.base import EngineRun

__all__ = ["facts", "listed", "observation", "usable_controllers"]

# podman-inspect(1), ``.State.Status``.
_STATES: Final[Mapping[str, EngineState]] = {
    "created": EngineState.QUEUED,
    "configured": EngineState.QUEUED,
    "initialized": EngineState.STARTING,
    "running": EngineState.RUNNING,
    "paused": EngineState.RUNNING,
    "stopping": EngineState.RUNNING,
    "stopped": EngineState.ENDED,
    "exited": EngineState.ENDED,
    "removing": EngineState.ENDED,
}
_KILLED: Final = 137
# conmon writes -1 for a container that it killed at its time limit.
_AT_LIMIT: Final = -1
_NEVER: Final = 1970


def facts(answer: bytes) -> dict[str, Mapping[str, Any]]:
    """``podman container inspect``: name -> what it says of the container. Raises ParseError."""
    return {str(each.get("Name", "")): each for each in _objects(answer)}


def observation(fact: Mapping[str, Any]) -> EngineObservation:
    """One container, of ``facts``. A word that we do not know is ``unknown``."""
    state = _mapping(fact, "State")
    word = str(state.get("Status", ""))
    known = _STATES.get(word, EngineState.UNKNOWN)
    started, ended = (_time(state.get(key)) for key in ("StartedAt", "FinishedAt"))
    over = known is EngineState.ENDED
    code = state.get("ExitCode") if over else None
    limit = _limit(_mapping(_mapping(fact, "Config"), "Labels"))
    # conmon's clock starts a moment before podman takes the time.
    spent = (ended - started).total_seconds() + 1 if started and ended else 0.0
    at_limit = bool(over and code == _AT_LIMIT and limit and spent >= limit)
    starved = bool(state.get("OOMKilled"))
    if at_limit:
        code = _KILLED
    return EngineObservation(
        known,
        code if isinstance(code, int) and code >= 0 else None,
        _reason(fact, known, code, starved, limit if at_limit else None),
        word,
        None if started is None else format_utc(started),
        None if ended is None or not over else format_utc(ended),
        out_of_memory=starved,
        timed_out=at_limit,
        image=f"sha256:{fact['Image']}" if fact.get("Image") else None,
    )


def listed(answer: bytes, engine: str, place: str) -> tuple[EngineRun, ...]:
    """``podman ps --format json`` of our containers. Raises ParseError."""
    from autolab_core.cloud.engines.base import EngineRun  # one container is described without models
    from autolab_core.models.resources import Duration

    found = []
    for each in _objects(answer):
        labels = _mapping(each, "Labels")
        run_id = str(labels.get(RUN_LABEL, ""))
        names = each.get("Names") or ()
        if not run_id or job_name(run_id) not in names:
            continue  # another's container, with our label
        created = each.get("Created")
        found.append(
            EngineRun(
                EngineHandle(run_id, engine, job_name(run_id), place),
                _STATES.get(str(each.get("State", "")), EngineState.UNKNOWN),
                format_utc(datetime.fromtimestamp(created, UTC)) if isinstance(created, int) else None,
                Duration(_limit(labels)) if _limit(labels) else None,
            )
        )
    return tuple(found)


def usable_controllers(answer: bytes) -> frozenset[str]:
    """``podman info``: the cgroup controllers with which podman can limit a container. Raises ParseError."""
    found = _mapping(_object(answer), "host").get("cgroupControllers")
    return frozenset(str(each) for each in found) if isinstance(found, list) else frozenset()


def _reason(fact: Mapping[str, Any], state: EngineState, code: object, starved: bool, limit: int | None) -> str:
    said = str(_mapping(fact, "State").get("Error") or "")
    memory = _mapping(fact, "HostConfig").get("Memory")
    if starved:
        return f"out of memory{_of(memory)}: ask for more with --memory"
    if limit is not None:
        from autolab_core.models.resources import Duration

        return f"podman killed it at its time limit of {Duration(limit)}"
    if state is EngineState.UNKNOWN:
        return f"podman says {_mapping(fact, 'State').get('Status')!r}"
    if code == _KILLED:
        likely = f"; out of memory{_of(memory)} looks like this" if memory else ""
        return f"killed by SIGKILL{likely}"
    if code == _AT_LIMIT:
        return said or "podman lost sight of it: its exit code is not known"
    return said


def _of(memory: object) -> str:
    if not isinstance(memory, int) or not memory:
        return ""
    from autolab_core.models.resources import Memory

    return f" (its limit was {Memory(memory)})"


def _time(value: object) -> datetime | None:
    found = parse_timestamp(value) if isinstance(value, str) else None
    return found if found is not None and found.year > _NEVER else None


def _limit(labels: Mapping[str, Any]) -> int | None:
    text = str(labels.get(LIMIT_LABEL, ""))
    return int(text) if text.isascii() and text.isdigit() and int(text) else None


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _objects(answer: bytes) -> list[Mapping[str, Any]]:
    found = _parsed(answer)
    if found is None:  # no container at all, in some versions
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ParseError("podman's answer is no list of containers")
    return found


def _object(answer: bytes) -> Mapping[str, Any]:
    found = _parsed(answer)
    if not isinstance(found, dict):
        raise ParseError("podman's answer is no object")
    return found


def _parsed(answer: bytes) -> Any:
    try:
        return json.loads(answer or b"null")
    except ValueError as error:
        raise ParseError(f"podman's answer is no JSON: {answer[:80]!r}") from error
