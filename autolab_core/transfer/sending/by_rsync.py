"""Sending by rsync: exactly the files of the parcel, named by a list. What was under way when it was cut is kept."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from autolab_core.exec.command import Command, Runner
from autolab_core.exec.quoting import quote_for_rsync
from autolab_core.transfer.base import FarFolder, Progress, TransferError
from autolab_core.transfer.names import PARTIAL
from autolab_core.transfer.rsync_exits import exit_of
from autolab_core.transfer.sending.parcel import Parcel
from autolab_core.transfer.watching import told
from autolab_core.transfer.words import of_text
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["send_by_rsync"]

# Links as links, times so that a second push knows what is there; of the modes only what makes a program one.
_OPTIONS: Final = (
    *("--links", "--times", "--executability", "--files-from=-", "--from0", "--no-implied-dirs", "--protect-args"),
    *(f"--partial-dir={PARTIAL}", "--no-motd"),
)
_SILENCE: Final = 120
# A line of rsync's own log for each file that has gone, with its length.
_GONE: Final = "autolab-gone"
_IN_LOG: Final = re.compile(rf"\] {_GONE} ([0-9]+)$".encode("ascii"))
_TO_INSTALL: Final = "have rsync installed there, or set `push.method: git`"


def send_by_rsync(here: Runner, far: FarFolder, parcel: Parcel, progress: Progress | None = None) -> None:
    """Copy the parcel's files into the folder *far*, which is there. Raises TransferError; calling it again goes on.

    *progress* hears of the files that rsync has sent; those that it found there already are told at the end.
    """
    names = b"".join(os.fsencode(path) + b"\0" for path in parcel.files)
    options = (*_OPTIONS, f"--timeout={_SILENCE}", "-e", quote_for_rsync(far.runner.ssh))
    ends = ("--", f"{parcel.root}/", f"{far.runner.host.name}:{far.path}/")
    env = {name: value for name, value in os.environ.items() if not name.startswith("RSYNC_")} | {"LC_ALL": "C"}
    try:
        with _watched(parcel, progress) as log:
            done = here.run(Command(("rsync", *options, *log, *ends), env=env, stdin=names, timeout=None))
    except RunnerError as error:
        raise TransferError(TransferFault.UNKNOWN, f"{error}; install rsync here, or set `push.method: git`") from error
    if done.exit_code != 0:
        found = exit_of(done.exit_code)
        said = done.stderr.decode("utf-8", "replace")
        advice = _TO_INSTALL if done.exit_code == 127 else found.advice
        raise of_text(
            f"{far.shown}: rsync ended with {done.exit_code}, {found.words}",
            said,
            program_exit=done.exit_code,
            otherwise=(found.kind, found.transient, advice),
        )


@contextmanager
def _watched(parcel: Parcel, progress: Progress | None) -> Iterator[tuple[str, ...]]:
    """Tell *progress* what has gone while the block runs rsync with the options that are given here."""
    if progress is None:
        yield ()
        return
    with tempfile.TemporaryDirectory(prefix="autolab-push-") as folder:
        log = os.path.join(folder, "log")
        with told(_Gone(log).count, (len(parcel.files), parcel.bytes), progress):
            yield (f"--log-file={log}", f"--log-file-format={_GONE} %l")


class _Gone:
    """The files in the log *path*, as far as it is written."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._at = self._files = self._bytes = 0

    def count(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
        try:
            with open(self._path, "rb") as log:
                log.seek(self._at)
                text = log.read()
        except FileNotFoundError:  # rsync has not begun
            return 0, 0
        whole = text[: text.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            if found := _IN_LOG.search(line):
                self._files += 1
                self._bytes += int(found[1])
        return self._files, self._bytes
