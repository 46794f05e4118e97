"""Copying by sftp, for hosts without rsync: one connection for all files, and a file that is half here is gone on with.

What is here already is known by its length alone; the hashes say whether it is the same.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from autolab_core.exec.command import Command, Runner
from autolab_core.exec.local import LocalRunner
from autolab_core.transfer.base import FarFolder, Progress, TransferError, TransferReport, Wanted
from autolab_core.transfer.watching import watched
from autolab_core.transfer.words import of_text
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["SftpTransfer"]

_NAME: Final = "sftp"


@attrs.frozen
class SftpTransfer:
    """``sftp`` of OpenSSH, in batch mode."""

    here: Runner = attrs.field(factory=LocalRunner)

    @property
    def name(self) -> str:
        """See ``Transfer.name``."""
        return _NAME

    def fetch(self, far: FarFolder, listing: Wanted, staging: Path, progress: Progress | None) -> TransferReport:
        """See ``Transfer.fetch``."""
        began = time.monotonic()
        batch = b"".join(_lines(far, listing, staging))
        if batch:
            # sftp knows ssh's options but for -T, and asks for no terminal anyway.
            options = tuple(word for word in far.runner.ssh[1:] if word != "-T")
            words = (_NAME, *options, "-q", "-b", "-", "--", far.runner.host.name)
            self._run(far, Command(words, stdin=batch, timeout=None), listing, staging, progress)
        return TransferReport(_NAME, len(listing.files), listing.bytes, time.monotonic() - began)

    def _run(self, far: FarFolder, command: Command, listing: Wanted, staging: Path, progress: Progress | None) -> None:
        try:
            with watched(staging, listing, progress):
                done = self.here.run(command)
        except RunnerError as error:
            raise TransferError(TransferFault.UNKNOWN, f"{error}; install OpenSSH's sftp here") from error
        if done.exit_code != 0:
            raise of_text(
                f"{far.shown}: sftp ended with {done.exit_code}",
                done.stderr.decode("utf-8", "replace"),
                program_exit=done.exit_code,
                otherwise=(TransferFault.CONNECTIVITY, True, "what is here already is kept; try again"),
            )


def _lines(far: FarFolder, listing: Wanted, staging: Path) -> Iterator[bytes]:
    """The batch: a folder, then its files, in the order of the listing. Makes the folders here."""
    made: set[str] = set()
    for name, length in listing.files.items():
        if "\n" in name or "\r" in name:
            message = f"{far.shown}: sftp cannot be told the name {name!r}, which holds a line break"
            raise TransferError(TransferFault.NAMES, f"{message}; install rsync there, or exclude the file")
        target = staging / name
        folder = name.rpartition("/")[0]
        try:
            if folder not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(folder)
            here = _here(target, length)
        except OSError as error:
            message = f"{target}: cannot be written: {error.strerror}"
            raise TransferError(TransferFault.UNKNOWN, message) from error
        if here != length:
            verb = b"get" if here is None else b"reget"
            yield b"%s %s %s\n" % (verb, _quoted(f"{far.path}/{name}"), _quoted(str(target)))


def _here(target: Path, length: int) -> int | None:
    """How much of the file is here; None when it has to begin anew."""
    try:
        about = target.lstat()
    except FileNotFoundError:
        return None
    size = about.st_size
    if stat.S_ISREG(about.st_mode) and (0 < size <= length or size == length):
        return size
    target.unlink()
    return None


def _quoted(path: str) -> bytes:
    """*path* as one word of sftp's batch language: between double quotes, where ``*`` and ``?`` are characters as any.

    A backslash is written twice: what expands names takes one away, in a name here as well (sftp.c, ``makeargv``).
    """
    return b'"' + os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
