"""The words of the read-only guard: how strongly it protects, for whom, and what may be asked of it.

This module owns them, as ``vocab.states`` owns the words for runs. The values stand in records and in policies.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = [
    "REQUIRE_CONTENT",
    "STRONGEST_FIRST",
    "Change",
    "GuardLevel",
    "Network",
    "Profile",
    "SealedKind",
    "at_least",
    "requirement_problem",
]


class GuardLevel(StrEnum):
    """What stands between a command and the files that it must not change.

    ``mount+landlock``: a mount namespace in which they are read-only, and Landlock over it. ``mount``: the namespace
    alone, in which no other can be made. ``landlock``: Landlock of ABI 3 or later alone. ``none``: nothing but mode
    bits, which a file's owner can change back, and seals, which show afterwards what was changed.
    """

    MOUNT_LANDLOCK = "mount+landlock"
    MOUNT = "mount"
    LANDLOCK = "landlock"
    NONE = "none"

    @property
    def enforced(self) -> bool:
        """True when the kernel itself refuses a change of content; ``none`` is a reminder and evidence only."""
        return self is not GuardLevel.NONE

    @property
    def mounts(self) -> bool:
        """True when the command runs in a mount namespace of its own."""
        return self in (GuardLevel.MOUNT_LANDLOCK, GuardLevel.MOUNT)


STRONGEST_FIRST: Final = (GuardLevel.MOUNT_LANDLOCK, GuardLevel.MOUNT, GuardLevel.LANDLOCK, GuardLevel.NONE)

# Asks for any level at which the kernel refuses a change of content: ``landlock`` or stronger.
REQUIRE_CONTENT: Final = "content"


class Profile(StrEnum):
    """Whom a policy is for. ``run``: a command that may write what is listed and nothing else. ``agent``: a command
    that may write all that its user may, but for what is protected."""

    RUN = "run"
    AGENT = "agent"


class Network(StrEnum):
    """What a command may reach; a policy may list TCP ports instead."""

    INHERIT = "inherit"
    NONE = "none"


class SealedKind(StrEnum):
    """What a seal is of. ``other`` is a FIFO, a socket, a device, or what cannot be reached without a link."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    ABSENT = "absent"
    OTHER = "other"


class Change(StrEnum):
    """What a seal and a later one of the same path tell."""

    CONTENT = "content"
    REPLACED = "replaced"
    GONE = "gone"
    NEW = "new"
    MODE = "mode"
    LINKED = "linked"
    COMMITTED = "committed"
    RESTORED = "restored"

    @property
    def meaning(self) -> str:
        """The change as the end of a sentence that begins with the path."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    Change.CONTENT: "holds other bytes than when it was sealed",
    Change.REPLACED: "is another file or folder than the sealed one, under its name",
    Change.GONE: "is no longer there",
    Change.NEW: "was not there when it was sealed",
    Change.MODE: "has another mode",
    Change.LINKED: "has another number of names (hard links)",
    Change.COMMITTED: "has other bytes in the commit that HEAD names than when it was sealed",
    Change.RESTORED: "was touched and looks as before: its ctime moved, which nothing but the kernel sets",
}


def requirement_problem(wanted: str) -> str | None:
    """Why *wanted* asks for no level, as the end of "… is refused: …"; None when it does."""
    words = [REQUIRE_CONTENT, *STRONGEST_FIRST]
    return None if wanted in words else f"it is none of {', '.join(words)}"


def at_least(level: GuardLevel, wanted: str) -> bool:
    """Whether *level* is as strong as *wanted*: ``content``, or a level by its name.

    Raises ValueError for another word; ask ``requirement_problem`` first where it comes from a user.
    """
    needed = GuardLevel.LANDLOCK if wanted == REQUIRE_CONTENT else GuardLevel(wanted)
    return STRONGEST_FIRST.index(level) <= STRONGEST_FIRST.index(needed)
