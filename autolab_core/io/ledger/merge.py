"""Closing a merge: after git put the rows of two branches into one ledger, a row that names the ends of both."""

# No `from __future__ import annotations`: see autolab_core/models/ledger.py.

import os
from pathlib import Path
from typing import NamedTuple

from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.documents import read_source
from autolab_core.io.ledger.append import LOCK_SECONDS
from autolab_core.io.ledger.rows import format_row
from autolab_core.io.ledger.survey import Fault, is_marker, survey_lines
from autolab_core.io.lock import acquire
from autolab_core.models.ledger import LedgerRow

__all__ = ["Merged", "merge"]

_MAX_BYTES = 1 << 30


class Merged(NamedTuple):
    """``ends``: the lines that were joined, none when there was nothing to join. ``faults``: why it was refused."""

    ends: tuple[int, ...] = ()
    markers: int = 0
    faults: tuple[Fault, ...] = ()


def merge(path: Path, *, shown: str, time: str, host: str, lock: Path) -> Merged:
    """Take git's conflict markers out of the ledger *path* and append the row that names every end.

    No row is changed. The file is replaced whole: a merge that is killed has not happened. A ledger whose chain is
    broken is left as it is: a merge must not vouch for what nobody wrote. Raises DocumentError when the file cannot be
    read, StoreError when it cannot be written, ``LockHeld`` when others write to it for too long.
    """
    make_dirs(lock.parent)
    with acquire(lock, what="merge of the ledger", wait=LOCK_SECONDS):
        source = read_source(os.fspath(path), shown, max_bytes=_MAX_BYTES)
        lines = source.removesuffix(b"\n").split(b"\n")
        before = survey_lines(iter(lines))
        if before.faults:
            return Merged(faults=before.faults)
        if not before.is_open:
            return Merged()
        kept = [line for line in lines if not is_marker(line)]
        ends = survey_lines(iter(kept)).ends
        if len(ends) > 1:
            notes = f"closes a merge of {len(ends)} branches"
            row = LedgerRow(time, "", "", "", host, "", "", "", notes, previous=tuple(ends.values()))
            kept.append(format_row(row))
        write_bytes(path, b"\n".join(kept) + b"\n")
        return Merged(tuple(ends) if len(ends) > 1 else (), len(before.markers))
