"""``scancel``: silent, whether there was such a job or not."""

from __future__ import annotations

import os
import signal

from .faults import Outcome, spoiled
from .options import Unreadable, read_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .world import World

__all__ = ["scancel"]


def scancel(world: World, words: list[str], fault: dict[str, Any] | None) -> Outcome:
    """Cancel the jobs named by id, those alone that carry ``--name`` where it is given."""
    kind = fault["kind"] if fault else ""
    try:
        options, ids = read_options("scancel", words, {"clusters": "M", "name": "n", "user": "u"}, {"quiet": "Q"})
    except Unreadable as error:
        return Outcome("", str(error), 1)
    for job in list(world.remembered()):
        if job.over or (ids and not any(job.answers_to(each) for each in ids)):
            continue
        if options.get("name", job.name) != job.name or not (ids or options):
            continue
        job.cancelled_by = world.settings["uid"]
        job.finish("CANCELLED", 0 if job.state == "PENDING" else signal.SIGTERM, world.now, job.reason)
        if job.group:
            try:
                os.killpg(job.group, signal.SIGTERM)
            except ProcessLookupError:
                continue
    return spoiled(kind, Outcome(), fault or {})
