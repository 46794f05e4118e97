"""A job of the fake cluster, and what the commands say of it in common."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ENDED", "Job", "accounted_exit", "clock", "controller_exit", "exit_reason", "limit_text", "tasks"]

# Slurm's words for a job that has ended.
ENDED = frozenset(
    {
        "BOOT_FAIL",
        "CANCELLED",
        "COMPLETED",
        "DEADLINE",
        "FAILED",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "PREEMPTED",
        "REVOKED",
        "TIMEOUT",
    }
)
# sacct says 0:0 of these whatever the batch step ended with.
_CLEAN_IN_ACCOUNTING = frozenset({"CANCELLED", "NODE_FAIL", "PREEMPTED", "TIMEOUT"})
_REASONS = {
    "BOOT_FAIL": "JobLaunchFailure",
    "DEADLINE": "DeadLine",
    "NODE_FAIL": "NodeDown",
    "OUT_OF_MEMORY": "OutOfMemory",
    "TIMEOUT": "TimeLimit",
}


class Job:
    """A job, or one task of an array. Times are seconds since 1970, and 0 for what has not happened.

    ``serial`` is its identity; ``id`` is not, because a controller that lost its state gives ids again. ``status`` is
    a wait status (``exit << 8 | signal``). ``known`` tells whether slurmctld knows it, ``accounted`` whether the
    accounting ever will. ``starts_after`` and ``runs_for`` are seconds, None for never by itself.
    """

    serial: int = 0
    id: int = 0
    array: int = 0  # the id of the array that it is a task of
    task: int | None = None
    throttle: str = ""
    name: str = ""
    comment: str = ""
    script: str = ""
    copy: str = ""
    folder: str = ""
    output: str = ""
    partition: str = ""
    nodes: str = ""
    state: str = "PENDING"
    reason: str = "None"
    status: int = 0
    submitted: int = 0
    started: int = 0
    ended: int = 0
    limit: int | None = None  # minutes
    memory: str = "100M"
    held: bool = False
    requeue: bool = False
    restarts: int = 0
    cancelled_by: int | None = None
    known: bool = True
    accounted: bool = True
    starts_after: float | None = None
    runs_for: float | None = None
    exit_code: int = 0  # what it will end with
    claimed: bool = False  # a process has been started that runs it
    group: int = 0  # the process group that runs it, when jobs are really run

    def __init__(self, given: dict[str, Any]) -> None:
        self.__dict__.update(given)

    @property
    def shown(self) -> str:
        """The id as squeue and sacct write it."""
        return f"{self.array}_{self.task}" if self.task is not None else str(self.id)

    @property
    def over(self) -> bool:
        return self.state in ENDED

    def answers_to(self, text: str) -> bool:
        """Whether the id *text* (``5``, ``5_1``, ``5_[1-3]``) means this job."""
        number, _, task = text.partition(".")[0].partition("_")
        if number not in {str(self.id), str(self.array)}:
            return False
        return not task or (self.task is not None and str(self.array) == number and self.task in tasks(task))

    def start(self, now: int, node: str) -> None:
        self.state, self.reason, self.started, self.nodes = "RUNNING", "None", now, node

    def finish(self, state: str, status: int, now: int, reason: str = "") -> None:
        """It has ended as *state* with the wait status *status*."""
        self.reason = reason or exit_reason(state, status)
        self.state, self.status, self.ended = state, status, now
        # Slurm gives a job that was cancelled while it waited a start, too.
        self.started = self.started or now


def tasks(text: str) -> set[int]:
    """The tasks that ``4``, ``1-3``, ``[1,4-8:2%1]`` stand for. Raises ValueError."""
    found: set[int] = set()
    for piece in text.strip("[]").partition("%")[0].split(","):
        span, _, step = piece.partition(":")
        first, _, last = span.partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def exit_reason(state: str, status: int) -> str:
    """Slurm's Reason of a job that ended by itself."""
    if state == "FAILED":
        return "JobLaunchFailure" if status & 0x7F else "NonZeroExitCode"
    return _REASONS.get(state, "None")


def controller_exit(job: Job) -> str:
    """``ExitCode`` of scontrol: all eight bits, and the signal."""
    return f"{job.status >> 8}:{job.status & 0x7F}"


def accounted_exit(job: Job) -> str:
    """``ExitCode`` of sacct's row of the job: seven bits, and nothing for what Slurm itself ended."""
    if job.state in _CLEAN_IN_ACCOUNTING:
        return "0:0"
    if job.status == 1:  # 22.05 takes SIGHUP, and its own mark for DEADLINE, for an exit code
        return "1:0"
    return f"{(job.status >> 8) & 0x7F}:{job.status & 0x7F}"


def clock(seconds: float, days: bool = True) -> str:
    """``[D-]HH:MM:SS``."""
    whole = max(0, int(seconds))
    day, rest = divmod(whole, 86400)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{day}-{text}" if day and days else text


def limit_text(minutes: int | None) -> str:
    """A time limit as scontrol and sacct write it."""
    return "UNLIMITED" if minutes is None else clock(minutes * 60)
