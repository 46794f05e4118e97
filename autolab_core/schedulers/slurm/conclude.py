"""From evidence to one observation: pure. Nothing is ever "done" because it is not there, and no success is guessed.

What slurmctld says now goes before what the accounting has heard, and the job's own exit code before both: slurmctld
and the exit marker keep its 8 bits, the accounting of 22.05 keeps 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import attrs

from autolab_core.models.job import Answer, JobHandle, JobObservation
from autolab_core.schedulers.endings import exit_words, signal_name
from autolab_core.schedulers.markers import ExitMarker
from autolab_core.schedulers.slurm.amounts import usage_of
from autolab_core.schedulers.slurm.catching_up import CATCH_UP_SECONDS, accounting_due, behind, with_canceller
from autolab_core.schedulers.slurm.evidence import Heard, Silence, SlurmEvidence, evidence_of
from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.schedulers.slurm.remarks import remarks
from autolab_core.schedulers.slurm.stuck import why_stuck
from autolab_core.vocab.errors import ParseError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.times import format_utc, parse_timestamp

__all__ = ["conclude", "conclusion"]

# sacct writes this for a job whose start it has not heard of.
_UNNAMED: Final = "allocation"
_UNHEARD: Final = "the accounting has not heard of its start yet"
# Slurm may send the warning a minute early, and a minute before the limit is when it was asked for.
_NEAR_LIMIT_SECONDS: Final = 150
_OUT_OF_MEMORY: Final = 125  # written where the number of a signal stands
_STARTED_BEFORE: Final = 75  # what our script ends with when it is started a second time
_OUTPUT: Final = 53  # slurmstepd could not open the output file
# Slurm ends these itself, and writes 1 for a wait status that nobody gave: no code, and no SIGHUP.
_NO_STATUS: Final = frozenset({"BOOT_FAIL", "DEADLINE", "NODE_FAIL"})
_MAY_NOT_RUN: Final = frozenset({"CANCELLED", "DEADLINE"})
_STAND_INS: Final = frozenset({(0, 1), (1, 0)})
# A job that may start again ends like this in the accounting, and goes on.
_GO_ON: Final = frozenset({"NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "REQUEUED"})
# How far the clocks of two machines of a cluster may be apart.
_CLOCKS_SECONDS: Final = 5
_LATER: Final = "asked again later"


class _Rows(NamedTuple):
    """The rows that carry the token. ``attempts`` are those of the accounting."""

    queue: JobRow | None
    attempts: tuple[JobRow, ...]
    notes: tuple[str, ...]

    @property
    def account(self) -> JobRow | None:
        return self.attempts[-1] if self.attempts else None


def conclusion(handle: JobHandle, answers: Sequence[Answer], now: datetime) -> JobObservation:
    """What *answers* say about the job of *handle*: those of a moment ago, or of a look that was kept.

    The look was when the last of them was given, and *now* only where there is none.
    """
    try:
        evidence = evidence_of(handle, answers, now)
    except ParseError as error:
        return JobObservation(JobState.UNKNOWN, reason=str(error), answers=tuple(answers))
    return attrs.evolve(conclude(evidence), answers=tuple(answers))


def conclude(evidence: SlurmEvidence) -> JobObservation:
    """What *evidence* says about the job that carries its token."""
    evidence, foreign = _own_markers(evidence)
    rows = _believed(evidence)
    notes = [*foreign, *evidence.damaged, *rows.notes]
    attempt = max(len(rows.attempts), 1 + ((rows.queue.restarts or 0) if rows.queue else 0))
    row = rows.queue or (rows.account if _decides(evidence, rows) else None)
    if row is not None:
        seen = _from_row(_of_attempt(evidence, row, attempt), row, rows.queue, notes)
    else:
        seen = _without_end(evidence, rows, notes)
    notes += remarks(rows.queue, rows.account)
    due = accounting_due(evidence, rows.queue, rows.attempts)
    if not due and behind(evidence, rows.queue, rows.attempts):
        notes.append(
            f"the accounting had not all of its end after {CATCH_UP_SECONDS} s: steps or memory may be missing"
        )
    notes = [note for note in notes if note and not (due and note == _UNHEARD)]
    known = rows.queue is not None or rows.account is not None
    return attrs.evolve(
        seen,
        usage=usage_of(rows.queue, rows.account, evidence.asked_at),
        notes=tuple(dict.fromkeys(notes)),
        attempt=attempt if known else None,
        job_id=None if evidence.job_id is None else str(evidence.job_id),
        accounting_due=due,
    )


def _own_markers(evidence: SlurmEvidence) -> tuple[SlurmEvidence, list[str]]:
    """*evidence* without the files that are another job's. A file that lost its token counts as our own."""
    markers = {"start": evidence.start, "exit": evidence.exit, "signal": evidence.signal, "cancel": evidence.cancel}
    foreign = {name for name, each in markers.items() if each is not None and each.token not in {None, evidence.token}}
    notes = [f"the {name} marker carries another token: it proves nothing" for name in markers if name in foreign]
    own = attrs.evolve(
        evidence,
        start=None if "start" in foreign else evidence.start,
        exit=None if "exit" in foreign else evidence.exit,
        signal=None if "signal" in foreign else evidence.signal,
        cancel=None if "cancel" in foreign else evidence.cancel,
    )
    return own, notes


