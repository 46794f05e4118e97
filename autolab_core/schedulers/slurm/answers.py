"""One answer about many jobs, cut into each job's own part, word for word. Pure.

What is kept of a look is what was said about one job, so that the same conclusion can be drawn from it later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm.argv import SEPARATOR
from autolab_core.schedulers.slurm.job_ids import parse_id
from autolab_core.vocab.errors import ParseError

__all__ = ["LINES_MAX", "STRANGE_BYTES", "Shares"]

LINES_MAX: Final = 60
STRANGE_BYTES: Final = 2000
_SAID_BYTES: Final = 1000
# What most rows begin with: a job, or one task of an array.
_PLAIN: Final = re.compile(r"[1-9][0-9]{0,9}(?:_(?:0|[1-9][0-9]{0,9}))?").fullmatch


class Shares:
    """*answer*, cut by job: a plain number stands for all rows of that job, ``7_4`` for those of this task alone.

    A job that is not listed gets an empty part. Where a line cannot be read, it may have been about any job that is not
    listed, so those get that line: a broken answer must not look as if a job were gone.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._table = _table(answer.stdout, answer.argv[:1] == ("sacct",))

    @property
    def whole(self) -> bool:
        """True for the answer of a command that ended well and complained of nothing."""
        return self._answer.exit_code == 0 and not self._answer.stderr

    def listed(self, job: str) -> str:
        """The rows of *job*, word for word; empty where there are none."""
        return self._table.rows(job)

    def of(self, job: str) -> Answer:
        """The part of the answer that is about *job*."""
        given, table = self._answer, self._table
        return Answer(
            tuple(f"--jobs={job}" if word.startswith("--jobs=") else word for word in given.argv),
            given.exit_code,
            table.header + (table.rows(job) or table.strange),
            given.stderr[-_SAID_BYTES:],
            given.at,
        )


class _Table:
    """The rows of a text by job. ``header``: sacct's own, with its end. ``strange``: the first that cannot be read."""

    def __init__(self, text: str, has_header: bool) -> None:
        *lines, rest = text.split("\n")
        start = f"JobID{SEPARATOR}"
        at = next((at for at, line in enumerate(lines) if line.startswith(start)), None) if has_header else None
        self.header = "" if at is None else f"{lines[at]}\n"
        self.strange = rest[:STRANGE_BYTES]
        self._jobs: dict[str, list[str]] = {}
        self._tasks: dict[str, list[str]] = {}
        self._shared: dict[str, list[str]] = {}  # rows that stand for several tasks of a job
        self._rows: dict[str, str] = {}
        self._read(lines if at is None else lines[at + 1 :])

    def _read(self, lines: Sequence[str]) -> None:
        task = ""
        for line in lines:
            shown, more, _ = line.partition(SEPARATOR)
            if more and _PLAIN(shown):
                job, _, task = shown.partition("_")
            else:
                try:
                    found = parse_id(shown if more else "")
                except ParseError:
                    self.strange = self.strange or f"{line}\n"[:STRANGE_BYTES]
                    continue
                # A step without a task belongs to the row above, as when it is parsed.
                job, task = found.job, task if found.step and not found.task else found.task
            self._jobs.setdefault(job, []).append(line)
            if task.isdigit():
                self._tasks.setdefault(f"{job}_{task}", []).append(line)
            elif task:
                self._shared.setdefault(job, []).append(line)

    def rows(self, job: str) -> str:
        found = self._rows.get(job)
        if found is None:
            number, _, task = job.partition("_")
            own = self._tasks.get(job, ())
            lines = [*self._shared.get(number, ()), *own] if task else self._jobs.get(number, [])
            found = self._rows[job] = "".join([f"{line}\n" for line in _bounded(lines)])
        return found


# Where nothing happens, the next look is told the same text.
_table = lru_cache(maxsize=2)(_Table)


def _bounded(lines: Sequence[str]) -> Sequence[str]:
    """*lines*, or of a job with very many steps those that can matter, in their order."""
    if len(lines) <= LINES_MAX:
        return lines
    steps = [at for at, line in enumerate(lines) if "." in line.partition(SEPARATOR)[0]]
    jobs = sorted(set(range(len(lines))) - set(steps))
    bad = [at for at in steps if not _field(lines[at], 1).startswith("COMPLETED")]
    largest = sorted(steps, key=lambda at: _number(_field(lines[at], 4)))[-1:]
    kept = {*jobs[-(LINES_MAX // 3) :], *steps[: LINES_MAX // 6], *bad[: LINES_MAX // 3], *largest}
    # A step is read together with the job above it.
    first = min(kept & set(jobs), default=0)
    return [lines[at] for at in sorted(kept) if at >= first]


def _field(line: str, index: int) -> str:
    fields = line.rstrip("\n").split(SEPARATOR)
    return fields[index] if index < len(fields) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
