"""Copying by rsync over the ssh connection that is there. What was under way when it ended is taken up again."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from autolab_core.exec.command import Command, Runner
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.quoting import quote_for_rsync
from autolab_core.transfer.base import FarFolder, Progress, TransferError, TransferReport, Wanted
from autolab_core.transfer.names import PARTIAL
from autolab_core.transfer.rsync_exits import exit_of
from autolab_core.transfer.watching import watched
from autolab_core.transfer.words import of_text
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["RsyncTransfer"]

_NAME: Final = "rsync"
# Regular files, with their times, so that what is here already is known; neither owners nor links. The names
# go by the connection, so no shell reads them, and each ends with a NUL.
_OPTIONS: Final = (
    *("--times", "--from0", "--protect-args", f"--partial-dir={PARTIAL}", "--chmod=Du+rwx,Fu+rw", "--no-motd"),
)
_BY_NAME: Final = ("--files-from=-", "--no-implied-dirs")
# Whole folders take half as many system calls as names do. Each file is held against each of the others, though.
_BY_FOLDER: Final = ("--recursive", "--omit-dir-times", "--exclude-from=-")
_OTHERS_MAX: Final = 50
_UNDER_WAY: Final = re.compile(r"\.(.+)\.[A-Za-z0-9]{6}", re.DOTALL)


@attrs.frozen
class RsyncTransfer:
    """``rsync`` on both sides. *silence*: seconds without a byte after which it gives up."""

    silence: int = 120
    here: Runner = attrs.field(factory=LocalRunner)

    @property
    def name(self) -> str:
        """See ``Transfer.name``."""
        return _NAME

    def fetch(self, far: FarFolder, listing: Wanted, staging: Path, progress: Progress | None) -> TransferReport:
        """See ``Transfer.fetch``."""
        began = time.monotonic()
        _keep_what_was_under_way(staging, listing)
        way, names = _what(listing)
        words = (
            *(_NAME, *_OPTIONS, *way, f"--timeout={self.silence}", "-e", quote_for_rsync(far.runner.ssh)),
            *("--", f"{far.runner.host.name}:{far.path}/", f"{staging}/"),
        )
        env = {name: value for name, value in os.environ.items() if not name.startswith("RSYNC_")} | {"LC_ALL": "C"}
        try:
            with watched(staging, listing, progress):
                done = self.here.run(Command(words, env=env, stdin=names, timeout=None))
        except RunnerError as error:
            raise TransferError(TransferFault.UNKNOWN, f"{error}; install rsync here") from error
        if done.exit_code != 0:
            found = exit_of(done.exit_code)
            said = done.stderr.decode("utf-8", "replace")
            raise of_text(
                f"{far.shown}: rsync ended with {done.exit_code}, {found.words}",
                said,
                program_exit=done.exit_code,
                otherwise=(found.kind, found.transient, found.advice),
            )
        return TransferReport(_NAME, len(listing.files), listing.bytes, time.monotonic() - began)


def _what(listing: Wanted) -> tuple[tuple[str, ...], bytes]:
    """How rsync is told which files are wanted, and what it reads for that."""
    others = listing.others
    # A backslash is one in a pattern without wildcards, and none in another: so no name has either.
    if others is None or len(others) > _OTHERS_MAX or any(set(name) & set("*?[\\") for name in others):
        return _BY_NAME, b"".join(os.fsencode(name) + b"\0" for name in listing.files)
    return _BY_FOLDER, b"".join(b"/" + os.fsencode(name) + b"\0" for name in others)


def _keep_what_was_under_way(staging: Path, listing: Wanted) -> None:
    """Move what a killed rsync was writing to where the next one looks for it."""
    for folder, _, names in os.walk(staging):
        for name in names:
            found = _UNDER_WAY.fullmatch(name)
            below = os.path.relpath(folder, staging)
            if found is None or os.path.normpath(f"{below}/{name}") in listing.files:
                continue
            if os.path.normpath(f"{below}/{found[1]}") in listing.files:
                with suppress(OSError):  # then it begins anew
                    kept = os.path.join(folder, PARTIAL)
                    os.makedirs(kept, exist_ok=True)
                    os.replace(os.path.join(folder, name), os.path.join(kept, found[1]))