def _of_attempt(evidence: SlurmEvidence, row: JobRow, attempt: int) -> SlurmEvidence:
    """*evidence* without what an earlier attempt than *row* left: its markers stay until the script starts again."""
    since = row.started or row.submitted
    if attempt < 2 or since is None:
        return evidence
    ended = _time(evidence.exit.finished_at if evidence.exit else None)
    told = _time(evidence.signal.at if evidence.signal else None)
    begun = _time(evidence.start.started_at if evidence.start else None)
    slack = timedelta(seconds=_CLOCKS_SECONDS)
    return attrs.evolve(
        evidence,
        start=None if begun is not None and since - begun > slack else evidence.start,
        exit=None if ended is not None and ended < since else evidence.exit,
        signal=None if told is not None and told < since else evidence.signal,
    )


# --- which rows are this job's


def _believed(evidence: SlurmEvidence) -> _Rows:
    notes: list[str] = []
    queue = [row for row in evidence.queue.rows if row.name == evidence.token]
    attempts = [row for row in evidence.accounting.rows if row.name == evidence.token]
    others = {row.name for row in (*evidence.queue.rows, *evidence.accounting.rows)} - {evidence.token, _UNNAMED, ""}
    if others and not queue:
        names = ", ".join(sorted(others))[:200]
        notes.append(f"Slurm gave the id {evidence.job_id} to another job too ({names}): its rows say nothing here")
    if not attempts and any(row.name in {_UNNAMED, ""} for row in evidence.accounting.rows):
        notes.append(_UNHEARD)
    for what, heard in (("squeue", evidence.queue), ("sacct", evidence.accounting)):
        if heard.said and not (heard.silence and heard.silence.certain):
            notes.append(f"{what}: {heard.said}")
    # In the order of their submission; rows without a time stay where they stand.
    if all(row.submitted for row in attempts):
        attempts.sort(key=lambda row: row.submitted or evidence.asked_at)
    return _Rows(with_canceller(queue[-1] if queue else None, attempts), tuple(attempts), tuple(notes))


def _decides(evidence: SlurmEvidence, rows: _Rows) -> bool:
    """True when the accounting's last row is an end, and it is certain that none of slurmctld's goes beyond it."""
    last = rows.account
    if last is None or last.state.means not in ENDED_JOB_STATES:
        return False
    return last.state.base not in _GO_ON or _gone(evidence)


def _gone(evidence: SlurmEvidence) -> bool:
    """True when slurmctld has answered, and what it listed (if anything) is not ours."""
    silence = evidence.queue.silence
    return silence is None or silence.certain


# --- a row decides


def _from_row(evidence: SlurmEvidence, row: JobRow, queue: JobRow | None, notes: list[str]) -> JobObservation:
    state = row.state.means
    native = row.state.native
    if state in ENDED_JOB_STATES:
        return _ended(evidence, row, queue, notes)
    started = _started(evidence, row) if state is JobState.RUNNING else None
    if state is JobState.UNKNOWN:
        reason = f"Slurm's word {row.state.text[:80]!r} for it is not understood, or leaves open where it runs"
        return JobObservation(state, reason=reason, native_state=native)
    if evidence.exit is not None and state is JobState.RUNNING:
        notes.append("its script has ended, and Slurm has not closed it yet")
    return JobObservation(state, reason=row.reason, started_at=started, native_state=native, stuck=why_stuck(row))


