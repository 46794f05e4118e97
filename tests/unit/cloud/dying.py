"""A process that is killed right before, or right after, one of its effects."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["killed_at"]


def _dying(call: Callable[..., Any], countdown: list[int], when: str) -> Callable[..., Any]:
    def wrapped(*words: Any, **named: Any) -> Any:
        countdown[0] -= 1
        chosen = countdown[0] == 0  # there may be others within it
        if chosen and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = call(*words, **named)
        if chosen and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return wrapped


def killed_at(act: Callable[[], Any], effects: Iterable[tuple[Any, str]], place: int, when: str) -> bool:
    """Do *act* in a child that is killed at the *place*-th call of *effects* (an owner and a name, each); False when
    it made fewer."""
    child = os.fork()
    if child == 0:
        countdown = [place]
        for owner, name in effects:
            setattr(owner, name, _dying(getattr(owner, name), countdown, when))
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
