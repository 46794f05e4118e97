"""Sending by rsync: exactly the files of the parcel, named by a list. What was under way when it was cut is kept."""

from __future__ import annotations

import os
from typing import Final

from autolab_core.exec.command import Command, Runner
from autolab_core.exec.quoting import quote_for_rsync
from autolab_core.transfer.base import FarFolder, TransferError
from autolab_core.transfer.names import PARTIAL
from autolab_core.transfer.rsync_exits import exit_of
from autolab_core.transfer.sending.parcel import Parcel
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
_TO_INSTALL: Final = "have rsync installed there, or set `push.method: git`"


def send_by_rsync(here: Runner, far: FarFolder, parcel: Parcel) -> None:
    """Copy the parcel's files into the folder *far*, which is there. Raises TransferError; calling it again goes on."""
    names = b"".join(os.fsencode(path) + b"\0" for path in parcel.files)
    words = (
        *("rsync", *_OPTIONS, f"--timeout={_SILENCE}", "-e", quote_for_rsync(far.runner.ssh)),
        *("--", f"{parcel.root}/", f"{far.runner.host.name}:{far.path}/"),
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("RSYNC_")} | {"LC_ALL": "C"}
    try:
        done = here.run(Command(words, env=env, stdin=names, timeout=None))
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
