"""The words of a remote profile: how code gets to the other side, and what is done with changes that are no commit."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = [
    "PLAIN_WORD_PATTERN",
    "PULL_METHODS",
    "REMOTE_ROOT_PATTERN",
    "SSH_ALIAS_PATTERN",
    "CheckLevel",
    "DirtyTree",
    "PushMethod",
]

# Both patterns stand in schemas/ too; a test holds them equal. The look-ahead at the end stands for "end of text".
# A folder below `/` or the home folder there, not one of these two themselves, and no way out of it.
REMOTE_ROOT_PATTERN: Final = r"^~?/(?!/*(?![\s\S]))(?!(?:[\s\S]*/)?\.\.(?:/|(?![\s\S])))[^\x00-\x1f\x7f]+(?![\s\S])"
# An alias, never an option, an address with a port or a user: ssh's own configuration has these.
SSH_ALIAS_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(?![\s\S])"
# A word that a command can be given on one line.
PLAIN_WORD_PATTERN: Final = r"^[^\x00-\x1f\x7f]+(?![\s\S])"
# Beside them a plugin's name can be given.
PULL_METHODS: Final = ("auto", "rsync", "sftp")


class PushMethod(StrEnum):
    """``git``: the commit is pushed and checked out there. ``rsync``: the same files are copied."""

    GIT = "git"
    RSYNC = "rsync"


class DirtyTree(StrEnum):
    """Tracked files that are not as the commit has them: a launch is refused, or they are carried as a patch."""

    REFUSE = "refuse"
    PATCH = "patch"


class CheckLevel(StrEnum):
    """What one finding about a far side means: it serves; it serves, but; it does not serve."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
