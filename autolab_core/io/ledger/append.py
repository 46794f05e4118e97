"""Appending to the ledger: under a lock, one write and one fsync, whatever the file's length.

What was written before is never touched. A line that a killed writer left half written is ended by the next append and
stays as it is; the row after it has its hash as of any other line.

Only the end of the file is read: the last line, whose hash the next row needs, and backwards from it until the run's
last row is found, or a row that is older than the run. A run that is new costs a look at what was appended since it
was made. A row that closes a merge lifts that bound, because the rows before it are not in the order of time.
"""

# No `from __future__ import annotations`: see autolab_core/models/ledger.py.

import os
import re
import stat
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from autolab_core.io.atomic import make_dirs, store_error, sync_folder
from autolab_core.io.ledger.rows import HEAD, HEADER, cell_of, digest, format_row, parse_row
from autolab_core.io.ledger.seal import Seal, write_seal
from autolab_core.io.lock import acquire
from autolab_core.models.ledger import LedgerRow
from autolab_core.vocab.errors import StoreError

__all__ = ["LOCK_SECONDS", "Entry", "append", "write_all"]

LOCK_SECONDS: Final = 30.0
_OPEN: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FIRST_BLOCK: Final = 1 << 13
_LARGEST_BLOCK: Final = 1 << 20
_TIME: Final = slice(2, 22)  # where the time stands in a line that we wrote
_JOINS: Final = re.compile(rb"[0-9a-f]{64} \+ [0-9a-f]{64} \|")
_SEARCHED_FOR: Final = 8
_LOOK: Final = "see `autolab ledger verify`"

_Run = tuple[str, str]


class Entry(NamedTuple):
    """A row to append, unless the run's last row says the same.

    ``since``: no row older than this time (as in ``LedgerRow.time``) is about the run; empty when that is not known.
    ``whatever_the_notes``: notes that differ alone are no reason for a row.
    """

    row: LedgerRow
    since: str = ""
    whatever_the_notes: bool = False


def append(
    path: Path, entries: Sequence[Entry], *, lock: Path, seal: Path | None = None, wait: float = LOCK_SECONDS
) -> tuple[bool, ...]:
    """Append the rows of *entries* that say something new, in their order; for each whether it was appended.

    The file and its folder are made where they are missing. When this returns the rows are on the disk, and the file
    *seal*, if one is named, remembers the last of them (see ``io.ledger.seal``). Others that append meanwhile wait for
    the file *lock*.

    Raises ``LockHeld`` when the lock is held for *wait* seconds, ``StoreError`` when the file cannot be written, or is
    no ledger, or ends with something that is no row: then nothing is written.
    """
    if not entries:
        return ()
    make_dirs(lock.parent)
    make_dirs(path.parent)
    with acquire(lock, what="append to the ledger", wait=wait):
        try:
            descriptor = os.open(path, _OPEN, 0o666)
        except OSError as error:
            raise store_error(path, "cannot be opened", error) from error
        try:
            return _append(path, descriptor, entries, seal)
        except OSError as error:
            raise store_error(path, "cannot be written", error) from error
        finally:
            os.close(descriptor)


def _append(path: Path, descriptor: int, entries: Sequence[Entry], seal: Path | None) -> tuple[bool, ...]:
    end = _End(path, descriptor)
    last = _last_rows(end.blocks, entries)
    previous, lines, written = end.previous, [], []
    for entry in entries:
        run = (entry.row.iteration_id, entry.row.run_id)
        known = last.get(run)
        new = known is None or not entry.row.says_the_same(known, whatever_the_notes=entry.whatever_the_notes)
        written.append(new)
        if new:
            last[run] = entry.row._replace(previous=(previous,))
            lines.append(format_row(last[run]))
            previous = digest(lines[-1])
    if lines or end.is_whole_row:
        write_all(descriptor, end.missing + b"".join(line + b"\n" for line in lines))
        os.fsync(descriptor)
        if end.size == 0:
            sync_folder(path.parent)
    if lines and seal is not None:
        write_seal(seal, Seal(previous, os.fstat(descriptor).st_size - len(lines[-1]) - 1))
    return tuple(written)


