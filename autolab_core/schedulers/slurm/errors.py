"""What a complaint of Slurm's commands means. Pure.

Slurm's sentences are fixed English text (``slurm_strerror`` in ``slurm_errno.c``); only what libc says beside them
follows the language, so commands are run with ``LC_ALL=C``. What is not recognised is ``UNCLEAR``, never "no".
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from autolab_core.schedulers.slurm.job_ids import JobId, submitted_id, submitted_ids
from autolab_core.vocab.errors import ParseError

__all__ = ["Complaint", "Diagnosis", "Fate", "Submission", "classify", "submission"]


class Complaint(StrEnum):
    """Why a command did not answer."""

    NONE = "nothing is wrong"
    UNREACHABLE = "slurmctld cannot be reached"
    ACCOUNTING_UNREACHABLE = "the accounting cannot be reached"
    ACCOUNTING_DISABLED = "the cluster keeps no accounting"
    INVALID_ID = "there is no job of that id"
    REFUSED = "Slurm refuses it"
    NOT_PERMITTED = "not permitted"
    MISCONFIGURED = "Slurm is not set up here"
    BUSY = "Slurm is busy"
    MISUSED = "the command does not understand what was asked"
    UNCLEAR = "unclear"


class Diagnosis(NamedTuple):
    """A complaint, and the line of standard error that says so."""

    complaint: Complaint
    reason: str = ""


# In this order: a line of the first kind that matches decides. Seen on 22.05.8 unless marked.
_SENTENCES: Final[tuple[tuple[Complaint, re.Pattern[str]], ...]] = tuple(
    (complaint, re.compile("|".join(sentences)))
    for complaint, sentences in (
        (
            Complaint.ACCOUNTING_DISABLED,
            (r"Slurm accounting storage is disabled", r"not running a supported accounting"),
        ),
        (
            Complaint.MISCONFIGURED,
            (
                r"Could not establish a configuration source",
                r"Unable to process configuration file",
                r"No cluster '.*' known by database",
                r"can't be reached now, or it is an invalid entry for --cluster",
            ),
        ),
        (
            Complaint.ACCOUNTING_UNREACHABLE,
            (
                r"Problem talking to the database",
                r"slurm_persist_conn_open",
                r"Sending PersistInit msg",
                r"Unable to connect to database",
            ),
        ),
        (
            Complaint.UNREACHABLE,
            (
                r"Unable to contact slurm controller",
                r"Socket timed out on send/recv operation",
                r"Zero Bytes were transmitted or received",
                r"Munge encode failed",
                r"Protocol authentication error",
                r"authentication error",
                r"Connection (?:refused|reset by peer|timed out)",
                r"Transport endpoint is not connected",  # not seen here
                r"Message (?:send|receive) failure",  # not seen here
                r"Slurm backup controller in standby mode",  # not seen here
                r"Unexpected message received",  # not seen here
            ),
        ),
        (Complaint.BUSY, (r"temporarily unable to accept job", r"Resource temporarily unavailable", r"rate limit")),
        (
            Complaint.INVALID_ID,
            (r"Invalid job id", r"Bad job/step specified", r"Job/step already completing or completed"),
        ),
        (
            Complaint.NOT_PERMITTED,
            (
                r"Access/permission denied",
                r"Access denied",
                r"not authorized",
                r"Permission denied",
                r"Invalid user id",
            ),
        ),
        (
            Complaint.MISUSED,
            (
                r"unrecognized option",
                r"invalid option",
                r"Invalid field requested",
                r"Invalid time specification",
                r"Invalid --[a-z-]+ specification",
                r"Invalid user:",
                r"Invalid numeric value",
                r"option requires an argument",
            ),
        ),
    )
)

# What slurmctld answers to a request that it has looked at, and did not take. No job exists after one of these.
_REFUSALS: Final = frozenset(
    {
        "Access/permission denied",
        "Invalid account or account/partition combination specified",
        "Invalid feature specification",
        "Invalid generic resource (gres) specification",
        "Invalid job array specification",
        "Invalid license specification",
        "Invalid node name specified",
        "Invalid partition name specified",
        "Invalid qos specification",
        "Invalid Trackable RESource (TRES) specification",
        "Invalid wckey specification",
        "Job dependency problem",
        "Job size specification needs to be provided",
        "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
        "Memory required by task is not available",
        "More processors requested than permitted",
        "Node count specification invalid",
        "Requested node configuration is not available",
        "Requested partition configuration not available now",
        "Requested reservation is invalid",
        "Requested reservation not usable now",
        "Requested time limit is invalid (missing or exceeds some limit)",
        "Required node not available (down, drained or reserved)",
        "User's group not permitted to use this partition",
        "Invalid user id",
        "Task count specification invalid",
    }
)
_FAILED: Final = re.compile(r"Batch job submission failed: (.*)")
# sbatch itself refuses what it cannot read; nothing has been sent then.
_UNREADABLE: Final = re.compile(
    r"sbatch: (?:error: |fatal: )?(?:unrecognized option|invalid option|option requires an argument"
    r"|Invalid --[a-z-]+ spec|Invalid numeric value|Unable to open file|This does not look like a batch script"
    r"|Batch script contains DOS|Batch script is empty|Script arguments not permitted)"
    r"|sbatch: (?:error: )?Invalid generic resource \(gres\) specification"
)
# The request never left this machine.
_NOT_SENT: Final = re.compile(
    r"Munge encode failed|Could not establish a configuration source|Unable to process configuration file"
    r"|No cluster '.*' known by database|Unable to contact slurm controller \(connect failure\)"
)


class Fate(StrEnum):
    """What became of a submission. Only ``UNCLEAR`` leaves open whether there is a job."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNCLEAR = "unclear"


