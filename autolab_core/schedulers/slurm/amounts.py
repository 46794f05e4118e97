"""What a job was given and what it took, from its rows. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from autolab_core.models.job import JobUsage
from autolab_core.schedulers.slurm.parse.rows import JobRow

__all__ = ["usage_of"]

_MEMORY: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)([KMGTP]?)([nc]?)")
_UNITS: Final = {unit: 1024**power for power, unit in enumerate(("", "K", "M", "G", "T", "P"))}
_SEVERAL: Final = re.compile(r"[,\[]")


def usage_of(queue: JobRow | None, account: JobRow | None, now: datetime) -> JobUsage | None:
    """Elapsed time and limit from whichever row has them, memory from the accounting alone. None when nothing is known.

    What a job of several nodes asked for is per node only where Slurm says so (before 21.08); else it is not known.
    """
    elapsed = limit = max_rss = memory = None
    for row in filter(None, (queue, account)):
        limit = row.limit.seconds if limit is None and row.limit is not None else limit
        elapsed = _elapsed(row, now) if elapsed is None else elapsed
    if account is not None:
        max_rss, memory = account.max_rss, _memory(account)
    found = JobUsage(elapsed, limit, max_rss, memory)
    return None if found == JobUsage() else found


def _elapsed(row: JobRow, now: datetime) -> int | None:
    if row.started is None:
        return row.elapsed.seconds if row.elapsed is not None and row.elapsed.seconds else None
    return max(0, int(((row.ended or now) - row.started).total_seconds()))


def _memory(row: JobRow) -> int | None:
    match = _MEMORY.fullmatch(row.requested_memory)
    if match is None or match.group(3) == "c" or (match.group(3) == "" and _SEVERAL.search(row.nodes)):
        return None
    # A bare number is MiB, as for ``sbatch --mem``.
    return int(float(match.group(1)) * _UNITS[match.group(2) or "M"]) or None
