"""Which processes another one started, as /proc has it."""

from __future__ import annotations

import os

__all__ = ["descendants"]


def descendants(pid: int, *, deeper_than: int = 0) -> tuple[int, ...]:
    """The processes below *pid*, sorted; *deeper_than* 1 leaves out its own children. Empty where there is no /proc."""
    children: dict[int, list[int]] = {}
    try:
        every = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return ()
    for each in every:
        parent = _parent(each)
        if parent is not None:
            children.setdefault(parent, []).append(each)
    found: list[int] = []
    generation, depth = children.get(pid, []), 1
    while generation:
        if depth > deeper_than:
            found += generation
        generation, depth = [child for each in generation for child in children.get(each, ())], depth + 1
    return tuple(sorted(found))


def _parent(pid: int) -> int | None:
    """The parent of *pid*; None when it has gone. The name in parentheses may hold anything (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None
