"""What brings files home from another machine: what it is asked for, what it answers, and how it may fail.

A transfer only copies, and nobody believes it: whoever called it compares the hashes of what arrived (``proof``) with
those that the far side computed (``far_side``). A transfer of another distribution keeps to the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import attrs

from autolab_core.exec.command import Runner
from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.transfers import TransferFault

__all__ = [
    "FarFolder",
    "FarRunner",
    "Progress",
    "Transfer",
    "TransferError",
    "TransferReport",
    "Wanted",
]

# Files and bytes that are here, then files and bytes that are wanted altogether.
Progress = Callable[[int, int, int, int], None]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class FarRunner(Runner, Protocol):
    """A ``Runner`` on another machine, as ``SshRunner`` is one."""

    @property
    def host(self) -> _Named:
        """The machine, as ssh knows it."""

    @property
    def ssh(self) -> tuple[str, ...]:
        """``ssh`` with its options, without a host, for programs that start it themselves."""


@attrs.frozen
class FarFolder:
    """A folder on the machine of *runner*, by its absolute *path* there."""

    runner: FarRunner
    path: str

    @property
    def shown(self) -> str:
        """The folder as people write it."""
        return f"{self.runner.host.name}:{self.path}"


@attrs.frozen
class Wanted:
    """The regular files that are to come home: name, relative to the folder, to length in bytes. Sorted by bytes.

    ``others``: what else lies in the folder, but for folders; None where that was not looked at. A program that is
    quicker with whole folders may need it; should it bring more than is wanted, nothing of that gets further.
    """

    files: Mapping[str, int]
    others: tuple[str, ...] | None = None

    @property
    def bytes(self) -> int:
        return sum(self.files.values())


@attrs.frozen
class TransferReport:
    """What came of a transfer that ended well: ``bytes`` are those of the files, not those on the wire."""

    method: str
    files: int
    bytes: int
    seconds: float
    diagnosis: str | None = None


class TransferError(AutolabError):
    """Files did not come home; what is here already is as it was. The message says what to do.

    ``transient``: trying again may help. ``program_exit`` is that of the program that failed, ``last_lines`` is the
    end of what it said.
    """

    def __init__(
        self,
        kind: TransferFault,
        message: str,
        *,
        transient: bool = False,
        program_exit: int | None = None,
        last_lines: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.transient = transient
        self.program_exit = program_exit
        self.last_lines = last_lines


class Transfer(Protocol):
    """One way to copy files. What it left half done in the staging folder it takes up again when called again."""

    @property
    def name(self) -> str:
        """What ``artifact_sync_to_local.method`` says."""

    def fetch(self, far: FarFolder, listing: Wanted, staging: Path, progress: Progress | None) -> TransferReport:
        """Copy the files of *listing* into the existing folder *staging*, each under its own name.

        No symbolic link is made or followed. Raises TransferError.
        """
