"""What is known about one job at one moment, typed, from the answers that were kept. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

import attrs

from autolab_core.io.layout import RunPaths
from autolab_core.models.job import Answer, JobHandle
from autolab_core.schedulers.markers import (
    CancelRequest,
    ExitMarker,
    SignalMarker,
    StartMarker,
    parse_cancel,
    parse_exit,
    parse_signal,
    parse_start,
)
from autolab_core.schedulers.slurm.errors import Complaint, classify
from autolab_core.schedulers.slurm.job_ids import JobId, parse_id, tasks_of
from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.scontrol import SiteConfig, parse_config
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.vocab.errors import DocumentError, ParseError
from autolab_core.vocab.times import parse_timestamp

__all__ = ["GRACE_SECONDS", "MARKER", "Heard", "Silence", "SlurmEvidence", "evidence_of", "gather", "identity"]

# The accounting hears of a start within 5 s and of an end within some more, and slurmctld forgets a job at once.
GRACE_SECONDS: Final = 60
# The first word of an answer that is a file of the run, not a command's.
MARKER: Final = "read"
_NOTHING: Final = SiteConfig()
_LOGS: Final = RunPaths("")
_Marker = TypeVar("_Marker")


class Silence(StrEnum):
    """Why there is no row about the job."""

    NOT_ASKED = "it was not asked"
    NOT_LISTED = "it does not list the job"
    INVALID_ID = "it knows no job of that id"
    UNREACHABLE = "it did not answer"
    UNAVAILABLE = "there is none, or it may not be asked"
    GARBAGE = "its answer cannot be read"

    @property
    def certain(self) -> bool:
        """True when the question was answered: there is no such job there."""
        return self in {Silence.NOT_LISTED, Silence.INVALID_ID}


@attrs.frozen
class Heard:
    """What one of Slurm's two memories said: ``rows`` of this very id, or why there are none, with its own words."""

    rows: tuple[JobRow, ...] = ()
    silence: Silence | None = Silence.NOT_ASKED
    said: str = ""


@attrs.frozen
class SlurmEvidence:
    """Everything that is known about a job whose name is ``token``.

    ``accounting.rows`` are its attempts, in their order. ``damaged`` says which of the job's own files cannot be read.
    ``submitted_at`` is when it was submitted, or was about to be. ``config`` is what the cluster says about itself.
    """

    token: str
    job_id: JobId | None
    asked_at: datetime
    queue: Heard = Heard()
    accounting: Heard = Heard()
    start: StartMarker | None = None
    exit: ExitMarker | None = None
    signal: SignalMarker | None = None
    cancel: CancelRequest | None = None
    damaged: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    config: SiteConfig = _NOTHING
    grace: int = GRACE_SECONDS


def gather(
    token: str,
    job_id: JobId | None,
    answers: Sequence[Answer],
    *,
    asked_at: datetime,
    submitted_at: datetime | None = None,
) -> SlurmEvidence:
    """The evidence that *answers* hold: of ``squeue``, of ``sacct``, of ``scontrol show config``, and the job's own
    files (``MARKER``, path).

    It is the same whether they were given a moment ago or are read back from the run's folder.
    """
    queue = _heard(_last(answers, "squeue"), parse_squeue, job_id)
    accounting = _heard(_last(answers, "sacct"), parse_sacct, job_id)
    files = {answer.argv[1]: answer for answer in answers if answer.argv[:1] == (MARKER,)}
    damaged: list[str] = []

    def marker(place: str, parse: Callable[[bytes, str], _Marker]) -> _Marker | None:
        return _marker(next((files[path] for path in files if path.endswith(place)), None), parse, damaged)

    found = SlurmEvidence(
        token,
        job_id,
        asked_at,
        queue,
        accounting,
        start=marker(_LOGS.start_marker, parse_start),
        exit=marker(_LOGS.exit_marker, parse_exit),
        signal=marker(_LOGS.signal_marker, parse_signal),
        cancel=marker(_LOGS.cancel_request, parse_cancel),
        submitted_at=submitted_at,
        config=_config(_last(answers, "scontrol")),
    )
    return attrs.evolve(found, damaged=tuple(damaged))


def evidence_of(handle: JobHandle, answers: Sequence[Answer], now: datetime) -> SlurmEvidence:
    """The evidence that *answers* hold about the job of *handle*. Raises ParseError where its id is none.

    The look was when the last of them was given, and *now* only where there is none.
    """
    times = [time for at in {each.at for each in answers} if (time := parse_timestamp(at)) is not None]
    submitted = parse_timestamp(handle.submitted_at) if handle.submitted_at is not None else None
    asked_at = max(times, default=now)
    return gather(handle.token, identity(handle), answers, asked_at=asked_at, submitted_at=submitted)


@lru_cache(maxsize=1 << 14)  # each look is about the same jobs
def identity(handle: JobHandle) -> JobId | None:
    """The id on record, with the cluster that commands have to name; None where there is no id.

    Raises ParseError for text that is no id.
    """
    if not handle.job_id:
        return None
    found = parse_id(handle.job_id)
    return found._replace(cluster="" if handle.own else handle.cluster or found.cluster)


def _config(answer: Answer | None) -> SiteConfig:
    try:
        return parse_config(answer.stdout.encode()) if answer is not None else _NOTHING
    except ParseError:
        return _NOTHING


def _last(answers: Sequence[Answer], program: str) -> Answer | None:
    return next((answer for answer in reversed(answers) if answer.argv[:1] == (program,)), None)


def _heard(answer: Answer | None, parse: Callable[[bytes], tuple[JobRow, ...]], job_id: JobId | None) -> Heard:
    if answer is None or job_id is None:
        return Heard()
    if answer.exit_code is None:
        return Heard(silence=Silence.UNREACHABLE, said=answer.stderr[:300])
    complaint, said = classify(answer.exit_code, answer.stderr.encode())
    if complaint is Complaint.INVALID_ID:
        return Heard(silence=Silence.INVALID_ID, said=said)
    if complaint in {Complaint.ACCOUNTING_DISABLED, Complaint.NOT_PERMITTED}:
        return Heard(silence=Silence.UNAVAILABLE, said=said)
    if complaint is not Complaint.NONE:
        return Heard(silence=Silence.UNREACHABLE, said=said)
    try:
        rows = tuple(row for row in parse(answer.stdout.encode()) if _is_about(row, job_id))
    except ParseError as error:
        return Heard(silence=Silence.GARBAGE, said=str(error)[:300])
    return Heard(rows, None) if rows else Heard(silence=Silence.NOT_LISTED)


def _is_about(row: JobRow, job_id: JobId) -> bool:
    if row.id.job != job_id.job or row.id.part != job_id.part:
        return False
    if not row.id.many or job_id.many:
        return row.id.task == job_id.task
    return any(task.task == job_id.task for task in tasks_of(row.id))


def _marker(answer: Answer | None, parse: Callable[[bytes, str], _Marker], damaged: list[str]) -> _Marker | None:
    if answer is None:
        return None
    if answer.exit_code != 0:
        damaged.append(answer.stderr)
        return None
    try:
        return parse(answer.stdout.encode(), answer.argv[1])
    except DocumentError as error:
        damaged.append(str(error))
        return None
