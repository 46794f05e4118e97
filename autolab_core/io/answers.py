"""What a scheduler said about a run, look by look: one JSON object a line, bounded, for `autolab monitor --replay`.

A look whose conclusion is that of the one before is only counted, in a line of fixed length that is written over in
place; so a run that waits for a week has a short file. Lines are appended with one write each: who is killed in the
middle leaves a torn last line, which is skipped when the file is read and cut off by the next writer.

One writer at a time (the caller holds the stage lock).
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from autolab_core.io.atomic import store_error, write_bytes
from autolab_core.io.documents.source import open_regular
from autolab_core.models.job import Answer
from autolab_core.vocab.errors import DocumentError

__all__ = ["BYTES_MAX", "DROPPED", "LOOK", "LOOKS_MAX", "SYNC", "Record", "append", "count", "read"]

# The kinds of records.
LOOK: Final = "look"
SYNC: Final = "sync"
DROPPED: Final = "dropped"

LOOKS_MAX: Final = 200
BYTES_MAX: Final = 1 << 20
# Of a file that is full, the beginning says how it began and the end how it ended.
_KEPT_FIRST: Final = 20
_KEPT_LAST: Final = 100

_COUNT_DIGITS: Final = 9
# "2026-02-01T12:00:00Z": what format_utc writes.
_TIME_LENGTH: Final = 20
_AGAIN: Final = b'{"again": %*d, "until": "%s"}\n'
_AGAIN_BYTES: Final = len(_AGAIN % (_COUNT_DIGITS, 0, b"0" * _TIME_LENGTH))
_TAIL_BYTES: Final = 1 << 16
_LINE_MAX: Final = BYTES_MAX // 4
_CUT: Final = 2000
_MODE: Final = 0o666


class Record(NamedTuple):
    """One look, or by its ``kind`` what the files proved (SYNC) or that lines are left out here (DROPPED).

    ``at`` is its time; ``again`` says how often the same was seen after it, the last time at ``until``. ``concluded``
    is what it was taken for then. ``facts`` are the job's token and id, the sync's fields, the number of looks dropped.
    """

    kind: str
    at: str
    concluded: Mapping[str, Any] = {}
    facts: Mapping[str, Any] = {}
    answers: tuple[Answer, ...] = ()
    again: int = 0
    until: str = ""


def append(path: "Path | str", record: Record) -> None:
    """Add *record* to the file *path*, or count it where the last one concluded the same.

    Raises StoreError when that cannot be written; what was there stays.
    """
    line = _line(record)
    try:
        descriptor = _opened(path, os.O_CREAT)
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error
    try:
        size = os.fstat(descriptor).st_size
        end, lines = _last_lines(descriptor, size)
        if _counted(descriptor, record, lines, end):
            return
        if end + len(line) <= BYTES_MAX and (end < BYTES_MAX // 8 or _looks(descriptor, end) < LOOKS_MAX):
            if end != size:
                os.ftruncate(descriptor, end)
            os.pwrite(descriptor, line, end)
            return
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error
    finally:
        os.close(descriptor)
    _rewrite(path, line)


def count(path: "Path | str", record: Record, times: int) -> None:
    """Count *record* *times* more in the file *path*. Where the last look there concluded something else, nothing is.

    A file that is not there is not made. Raises StoreError when it cannot be written.
    """
    try:
        descriptor = _opened(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error
    try:
        end, lines = _last_lines(descriptor, os.fstat(descriptor).st_size)
        _counted(descriptor, record, lines, end, times)
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error
    finally:
        os.close(descriptor)


def _opened(path: "Path | str", flags: int = 0) -> int:
    """The file *path* to read and write. Neither it nor its folder may be a link, which could lead anywhere: both lie
    where a run's command may write, unless a guard keeps it from there."""
    parent, name = os.path.split(path)
    folder = os.open(parent or os.curdir, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | flags, _MODE, dir_fd=folder)
    finally:
        os.close(folder)


