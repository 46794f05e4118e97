"""Errors, named by who must act.

Every error a user can cause carries one readable line. ``exit_code`` is what a command returns for it;
see ``docs/exit-codes.md``. None of them is caught below a command's top level unless it is turned into
an outcome.
"""

from __future__ import annotations

__all__ = [
    "AbortTriggered",
    "AutolabError",
    "DocumentError",
    "EngineError",
    "EngineRejected",
    "EngineUnknown",
    "EngineUnreachable",
    "ExperimentRefused",
    "GuardRefused",
    "LockHeld",
    "ParseError",
    "QueryFailed",
    "RunnerError",
    "SchedulerError",
    "StoreError",
    "SubmitRejected",
    "SubmitUnknown",
    "UsageError",
]


def _one_line(text: str) -> str:
    """*text* with everything unprintable escaped: a key or a file name must not write lines, or to the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class AutolabError(Exception):
    """Base of every error that this project raises on purpose."""

    exit_code = 2


class UsageError(AutolabError):
    """The caller asked for something that cannot be decided or done. The message says what to do instead."""


class DocumentError(AutolabError):
    """A file cannot be read as what it should be; its author must act.

    ``path`` is the file as the user knows it (relative to the repository where there is one), ``line`` and
    ``column`` count from 1 and are ``None`` when the fault has no place (a missing file), ``pointer`` is an
    RFC 6901 JSON Pointer to the value ("" is the whole document), ``hint`` says what to do.
    """

    def __init__(
        self,
        path: str,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        pointer: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message
        self.line = line
        self.column = column
        self.pointer = pointer
        self.hint = hint

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        key = f" at {self.pointer}" if self.pointer else ""
        hint = f" ({self.hint})" if self.hint else ""
        return _one_line(f"{place}:{key} {self.message}{hint}")


class StoreError(AutolabError):
    """A file could not be written, replaced or locked: a full disk, a read-only folder, a vanished directory.

    Nothing that was there before is lost: files are replaced whole or not at all.
    """

    def __init__(self, path: str, message: str, *, hint: str = "") -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return _one_line(f"{self.path}: {self.message}{hint}")


class LockHeld(StoreError):
    """Another living process holds the lock. ``holder`` is what it wrote about itself (pid, host, since)."""

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(path, f"held by {holder}", hint="wait for it to end, or stop that process")
        self.holder = holder


class RunnerError(AutolabError):
    """A command could not be run at all (not: it ran and failed). ``transient`` says that trying again may help."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class GuardRefused(AutolabError):
    """A command was not started because it could not be guarded as its policy requires. The message says what would
    have to be installed or allowed."""

    exit_code = 125


class ExperimentRefused(AutolabError):
    """The experiment protocol says no: a phase out of order, a number that the spec does not name, a spec that is not
    as it was sealed. The message names what, and what to do instead; nothing was recorded but the refusal."""

    exit_code = 1


class AbortTriggered(ExperimentRefused):
    """An abort criterion of the spec is met: the experiment has ended, its reason and its numbers are written."""


class SchedulerError(AutolabError):
    """Base of what can go wrong between us and a scheduler."""


class SubmitRejected(SchedulerError):
    """The scheduler said no: no job exists, and submitting the same thing again would be refused again."""


class SubmitUnknown(SchedulerError):
    """It is not known whether a job exists. Ask ``Scheduler.find(token)`` before anything is submitted again."""


class QueryFailed(SchedulerError):
    """A question to the scheduler failed. This is never an answer about a job."""


class ParseError(SchedulerError):
    """The scheduler's answer could not be understood. This is never an answer about a job."""


class EngineError(AutolabError):
    """Base of what can go wrong between us and an engine of ``cloud-run``."""


class EngineRejected(EngineError):
    """The engine said no: no job exists, and the same job would be refused again. The message says what to mend."""


class EngineUnknown(EngineError):
    """It is not known whether a job exists. Ask ``Engine.find(run_id)`` before anything is submitted again."""


class EngineUnreachable(EngineError):
    """A question to the engine failed: no connection, no credentials, no right to ask. Never an answer about a job."""
