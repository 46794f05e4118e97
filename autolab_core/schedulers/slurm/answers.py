"""One answer about many jobs, cut into each job's own part, word for word. Pure.

What is kept of a look is what was said about one job, so that the same conclusion can be drawn from it later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm.argv import SEPARATOR
from autolab_core.schedulers.slurm.job_ids import parse_id
from autolab_core.vocab.errors import ParseError

__all__ = ["LINES_MAX", "STRANGE_BYTES", "shares"]

LINES_MAX: Final = 60
STRANGE_BYTES: Final = 2000
_SAID_BYTES: Final = 1000
_IDS: Final = re.compile(r"^--jobs=.*", re.DOTALL)


def shares(answer: Answer, jobs: Iterable[str]) -> Mapping[str, Answer]:
    """The part of *answer* that is about each of *jobs* (the number of a job, without task or step).

    A job that is not listed gets an empty part. Where a line cannot be read, it may have been about any job that is not
    listed, so those get that line: a broken answer must not look as if a job were gone.
    """
    header, lines = _lines(answer)
    parts: dict[str, list[str]] = {}
    strange = ""
    for line in lines:
        number = _job_of(line)
        if number is None or not line.endswith("\n"):
            strange = strange or line[:STRANGE_BYTES]
        else:
            parts.setdefault(number, []).append(line)
    said = answer.stderr[-_SAID_BYTES:]
    return {
        job: Answer(
            tuple(_IDS.sub(f"--jobs={job}", word) for word in answer.argv),
            answer.exit_code,
            header + ("".join(_bounded(parts[job])) if job in parts else strange),
            said,
            answer.at,
        )
        for job in jobs
    }


def _lines(answer: Answer) -> tuple[str, list[str]]:
    """The header of sacct's answer, and all lines below it, each with its end."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", answer.stdout)
    if answer.argv[:1] == ("sacct",):
        at = next((at for at, line in enumerate(lines) if line.startswith(f"JobID{SEPARATOR}")), None)
        if at is not None and lines[at].endswith("\n"):
            return lines[at], lines[at + 1 :]
    return "", lines


def _job_of(line: str) -> str | None:
    try:
        return parse_id(line.partition(SEPARATOR)[0]).job
    except ParseError:
        return None


def _bounded(lines: Sequence[str]) -> list[str]:
    """*lines*, or of a job with very many steps those that can matter, in their order."""
    if len(lines) <= LINES_MAX:
        return list(lines)
    steps = [at for at, line in enumerate(lines) if "." in line.partition(SEPARATOR)[0]]
    jobs = sorted(set(range(len(lines))) - set(steps))
    bad = [at for at in steps if not _field(lines[at], 1).startswith("COMPLETED")]
    largest = sorted(steps, key=lambda at: _number(_field(lines[at], 4)))[-1:]
    kept = {*jobs[-(LINES_MAX // 3) :], *steps[: LINES_MAX // 6], *bad[: LINES_MAX // 3], *largest}
    # A step is read together with the job above it.
    first = min(each for each in kept if each in set(jobs))
    return [lines[at] for at in sorted(kept) if at >= first]


def _field(line: str, index: int) -> str:
    fields = line.rstrip("\n").split(SEPARATOR)
    return fields[index] if index < len(fields) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
