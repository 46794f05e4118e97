"""Slurm's ids of jobs, array tasks, parts of heterogeneous jobs and steps. Pure. An id is text, never a number.

The grammar is that of "JOB ID" in sacct(1), squeue(1) and sbatch(1): ``123``, ``123_4``, ``123_[1-10%2]``,
``123_[1-9:2,15]``, ``123+1``, ``123.batch``, ``123_4.0``, ``123;cluster``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from autolab_core.vocab.errors import ParseError

__all__ = ["TASKS_MAX", "JobId", "parse_id", "submitted_id", "submitted_ids", "tasks_of"]

TASKS_MAX: Final = 100_000  # above any MaxArraySize in use (4,000,001 is possible, and nothing here needs as many)

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,9})"
_CLUSTER: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_ID: Final = re.compile(
    rf"(?P<job>[1-9][0-9]{{0,9}})"
    rf"(?:_(?P<task>{_NUMBER}|\*|\[[0-9,:%.\-]{{1,1000000}}\]))?"
    rf"(?:\+(?P<part>{_NUMBER}))?"
    rf"(?:\.(?P<step>{_NUMBER}(?:\+{_NUMBER})?|batch|extern|interactive|TBD))?"
    rf"(?:;(?P<cluster>{_CLUSTER}))?"
)
_RANGE: Final = re.compile(rf"({_NUMBER})(?:-({_NUMBER})(?::({_NUMBER}))?)?")
_SUBMITTED: Final = re.compile(rf"Submitted batch job ([1-9][0-9]{{0,9}})(?: on cluster ({_CLUSTER}))?")
_PARSABLE: Final = re.compile(rf"[1-9][0-9]{{0,9}}(?:;{_CLUSTER})?")


class JobId(NamedTuple):
    """An id in its parts; what is not there is empty. ``str()`` of it is the text that Slurm's commands take.

    ``task`` is one task (``4``) or the tasks that one line stands for (``[1-10%2,15]``); ``part`` is the offset in a
    heterogeneous job; ``cluster`` is no part of the text, because commands are told it by ``--clusters``.
    """

    job: str
    task: str = ""
    part: str = ""
    step: str = ""
    cluster: str = ""

    def __str__(self) -> str:
        task = f"_{self.task}" if self.task else ""
        part = f"+{self.part}" if self.part else ""
        return f"{self.job}{task}{part}{f'.{self.step}' if self.step else ''}"

    @property
    def full(self) -> str:
        """The text with its cluster, as ``sbatch --parsable`` writes it: what is put on record."""
        return f"{self};{self.cluster}" if self.cluster else str(self)

    @property
    def whole(self) -> JobId:
        """The job that this step belongs to; itself for what is no step."""
        return self._replace(step="")

    @property
    def many(self) -> bool:
        """True when it stands for several tasks of an array."""
        return self.task.startswith("[") or self.task == "*"


@lru_cache(maxsize=1 << 14)  # each look is told of the same jobs
def parse_id(text: str) -> JobId:
    """Read one id. Raises ParseError naming *text*."""
    match = _ID.fullmatch(text)
    if match is None:
        raise ParseError(f"{text[:200]!r} is not a Slurm job id")
    return JobId(**{name: value or "" for name, value in match.groupdict().items()})


def tasks_of(identifier: JobId, limit: int = TASKS_MAX) -> Iterator[JobId]:
    """Each single task that *identifier* stands for, lazily; itself when it stands for one job.

    Raises ParseError for a list of tasks that was cut short (``[1,3,...]``) or cannot be read, before the first task,
    and for more than *limit* tasks once those were given.
    """
    if not identifier.many:
        return iter((identifier,))
    inner = identifier.task.strip("[]").partition("%")[0]
    spans = []
    for piece in inner.split(","):
        match = _RANGE.fullmatch(piece)
        if match is None:
            what = "was cut short" if "..." in piece or identifier.task == "*" else "cannot be read"
            raise ParseError(f"the list of tasks of {str(identifier)[:200]!r} {what}")
        first, last, step = (int(each) if each is not None else None for each in match.groups())
        assert first is not None  # the pattern's first group is not optional
        spans.append(range(first, (first if last is None else last) + 1, step or 1))
    return _each(identifier, spans, limit)


def _each(identifier: JobId, spans: list[range], limit: int) -> Iterator[JobId]:
    left = limit
    for span in spans:
        for number in span:
            if not left:
                raise ParseError(f"{str(identifier)[:200]!r} stands for more than {limit} tasks")
            left -= 1
            yield identifier._replace(task=str(number))


def submitted_ids(stdout: str) -> tuple[JobId, ...]:
    """The different ids in what ``sbatch`` printed, with or without ``--parsable``, also among other lines."""
    found: dict[JobId, None] = {}
    for line in stdout.splitlines():
        match = _SUBMITTED.search(line)
        if match is not None:
            found[JobId(match.group(1), cluster=match.group(2) or "")] = None
        elif _PARSABLE.fullmatch(line.strip()):
            found[parse_id(line.strip())] = None
    return tuple(found)


def submitted_id(stdout: str) -> JobId:
    """The one id in what ``sbatch`` printed.

    Raises ParseError when there is none, and when there are several: which one it is, only a search by name can tell.
    """
    found = submitted_ids(stdout)
    if len(found) == 1:
        return found[0]
    if found:
        raise ParseError(f"sbatch's answer holds several job ids: {', '.join(each.full for each in found)[:200]}")
    raise ParseError(f"sbatch's answer holds no job id: {stdout.strip()[-200:]!r}")
