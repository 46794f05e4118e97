"""The journal of an experiment: JSON lines that are only ever appended, each with the hash of the line before it.

An entry is one JSON object: ``n`` from 1, ``at`` (UTC, milliseconds), ``event``, ``previous`` (the SHA-256 of the line
before without its newline, "" for the first), then the event's own keys. When an append returns, the entry is on the
disk. A line that a killed writer left half written is ended by the next append and stays: it is no entry, and the next
one has its hash as of any other line.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import json
import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autolab_core.io.atomic import make_dirs, store_error, sync_folder
from autolab_core.io.documents.source import read_source
from autolab_core.vocab.errors import DocumentError, StoreError
from autolab_core.vocab.experiment import JournalEvent
from autolab_core.vocab.times import is_timestamp

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_BYTES", "Fault", "Journal", "JournalFile", "parse_journal", "read_journal"]

# A thousand runs with a thousand numbers each; a longer file is none that this module wrote.
MAX_BYTES: Final = 256 * 1024 * 1024
_OPEN: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CHANGED: Final = "was changed by somebody else while it was written"


class Fault(NamedTuple):
    """What is wrong with a journal, and in which line (from 1)."""

    line: int
    message: str


class Journal(NamedTuple):
    """``entries``: every line that is an entry, in order, whole or not in its place; ``lines``: the line of each.

    ``faults``: lines that are none, and entries that do not follow the one before. ``cut``: lines that a writer left
    half written when it died, which is no fault. ``last``: the SHA-256 of the last line, "" for an empty file.
    ``unended``: whether that line lacks its newline. ``size``: in bytes.
    """

    entries: tuple[Mapping[str, Any], ...]
    lines: tuple[int, ...]
    faults: tuple[Fault, ...]
    cut: tuple[int, ...]
    last: str
    unended: bool
    size: int


def read_journal(path: "Path | str", shown: str | None = None) -> Journal:
    """The journal at *path*. Raises DocumentError naming *shown* when the file is missing or cannot be read; what is
    wrong in it are its ``faults``."""
    return parse_journal(read_source(path, shown, max_bytes=MAX_BYTES))


def parse_journal(source: bytes) -> Journal:
    """The journal whose bytes are *source*. Never raises: everything that is wrong becomes one of its ``faults``."""
    entries: list[Mapping[str, Any]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    cut: list[int] = []
    previous = ""
    torn: list[Fault] = []  # lines that are no entries: faults, unless the next entry knows the hash of the last
    texts = source.split(b"\n")
    unended = texts.pop() if texts else b""
    every = [*texts, *([unended] if unended else [])]
    for number, text in enumerate(every, 1):
        entry = _entry(text)
        if isinstance(entry, str):
            torn.append(Fault(number, entry))
        else:
            known = entry["previous"] == previous
            if known:
                cut += [each.line for each in torn]
            else:
                faults += torn
            torn = []
            if not known:
                faults.append(Fault(number, "does not follow the line before it: `previous` is not that line's hash"))
            elif entry["n"] != len(entries) + 1:
                faults.append(Fault(number, f"has the number {entry['n']} where {len(entries) + 1} was to come"))
            entries.append(entry)
            lines.append(number)
        previous = _digest(text)
    if unended and torn:
        cut += [each.line for each in torn]
    else:
        faults += torn
    faults.sort()
    return Journal(tuple(entries), tuple(lines), tuple(faults), tuple(cut), previous, bool(unended), len(source))


class JournalFile:
    """A journal that is open for appending, by one process at a time: its caller holds the experiment's lock."""

    def __init__(self, path: "Path", shown: str) -> None:
        """Open the journal at *path*, made with its folders where it is missing.

        Raises StoreError when that cannot be done, DocumentError naming *shown* with the line when it is not whole:
        nothing is appended to a journal that somebody changed.
        """
        make_dirs(path.parent)
        self._path, self._shown, self._stale = path, shown, False
        self.entries: list[Mapping[str, Any]] = []
        self._last, self._size, self._unended = "", 0, False
        try:
            self._descriptor = os.open(path, _OPEN, 0o666)
        except OSError as error:
            raise store_error(shown, "cannot be opened", error) from error
        try:
            if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                raise StoreError(shown, "is not a regular file")
            if os.fstat(self._descriptor).st_size == 0:
                sync_folder(path.parent)
            self._take(self._read())
        except BaseException:
            os.close(self._descriptor)
            raise

    def source(self) -> bytes:
        """Its bytes. Raises StoreError."""
        try:
            return _all_of(self._descriptor)
        except OSError as error:
            raise store_error(self._shown, "cannot be read", error) from error

    def settle(self) -> None:
        """Find out what became of an append that did not come to its end (a full disk, a signal): ``entries`` has what
        is in the file then. Raises StoreError, DocumentError."""
        if self._stale:
            again = self._read()
            if not len(self.entries) <= len(again.entries) <= len(self.entries) + 1:
                raise StoreError(self._shown, _CHANGED)
            self._take(again)
            self._stale = False

    def append(self, event: JournalEvent, at: str, keys: Mapping[str, Any]) -> None:
        """Append one entry with its own *keys*; it is on the disk then, and the last of ``entries``.

        Raises StoreError when it cannot be written, or when somebody else changed, replaced or removed the file: then
        it does not count, also where half of it is in the file. A value that JSON does not know is a StoreError, too.
        """
        self.settle()
        self._check()
        own = {"n": len(self.entries) + 1, "at": at, "event": str(event), "previous": self._last}
        entry = {**own, **keys}
        try:
            line = json.dumps(entry, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except (ValueError, RecursionError) as error:
            raise StoreError(self._shown, f"cannot hold the entry: {str(error).splitlines()[0].lower()}") from error
        data = (b"\n" if self._unended else b"") + line + b"\n"
        self._stale = True
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise store_error(self._shown, "cannot be written", error) from error
        self.entries.append(json.loads(line))
        self._last, self._size, self._unended = _digest(line), self._size + len(data), False
        self._stale = False

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _check(self) -> None:
        """Raise StoreError unless the file is the one that was left, under its name."""
        try:
            mine, there = os.fstat(self._descriptor), os.stat(self._path, follow_symlinks=False)
        except OSError as error:
            raise store_error(self._shown, "was removed meanwhile", error) from error
        if not os.path.samestat(mine, there) or mine.st_size != self._size:
            raise StoreError(self._shown, _CHANGED)

    def _take(self, found: Journal) -> None:
        self.entries[:] = found.entries
        self._last, self._size, self._unended = found.last, found.size, found.unended

    def _read(self) -> Journal:
        found = parse_journal(self.source())
        if found.faults:
            line, message = found.faults[0]
            raise DocumentError(self._shown, message, line=line, hint="a journal that was changed is not continued")
        return found


def _all_of(descriptor: int) -> bytes:
    size, pieces, place = os.fstat(descriptor).st_size, [], 0
    while place < size and (piece := os.pread(descriptor, size - place, place)):
        pieces.append(piece)
        place += len(piece)
    return b"".join(pieces)


def _digest(line: bytes) -> str:
    import hashlib

    return hashlib.sha256(line).hexdigest()


def _entry(text: bytes) -> "Mapping[str, Any] | str":
    """The entry that the line *text* holds, or why it holds none."""
    try:
        data = json.loads(text.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return "is no JSON"
    if not isinstance(data, dict):
        return "is no JSON object"
    number = data.get("n")
    if type(number) is not int or number < 1:
        return "has no number `n`"
    if not is_timestamp(data.get("at")):
        return "has no time `at`"
    for key in ("event", "previous"):
        if not isinstance(data.get(key), str):
            return f"has no `{key}`"
    return data


def _refuse_constant(word: str) -> None:
    raise ValueError(word)