def _ended(evidence: SlurmEvidence, row: JobRow, queue: JobRow | None, notes: list[str]) -> JobObservation:
    if row.state.base in _NO_STATUS and row.exit is not None and (row.exit.code, row.exit.signal) in _STAND_INS:
        row = attrs.evolve(row, exit=None)
    status, marker = row.exit, evidence.exit
    refused = row.state.base == "FAILED" and status is not None and (status.code, status.signal) == (_STARTED_BEFORE, 0)
    if refused and marker is not None and marker.exit_code != _STARTED_BEFORE:
        # slurmctld died, forgot that it had started the job, and started it once more.
        notes.append("Slurm started it again, which its script refused: this is how the first start ended")
        return _by_marker(evidence, marker)
    state, code, signal = row.state.means, *_exit(evidence, row, queue, notes)
    reason = ""
    if state is JobState.COMPLETED and (code != 0 or signal):
        state = JobState.FAILED
        reason = (
            f"Slurm calls it {row.state.native}, and {_how(row, code, signal) or 'does not say that it ended with 0'}"
        )
    elif state is JobState.FAILED and (near := _warned(evidence, row)):
        state, reason = JobState.TIMEOUT, near
    elif state is not JobState.COMPLETED:
        reason = _reason(evidence, row, code, signal)
    if state is JobState.COMPLETED and evidence.exit is None:
        notes.append("Slurm says that it ended with 0; it left no exit marker of its own")
    return JobObservation(
        state,
        code,
        reason,
        _started(evidence, row),
        _finished(evidence, row),
        native_state=row.state.native,
        signal=signal,
    )


def _exit(
    evidence: SlurmEvidence, row: JobRow, queue: JobRow | None, notes: list[str]
) -> tuple[int | None, int | None]:
    """Exit code with all its bits, or None; and the signal that ended the job, or None."""
    status = row.exit
    signal = status.signal if status is not None and status.signal not in {0, _OUT_OF_MEMORY, _OUTPUT} else None
    marker = evidence.exit
    if marker is not None:
        whole = queue is not None
        heard = (
            None if status is None or status.signal or row.state.base not in {"FAILED", "COMPLETED"} else status.code
        )
        if heard is not None and heard != (marker.exit_code if whole else marker.exit_code & 0x7F):
            who = "squeue" if whole else "sacct"
            notes.append(f"its exit marker says {marker.exit_code}, {who} says {heard}")
            if not marker.exit_code:
                return (heard if whole else None), signal
        return marker.exit_code, signal
    if status is None or status.signal:
        return None, signal
    if queue is not None:
        code = status.code if status.code or row.state.base == "COMPLETED" else None
        return code, None
    if status.code == 0 and row.state.base == "COMPLETED":
        return 0, None
    if row.state.base == "FAILED":
        either = f"{status.code} or {status.code + 128}" if status.code else "128"
        notes.append(f"the accounting keeps 7 bits of an exit code: it was {either}")
    return None, None


def _how(row: JobRow, code: int | None, signal: int | None) -> str:
    if row.exit is not None and row.exit.signal == _OUTPUT and row.reason == "JobLaunchFailure":
        return "its output file could not be opened, and its script never ran"
    if signal:
        return f"it was ended by {signal_name(signal)}"
    if code:
        return f"it ended with {exit_words(code)}"
    return f"it ended with {row.exit}" if row.exit is not None and not row.exit.clean else ""


def _reason(evidence: SlurmEvidence, row: JobRow, code: int | None, signal: int | None) -> str:
    """Why it is no success, in words: what Slurm calls it, who did it, how it ended."""
    native = row.state.native
    cancelled = row.state.means is JobState.CANCELLED
    if row.state.means is JobState.TIMEOUT:
        limit = f" of {row.limit}" if row.limit is not None and row.limit.seconds else ""
        first = f"stopped at its time limit{limit}"
    elif cancelled:
        by = f" by user {row.state.by}" if row.state.by else ""
        asked = f": {evidence.cancel.reason}" if evidence.cancel is not None else ""
        first = f"cancelled{by}{asked}"
    else:
        first = native if native != "FAILED" else ""
    why = row.reason if row.reason not in {"NonZeroExitCode", "JobLaunchFailure", "TimeLimit"} and not cancelled else ""
    words = (first, why if why != native else "", _how(row, code, signal) if not cancelled else "")
    return "; ".join(word for word in words if word) or "Slurm says FAILED and nothing more"


def _warned(evidence: SlurmEvidence, row: JobRow) -> str:
    """That the script ended early because it was told that its limit is near; empty when it was not."""
    marker, limit = evidence.signal, row.limit.seconds if row.limit is not None else None
    begun = row.started or _time(evidence.start.started_at if evidence.start else None)
    told = _time(marker.at if marker else None) or row.ended
    if marker is None or not limit or begun is None or told is None or evidence.cancel is not None:
        return ""
    if row.state.base != "FAILED" or marker.signal not in {None, "TERM"}:
        return ""
    if limit - (told - begun).total_seconds() > min(_NEAR_LIMIT_SECONDS, limit / 2):
        return ""
    return f"it was told that its time limit of {row.limit} is near, and ended by itself"


