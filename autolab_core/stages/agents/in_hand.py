"""The stage that an agent has in hand, for who only looks: read from files alone, and nothing heavy is loaded."""

# No `from __future__ import annotations`: see status.py.

from typing import Any, NamedTuple

from autolab_core.io.layout import HANDOVER, STAGE_LOCK
from autolab_core.io.tree import Tree

__all__ = ["InHand", "in_hand"]


class InHand(NamedTuple):
    """``since`` is when the stage was handed over. ``awaited`` are files, or folders in which something has to change.

    ``agent`` is None where no command was started, else one of ``at work``, ``cut short`` (interrupted, or nobody saw
    its end) and ``ended``; ``log`` has what it wrote, ``started_at`` when it began. ``objections`` are, by path, what
    was wrong with the last work.
    """

    stage: str
    since: str
    prompt: str
    context: str
    awaited: tuple[str, ...]
    objections: dict[str, str]
    agent: str | None = None
    started_at: str | None = None
    log: str | None = None


def in_hand(tree: Tree, state: dict[str, Any]) -> InHand | None:
    """What is handed over, where it is the very stay at the stage that *state* is in. Raises DocumentError."""
    if not tree.exists(HANDOVER):
        return None
    found = tree.mapping(HANDOVER)
    stay = (state.get("stage"), state.get("iteration_id"), _entered(state))
    if (found.get("stage"), found.get("iteration_id"), found.get("entered_at", "")) != stay:
        return None  # it is over; the next `autolab run` sets it aside
    agent = found.get("agent")
    mine = agent if isinstance(agent, dict) else {}
    awaited, objections = found.get("awaited"), found.get("objections")
    return InHand(
        stage=str(found.get("stage")),
        since=str(found.get("handed_over_at")),
        prompt=str(found.get("prompt")),
        context=str(found.get("context")),
        awaited=tuple(str(path) for path in awaited) if isinstance(awaited, list) else (),
        objections={path: str(why) for path, why in objections.items()} if isinstance(objections, dict) else {},
        agent=_standing(tree, mine) if mine else None,
        started_at=mine.get("started_at"),
        log=mine.get("log"),
    )


def _entered(state: dict[str, Any]) -> str:
    """``State.entered_at``, of a state that nobody has checked."""
    stage, history = state.get("stage"), state.get("history")
    for entry in reversed(history if isinstance(history, list) else []):
        if isinstance(entry, dict) and entry.get("stage_after") == stage != entry.get("stage_before"):
            return str(entry.get("timestamp_utc"))
    return ""


def _standing(tree: Tree, agent: dict[str, Any]) -> str:
    if agent.get("ended_at") is not None:
        return "cut short" if agent.get("interrupted") is True else "ended"
    from pathlib import Path

    from autolab_core.io.lock import holder

    # Who started it holds the lock of the stage, and the agent after him until all of it is gone.
    return "cut short" if holder(Path(tree.absolute(STAGE_LOCK))) is None else "at work"
