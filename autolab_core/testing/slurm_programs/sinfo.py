"""``sinfo``: the partitions, all of them up and all nodes idle."""

from __future__ import annotations

from .faults import Outcome, spoiled
from .options import Unreadable, read_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .world import World

__all__ = ["sinfo"]


def sinfo(world: World, words: list[str], fault: dict[str, Any] | None) -> Outcome:
    """A line for each partition, in the letters P a l D T N of ``--format``."""
    kind = fault["kind"] if fault else ""
    valued = {"clusters": "M", "format": "o", "partition": "p"}
    try:
        options, _ = read_options("sinfo", words, valued, {"noheader": "h", "Node": "N"})
    except Unreadable as error:
        return Outcome("", str(error), 1)
    nodes = world.settings["nodes"]
    pieces = options.get("format", "%P %a %l %D %T %N").split("%")[1:]
    names = {"P": "PARTITION", "a": "AVAIL", "l": "TIMELIMIT", "D": "NODES", "T": "STATE", "N": "NODELIST"}
    rows = [] if "noheader" in options else [names]
    for partition in world.settings["partitions"]:
        mark = "*" if partition == world.settings["partitions"][0] else ""
        each = {"P": f"{partition}{mark}", "a": "up", "l": "infinite", "D": str(len(nodes)), "T": "idle"}
        rows.append({**each, "N": ",".join(nodes)})
    lines = ["".join(row.get(piece[:1], "") + piece[1:] for piece in pieces) for row in rows]
    return spoiled(kind, Outcome("".join(f"{line}\n" for line in lines)), fault or {})