def _started(evidence: SlurmEvidence, row: JobRow) -> str | None:
    own = evidence.start.started_at if evidence.start is not None else None
    # A job that ends while it waits has its end for a beginning too.
    never = row.state.base in _MAY_NOT_RUN and row.started == row.ended
    return own or (format_utc(row.started) if row.started is not None and not never else None)


def _finished(evidence: SlurmEvidence, row: JobRow) -> str | None:
    own = evidence.exit.finished_at if evidence.exit is not None else None
    return own or (format_utc(row.ended) if row.ended is not None else None)


# --- no row decides


def _without_end(evidence: SlurmEvidence, rows: _Rows, notes: list[str]) -> JobObservation:
    last = rows.account
    alone = _exit_alone(evidence, rows)
    if alone is not None:
        notes.append("Slurm says nothing of its end; its own exit marker does")
        return alone
    if last is not None and last.state.means is JobState.RUNNING and not _gone(evidence):
        notes.append("the accounting says so; slurmctld did not answer")
        return JobObservation(JobState.RUNNING, started_at=_started(evidence, last), native_state=last.state.native)
    native = last.state.native if last is not None else None
    if evidence.job_id is None:
        return JobObservation(JobState.UNKNOWN, reason="no job id is on record, so Slurm cannot be asked about it")
    if not _gone(evidence):
        said = f"squeue: {_words(evidence.queue)}; sacct: {_words(evidence.accounting)}"
        return JobObservation(JobState.UNKNOWN, reason=said, native_state=native)
    taken = last is None and evidence.queue.silence is None and evidence.exit is None
    if _fresh(evidence) and not taken:
        reason = f"neither slurmctld nor the accounting says what became of it yet: {_LATER}"
        return JobObservation(JobState.UNKNOWN, reason=reason, native_state=native)
    if last is not None and last.state.means not in ENDED_JOB_STATES:
        reason = f"slurmctld does not know it any more, and the accounting still says {last.state.native}: {_LATER}"
    else:
        reason = f"slurmctld does not know it (any more); {_accounting(evidence)}"
    notes.append("it left a start marker" if evidence.start is not None else "it left no start marker")
    return JobObservation(JobState.ABSENT, reason=reason, native_state=native)


def _accounting(evidence: SlurmEvidence) -> str:
    if evidence.config.accounting is not False:
        return f"sacct: {_words(evidence.accounting)}"
    age = evidence.config.min_job_age
    after = f", and slurmctld forgets a job {age.seconds} s after its end" if age is not None else ""
    return f"the cluster keeps no accounting{after}"


def _words(heard: Heard) -> str:
    if heard.silence is None:
        return "another job has its id, or it has not ended there"
    told = heard.silence is not Silence.NOT_ASKED and heard.said
    return f"{heard.silence}{f' ({heard.said})' if told else ''}"


def _exit_alone(evidence: SlurmEvidence, rows: _Rows) -> JobObservation | None:
    """What the exit marker says, once Slurm has said nothing better for longer than the grace."""
    marker = evidence.exit
    ended = _time(marker.finished_at) if marker is not None else None
    if marker is None or ended is None or (evidence.asked_at - ended).total_seconds() < evidence.grace:
        return None
    waits = rows.account is not None and rows.account.state.means is not JobState.RUNNING
    # A job that was told to stop, or whose last attempt is over, may have been put back: only slurmctld knows.
    if not _gone(evidence) and (waits or evidence.signal is not None or len(rows.attempts) > 1):
        return None
    return _by_marker(evidence, marker)


def _by_marker(evidence: SlurmEvidence, marker: ExitMarker) -> JobObservation:
    """The end that the job itself put on record."""
    begun = evidence.start.started_at if evidence.start is not None else None
    code = marker.exit_code
    if code == 0:
        return JobObservation(JobState.COMPLETED, 0, "", begun, marker.finished_at)
    if evidence.cancel is not None and evidence.signal is not None:
        return JobObservation(JobState.CANCELLED, code, evidence.cancel.detail, begun, marker.finished_at)
    told = f" after it was told to stop (SIG{evidence.signal.signal or '?'})" if evidence.signal is not None else ""
    reason = f"it ended with {exit_words(code)}{told}"
    return JobObservation(JobState.FAILED, code, reason, begun, marker.finished_at)


def _fresh(evidence: SlurmEvidence) -> bool:
    """True while both memories of Slurm may still be behind."""
    times = [
        evidence.submitted_at,
        _time(evidence.start.started_at if evidence.start else None),
        _time(evidence.exit.finished_at if evidence.exit else None),
    ]
    latest = max((each for each in times if each is not None), default=None)
    return latest is not None and (evidence.asked_at - latest).total_seconds() < evidence.grace


def _time(text: str | None) -> datetime | None:
    return parse_timestamp(text) if text is not None else None
