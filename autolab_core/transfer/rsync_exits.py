"""What rsync's exit codes mean, all that rsync(1) has under "EXIT VALUES", and what ssh and shells add. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from autolab_core.vocab.transfers import TransferFault

__all__ = ["EXITS", "Exit", "exit_of"]

_AGAIN: Final = "what is here already is kept; try again"
_TELL: Final = "this is not expected; keep its last lines and report it"


class Exit(NamedTuple):
    """What one exit code says where rsync's own words say no more. ``transient``: trying again may help."""

    kind: TransferFault
    transient: bool
    words: str
    advice: str


# 23 and 24 are no successes: some files did not come, and only the hashes say which. They are asked for once more.
EXITS: Final[Mapping[int, Exit]] = MappingProxyType(
    {
        1: Exit(
            TransferFault.UNKNOWN, False, "an option is not known to it", "install rsync 3.1 or later on both sides"
        ),
        2: Exit(TransferFault.UNKNOWN, False, "the two sides speak different protocols", "install a newer rsync there"),
        3: Exit(TransferFault.REMOTE_PATH, False, "a folder or file could not be chosen", "see the profile's `root`"),
        4: Exit(TransferFault.UNKNOWN, False, "what was asked for is not supported", "install a newer rsync there"),
        5: Exit(TransferFault.CONNECTIVITY, True, "the protocol could not be begun", _AGAIN),
        6: Exit(TransferFault.UNKNOWN, False, "it could not write its log", "see its configuration on the far side"),
        10: Exit(TransferFault.CONNECTIVITY, True, "the socket failed", _AGAIN),
        11: Exit(TransferFault.DISK_SPACE, False, "a file could not be read or written", "see the disk of both sides"),
        12: Exit(TransferFault.CONNECTIVITY, True, "the stream between the two sides broke off", _AGAIN),
        13: Exit(TransferFault.UNKNOWN, False, "it could not say what is wrong", _TELL),
        14: Exit(TransferFault.UNKNOWN, True, "its processes lost one another", _AGAIN),
        15: Exit(TransferFault.CONNECTIVITY, True, "it was told to stop", _AGAIN),
        16: Exit(TransferFault.UNKNOWN, True, "one of its processes was killed or crashed", _AGAIN),
        19: Exit(TransferFault.UNKNOWN, True, "it was told to stop (SIGUSR1)", _AGAIN),
        20: Exit(TransferFault.CONNECTIVITY, True, "it was told to stop", _AGAIN),
        21: Exit(TransferFault.UNKNOWN, True, "it could not wait for its own process", _AGAIN),
        22: Exit(TransferFault.UNKNOWN, True, "there was not enough memory", "free some memory, or pack the files"),
        23: Exit(TransferFault.CHANGED, True, "some files did not come", _AGAIN),
        24: Exit(TransferFault.VANISHED, True, "some files vanished there", _AGAIN),
        25: Exit(TransferFault.LIMITS, False, "it stopped at a limit on deletions", _TELL),
        30: Exit(TransferFault.CONNECTIVITY, True, "the far side was silent for too long", _AGAIN),
        35: Exit(TransferFault.CONNECTIVITY, True, "no connection was had in time", _AGAIN),
        124: Exit(TransferFault.CONNECTIVITY, True, "ssh, or what it started, failed", _AGAIN),
        125: Exit(TransferFault.CONNECTIVITY, True, "ssh was killed", _AGAIN),
        126: Exit(
            TransferFault.UNKNOWN, False, "ssh or rsync could not be started", "see whether both may be executed"
        ),
        127: Exit(
            TransferFault.REMOTE_PATH, False, "there is no rsync there, or no ssh here", "set `pull.method: sftp`"
        ),
        255: Exit(TransferFault.CONNECTIVITY, True, "ssh failed", _AGAIN),
    }
)


def exit_of(code: int) -> Exit:
    """What the exit *code* means (negative: the signal that ended rsync here)."""
    if code < 0:
        return Exit(TransferFault.UNKNOWN, True, f"signal {-code} ended it", _AGAIN)
    return EXITS.get(code, Exit(TransferFault.UNKNOWN, False, f"it ended with {code}", _TELL))
