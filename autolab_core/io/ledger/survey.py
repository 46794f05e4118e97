"""Reading a whole ledger: does each row follow the one that it names, and where do branches end?

The rows are a graph: a row follows the line whose hash it names. In a ledger that only ever grew here each row follows
the line before it. After git merged two branches, rows of one side stand between the rows of the other: then there are
two ends, and the next thing is a row that names both (``merge``). A row that follows no line above it is evidence that
a line was edited, removed or moved.
"""

# No `from __future__ import annotations`: see autolab_core/models/ledger.py.

import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.digest import load_openssl
from autolab_core.io.documents.source import cannot_be_read, open_regular
from autolab_core.io.ledger.rows import HEAD, HEADER, cell_of, cells_of, digest, parse_row, previous_of
from autolab_core.models.ledger import LedgerRow

__all__ = ["Fault", "LastRow", "Survey", "is_marker", "survey", "survey_lines"]

_HEAD_LINES: Final = HEAD.splitlines()
_HEADER_LINE: Final = _HEAD_LINES.index(HEADER) + 1
_MARKER: Final = rb"(?:<{7}|\|{7}|>{7}) .*|={7}"
_HASH_BYTES: Final = 32
_LONG: Final = 1 << 18  # bytes of a ledger, a hash a line


class Fault(NamedTuple):
    """What is wrong at a line (from 1)."""

    line: int
    message: str


class LastRow(NamedTuple):
    """The last row of a run, and its line (from 1)."""

    line: int
    row: LedgerRow


class _Source(NamedTuple):
    line: int
    source: bytes


class Survey(NamedTuple):
    """``ends``: line (from 1) to hash of every line that no row follows; more than one is an open merge.

    ``faults`` are about the chain. ``markers``: lines that git left for a conflict. ``cut``: lines that a writer did
    not finish; the row after one vouches for it. ``sources``: the last row of each run, as it is written.
    """

    rows: int
    ends: dict[int, str]
    faults: tuple[Fault, ...]
    markers: tuple[int, ...]
    cut: tuple[int, ...]
    sources: dict[tuple[bytes, bytes], _Source]

    def last_row(self, iteration_id: str, run_id: str) -> LastRow | None:
        """The last row of the run, None when there is none or it cannot be read."""
        found = self.sources.get((cell_of(iteration_id), cell_of(run_id)))
        row = None if found is None else parse_row(found.source)
        return None if found is None or row is None else LastRow(found.line, row)

    @property
    def is_open(self) -> bool:
        """True when branches were merged and no row has joined them. Of a broken chain that cannot be said."""
        return bool(self.markers) or (len(self.ends) > 1 and not self.faults)


def is_marker(line: bytes) -> bool:
    """True for a line that git puts around the sides of a conflict."""
    return re.fullmatch(_MARKER, line) is not None


def survey(path: str | os.PathLike[str], shown: str) -> Survey:
    """Read the ledger *path* once, line by line. Raises DocumentError naming *shown* when it cannot be read."""
    descriptor, status = open_regular(os.fspath(path), shown)
    if status.st_size > _LONG:
        load_openssl()
    try:
        with os.fdopen(descriptor, "rb") as file:
            return survey_lines(line.removesuffix(b"\n") for line in file)
    except OSError as error:
        raise cannot_be_read(shown, error) from error


def survey_lines(lines: Iterator[bytes]) -> Survey:
    """The survey of a ledger's *lines*, without their newlines."""
    chain = _Chain()
    for number, line in enumerate(lines, 1):
        chain.add(number, line)
    return chain.conclude()


class _Chain:
    """The lines so far. ``_digests`` has the hash of every line from the header on, in 32 bytes each."""

    def __init__(self) -> None:
        self._digests = bytearray(bytes.fromhex(digest(HEADER)))
        self._lines = [_HEADER_LINE]
        self._known: dict[str, int] = {}
        self._before = digest(HEADER)
        self._ends = {self._before: _HEADER_LINE}
        self._unknown: list[tuple[int, str]] = []
        self._faults: list[Fault] = []
        self._markers: list[int] = []
        self._cut: list[int] = []
        self._last: dict[tuple[bytes, bytes], _Source] = {}
        self._rows = self._seen = 0

    def add(self, number: int, line: bytes) -> None:
        self._seen = number
        if number <= len(_HEAD_LINES):
            if line != _HEAD_LINES[number - 1]:
                self._faults.append(Fault(number, f"is not what line {number} of every ledger is"))
        elif (cells := cells_of(line)) is not None:
            follows = cells[-1] == self._before.encode()
            previous = () if follows else previous_of(cells[-1])
            if not follows and not previous:
                self._faults.append(Fault(number, "its previous hash is not 64 hex digits"))
            self._follow(number, line, previous)
            self._rows += 1
            if cells[2]:
                self._last[cells[1], cells[2]] = _Source(number, line)
        elif is_marker(line):
            self._markers.append(number)
        elif line.startswith(b"|"):
            self._cut.append(number)
            self._follow(number, line, ())
        else:
            self._faults.append(Fault(number, "is not a row of the ledger"))

    def conclude(self) -> Survey:
        if self._seen < len(_HEAD_LINES):
            self._faults.append(Fault(max(1, self._seen), "ends within the head of the ledger"))
        self._faults += map(self._unknown_row, self._unknown)
        return Survey(
            self._rows,
            dict(sorted((line, each) for each, line in self._ends.items())),
            tuple(sorted(self._faults)),
            tuple(self._markers),
            tuple(self._cut),
            self._last,
        )

    def _follow(self, number: int, line: bytes, previous: tuple[str, ...]) -> None:
        """Put *line* behind those that *previous* names; behind the line before it where it names none we know."""
        own = digest(line)
        if not previous:
            self._ends.pop(self._before, None)
        elif (twin := self._line_of(own)) is not None:
            self._faults.append(Fault(number, f"is line {twin} once more"))
            return
        else:
            for each in previous:
                known = self._line_of(each) is not None
                if not known:
                    self._unknown.append((number, each))
                self._ends.pop(each if known else self._before, None)
        self._ends[own] = number
        self._before = own
        self._digests += bytes.fromhex(own)
        self._lines.append(number)
        if self._known:
            self._known.setdefault(own, number)

    def _line_of(self, sha256: str) -> int | None:
        """The line with this hash, among those so far. The index is made when it is asked for first: mostly never."""
        if not self._known:
            hashes = self._digests.hex()
            step = 2 * _HASH_BYTES
            for index, number in enumerate(self._lines):
                self._known.setdefault(hashes[index * step : (index + 1) * step], number)
        return self._known.get(sha256)

    def _unknown_row(self, unknown: tuple[int, str]) -> Fault:
        """What is wrong with a row that names no line above it; the line that nobody vouches for is the one before."""
        number, sha256 = unknown
        later = self._line_of(sha256)
        if later is not None:
            return Fault(number, f"stands above line {later}, which it follows: rows were moved")
        index = self._lines.index(number)
        before = self._lines[index - 1]
        return Fault(before, f"was changed, or rows after it were removed: line {number} follows another line")