class Submission(NamedTuple):
    """The answer of ``sbatch``: ``id`` where it was accepted, and the reason in its own words where it was not."""

    fate: Fate
    id: JobId | None = None
    reason: str = ""


def classify(exit_code: int, stderr: bytes) -> Diagnosis:
    """What *stderr* says, whatever the exit code: squeue and sinfo end with 0 although nothing could be asked.

    A command that failed and said nothing known is UNCLEAR, one that did not fail and said nothing known has no
    complaint. INVALID_ID of ``squeue`` means "not remembered", never "done".
    """
    lines = stderr.decode("utf-8", "replace").splitlines()
    for complaint, pattern in _SENTENCES:
        said = next((line for line in reversed(lines) if pattern.search(line)), None)
        if said is not None:
            return Diagnosis(complaint, said.strip()[:300])
    if exit_code == 0:
        return Diagnosis(Complaint.NONE)
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    for line in lines:
        match = _FAILED.search(line)
        if match is not None and match.group(1).strip() in _REFUSALS:
            return Diagnosis(Complaint.REFUSED, match.group(1).strip())
    return Diagnosis(Complaint.UNCLEAR, last[:300] or f"it ended with {exit_code} and said nothing")


def submission(exit_code: int, stdout: bytes, stderr: bytes) -> Submission:
    """What became of a submission. An id that was printed counts, whatever the exit code.

    ``Socket timed out``, ``Zero Bytes`` and everything that is not known are UNCLEAR: seen on 22.05.8, the job exists
    although sbatch gave up on slurmctld. A command that was killed or did not end in time is UNCLEAR too.
    """
    said = stderr.decode("utf-8", "replace")
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")[:300]
    printed = stdout.decode("utf-8", "replace")
    try:
        return Submission(Fate.ACCEPTED, submitted_id(printed))
    except ParseError as error:
        if exit_code == 0 or submitted_ids(printed):
            return Submission(Fate.UNCLEAR, reason=f"{error}{f' ({last})' if last else ''}")
    if exit_code < 0:
        return Submission(Fate.UNCLEAR, reason=f"sbatch was ended by signal {-exit_code}")
    answers = [match.group(1).strip() for match in _FAILED.finditer(said)]
    if answers and answers[-1] in _REFUSALS:
        return Submission(Fate.REFUSED, reason=_refusal(said))
    if answers == ["Resource temporarily unavailable"] and "temporarily unable to accept job" in said:
        return Submission(Fate.NOT_SENT, reason="the cluster takes no more jobs now (MaxJobCount)")
    if not answers and _UNREADABLE.search(said):
        return Submission(Fate.REFUSED, reason=_refusal(said))
    if _NOT_SENT.search(said) and not re.search(r"Socket timed out|Zero Bytes", said):
        return Submission(Fate.NOT_SENT, reason=last)
    return Submission(Fate.UNCLEAR, reason=last or f"sbatch ended with {exit_code} and said nothing")


def _refusal(said: str) -> str:
    """All that sbatch said, in one line: the first line often names what the last one only refuses."""
    lines = (re.sub(r"^sbatch: (?:error: |fatal: )?", "", line.strip()) for line in said.splitlines())
    return "; ".join(line for line in lines if line and not line.startswith("Try "))[:300]