class _End:
    """The end of a ledger: ``missing`` bytes come before the next row, which names the hash ``previous``.

    ``is_whole_row``: the last line is a row that only lacks its newline. ``blocks`` are the lines, as ``_blocks`` says.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(str(path), "is not a regular file")
        self.size, self.missing, self.is_whole_row = status.st_size, b"", False
        self.blocks: Iterator[bytes] = iter(())
        head = os.pread(descriptor, len(HEAD), 0)
        if not HEAD.startswith(head):
            raise StoreError(str(path), "does not begin as a ledger does; nothing was appended", hint=_LOOK)
        if len(head) < len(HEAD) or self.size == len(HEAD):
            self.missing, self.previous = HEAD[len(head) :], digest(HEADER)
            return
        blocks = _blocks(descriptor, self.size)
        block = next(blocks)
        self.blocks = chain((block,), blocks)
        line = block.removesuffix(b"\n")
        line = line[line.rfind(b"\n") + 1 :]
        if not block.endswith(b"\n"):
            self.missing, self.is_whole_row = b"\n", parse_row(line) is not None
        if not line.startswith(b"|") or line.startswith(b"||||||| "):
            raise StoreError(str(path), "ends with a line that is no row; nothing was appended", hint=_LOOK)
        self.previous = digest(line)


def _blocks(descriptor: int, end: int) -> Iterator[bytes]:
    """The first *end* bytes in blocks of whole lines, the last lines first."""
    size, kept = _FIRST_BLOCK, b""
    while end > 0:
        start = max(0, end - size)
        block = os.pread(descriptor, end - start, start) + kept
        whole = block.find(b"\n") + 1 if start else 0  # the first line may begin before the block
        kept, block = (block[:whole], block[whole:]) if whole or not start else (block, b"")
        if block:
            yield block
        end, size = start, min(size * 2, _LARGEST_BLOCK)


def _last_rows(blocks: Iterator[bytes], entries: Sequence[Entry]) -> dict[_Run, LedgerRow]:
    """The last row of each run that *entries* are about, as far as there is one."""
    wanted = {(entry.row.iteration_id, entry.row.run_id) for entry in entries}
    floor = min((entry.since for entry in entries), default="").encode()
    found: dict[_Run, LedgerRow] = {}
    for block in blocks:
        for row in _by_search(block, wanted) if len(wanted) <= _SEARCHED_FOR else _by_line(block, wanted):
            found[row.iteration_id, row.run_id] = row
        wanted -= found.keys()
        if b" + " in block and _JOINS.search(block):
            floor = b""
        if not wanted or block[_TIME] < floor:
            break
    return found


def _by_search(block: bytes, wanted: set[_Run]) -> Iterator[LedgerRow]:
    """The last row in *block* of each *wanted* run. For few runs: the search is the standard library's own."""
    for iteration_id, run_id in wanted:
        needle = b" | ".join((b"", cell_of(iteration_id), cell_of(run_id), b""))
        place = block.rfind(needle)
        while place >= 0:
            begin, end = block.rfind(b"\n", 0, place) + 1, block.find(b"\n", place)
            row = parse_row(block[begin : end if end >= 0 else len(block)])
            if row is not None and (row.iteration_id, row.run_id) == (iteration_id, run_id):
                yield row
                break
            place = block.rfind(needle, 0, begin)


def _by_line(block: bytes, wanted: set[_Run]) -> Iterator[LedgerRow]:
    """The same for many runs, in one pass."""
    rest = {(cell_of(iteration_id), cell_of(run_id)) for iteration_id, run_id in wanted}
    for line in reversed(block.split(b"\n")):
        cells = line.split(b" | ", 3)
        if len(cells) > 2 and (run := (cells[1], cells[2])) in rest and (row := parse_row(line)) is not None:
            rest.remove(run)
            yield row


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of *data*; what a full disk leaves of it is a line cut short, which the next append ends."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
