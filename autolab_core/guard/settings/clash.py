"""Where somebody's settings say something that does not go together with the guard's."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["Clash", "Clashing", "difference"]

_LEFT_OUT = object()


class Clash(NamedTuple):
    """``key``: where, in the file's own words; what stands there, and what has to (``LEFT_OUT``: nothing)."""

    key: str
    there: Any
    needed: Any = _LEFT_OUT

    def __str__(self) -> str:
        needed = "it has to be left out" if self.needed is _LEFT_OUT else f"the guard needs {_shown(self.needed)}"
        return f"{self.key} is {_shown(self.there)}, and {needed}"


class Clashing(Exception):
    """Settings that cannot be merged without taking something of theirs away."""

    def __init__(self, *clashes: Clash) -> None:
        super().__init__(*clashes)
        self.clashes = clashes

    def __str__(self) -> str:
        return "; ".join(map(str, self.clashes))


def difference(path: str, clashes: tuple[Clash, ...]) -> str:
    """*clashes* as lines of a unified diff, from what stands in *path* to what has to."""
    lines = [f"--- {path}", f"+++ {path} (with the guard)"]
    for clash in clashes:
        lines.append(f"-{clash.key} = {_shown(clash.there)}")
        if clash.needed is not _LEFT_OUT:
            lines.append(f"+{clash.key} = {_shown(clash.needed)}")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
