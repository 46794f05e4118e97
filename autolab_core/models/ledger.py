"""One row of the ledger of Slurm jobs: what was observed of a run, when, and which row came before.

A tuple and not attrs: verifiers read rows, and judging must not pay for attrs.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from typing import NamedTuple

__all__ = ["LedgerRow"]


class LedgerRow(NamedTuple):
    """Texts of any characters, in the order of the columns; what is not known is empty.

    ``time`` is UTC, RFC 3339, in whole seconds (``2026-02-01T12:00:00Z``). ``status`` and ``sync`` are the manifest's
    words, ``native_state`` is the scheduler's. ``previous`` holds the SHA-256 (64 hex digits) of the line before: two
    or more of them in a row that closes a merge, none in a row that is not written yet.
    """

    time: str
    iteration_id: str
    run_id: str
    job_id: str
    host: str
    status: str
    native_state: str
    sync: str
    notes: str
    previous: tuple[str, ...] = ()

    @property
    def closes_a_merge(self) -> bool:
        """True for a row that says nothing of a run: it joins the ends of two or more branches."""
        return len(self.previous) > 1

    def says_the_same(self, other: "LedgerRow", *, whatever_the_notes: bool = False) -> bool:
        """True when *other* tells the same of the same run, whenever it was observed."""
        mine, others = self._replace(time="", previous=()), other._replace(time="", previous=())
        return mine == (others._replace(notes=mine.notes) if whatever_the_notes else others)