def read(path: "Path | str", shown: str) -> tuple[Record, ...]:
    """The records of the file *path*, oldest first; a torn or damaged line is left out.

    Raises DocumentError naming *shown* when the file cannot be read.
    """
    descriptor, status = open_regular(path, shown)
    try:
        source = b"".join(iter(lambda: os.read(descriptor, 1 << 20), b"")) if status.st_size <= 4 * BYTES_MAX else None
    except OSError as error:
        raise DocumentError(shown, f"cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if source is None:
        raise DocumentError(shown, f"is longer than {4 * BYTES_MAX} bytes: nothing of Autolab writes that much")
    records: list[Record] = []
    for line in source.split(b"\n")[:-1]:
        record = _parsed(line)
        if record is None:
            continue
        if record.kind == "again":
            if records:
                records[-1] = records[-1]._replace(again=record.again, until=record.until)
            continue
        records.append(record)
    return tuple(records)


def _line(record: Record) -> bytes:
    """*record* as a line; of answers that are too long, the beginnings."""
    line = _dumped(record, record.answers)
    if len(line) > _LINE_MAX:
        line = _dumped(record, [_cut(answer) for answer in record.answers])
    return line


def _dumped(record: Record, answers: Sequence[Answer]) -> bytes:
    said = [
        {"argv": each.argv, "exit_code": each.exit_code, "stdout": each.stdout, "stderr": each.stderr, "at": each.at}
        for each in answers
    ]
    whole = {
        "kind": record.kind,
        "at": record.at,
        "concluded": record.concluded,
        "facts": record.facts,
        "answers": said,
    }
    return json.dumps(whole, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _cut(answer: Answer) -> Answer:
    return Answer(answer.argv, answer.exit_code, answer.stdout[:_CUT], answer.stderr[:_CUT], answer.at)


def _tail(descriptor: int, size: int) -> tuple[int, bytes]:
    """Where the end of the file begins that holds its last two lines whole, and its bytes."""
    length = min(size, _TAIL_BYTES)
    while True:
        start = size - length
        tail = os.pread(descriptor, length, start)
        if start == 0 or tail.count(b"\n") > 3:
            return start, tail
        length = min(size, length * 4)


def _last_lines(descriptor: int, size: int) -> tuple[int, list[bytes]]:
    """Where the last whole line ends, and the last whole lines, at least two where there are so many."""
    start, tail = _tail(descriptor, size)
    end = size if tail.endswith(b"\n") or not tail else start + tail.rfind(b"\n") + 1
    return end, tail[: end - start].splitlines(keepends=True)


def _counted(descriptor: int, record: Record, lines: Sequence[bytes], end: int, times: int = 1) -> bool:
    """Whether *record* was counted: the last of *lines*, or the one before a line that counts, concluded the same."""
    if not lines:
        return False
    last = _parsed(lines[-1])
    before, at = 0, end
    if last is not None and last.kind == "again":
        if len(lines) < 2 or len(lines[-1]) != _AGAIN_BYTES:
            return False
        before, at = last.again, end - _AGAIN_BYTES
        last = _parsed(lines[-2])
    if last is None or (last.kind, last.concluded, last.facts) != (
        record.kind,
        _plain(record.concluded),
        _plain(record.facts),
    ):
        return False
    until = record.at.encode("ascii", "replace")
    if len(until) != _TIME_LENGTH or before + times >= 10**_COUNT_DIGITS:
        return False
    os.pwrite(descriptor, _AGAIN % (_COUNT_DIGITS, before + times, until), at)
    return True


def _plain(value: Mapping[str, Any]) -> Any:
    """*value* as it will be read back."""
    return json.loads(json.dumps(value))


def _looks(descriptor: int, end: int) -> int:
    return os.pread(descriptor, end, 0).count(b"\n")


def _rewrite(path: "Path | str", line: bytes) -> None:
    """Replace the file: its beginning, a line that says how much is left out, its end, and the new *line*."""
    with open(path, "rb") as file:
        source = file.read()
    lines = [each for each in source.splitlines(keepends=True) if each.endswith(b"\n") and _parsed(each) is not None]
    first = _fitting(lines[:_KEPT_FIRST], BYTES_MAX // 4)
    rest = lines[len(first) :]
    kept = _fitting(rest[: -_KEPT_LAST - 1 : -1], BYTES_MAX // 4)
    dropped = len(rest) - len(kept)
    gap = _dumped(Record(DROPPED, "", facts={"lines": dropped}), ()) if dropped else b""
    write_bytes(path, b"".join((*first, gap, *reversed(kept), line)))


def _fitting(lines: Sequence[bytes], room: int) -> list[bytes]:
    """The first of *lines*, as many as *room* bytes hold."""
    found: list[bytes] = []
    for line in lines:
        room -= len(line)
        if room < 0:
            break
        found.append(line)
    return found


def _parsed(line: bytes) -> Record | None:
    """The record of *line*; None for one that is none."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    again, until = data.get("again"), data.get("until")
    if isinstance(again, int) and isinstance(until, str):
        return Record("again", until, again=again, until=until)
    kind, at = data.get("kind"), data.get("at")
    if not isinstance(kind, str) or not isinstance(at, str):
        return None
    concluded, facts, answers = data.get("concluded"), data.get("facts"), data.get("answers")
    return Record(
        kind,
        at,
        concluded if isinstance(concluded, dict) else {},
        facts if isinstance(facts, dict) else {},
        tuple(_answers(answers)) if isinstance(answers, list) else (),
    )


def _answers(given: Sequence[Any]) -> list[Answer]:
    found = []
    for each in given:
        if not isinstance(each, dict) or not isinstance(each.get("argv"), list):
            continue
        code = each.get("exit_code")
        found.append(
            Answer(
                tuple(str(word) for word in each["argv"]),
                code if isinstance(code, int) and not isinstance(code, bool) else None,
                str(each.get("stdout", "")),
                str(each.get("stderr", "")),
                str(each.get("at", "")),
            )
        )
    return found
