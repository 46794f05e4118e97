"""The words of the read-only guard: how strongly it protects, for whom, and what may be asked of it.

This module owns them, as ``vocab.states`` owns the words for runs. The values stand in records and in policies.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = [
    "LEVEL_VARIABLE",
    "PROFILE_VARIABLE",
    "REQUIRE_CONTENT",
    "STRONGEST_FIRST",
    "Change",
    "GuardLevel",
    "Network",
    "Profile",
    "SealedKind",
    "at_least",
    "required",
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

# Tell a command, and a guard inside of this one, that it is guarded: at which level, and by a policy of which profile.
LEVEL_VARIABLE: Final = "AUTOLAB_GUARD"
PROFILE_VARIABLE: Final = "AUTOLAB_GUARD_PROFILE"

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
    return STRONGEST_FIRST.index(level) <= _strength(wanted)


def required(section: str | None, setting: str | None, *, of_spec: bool) -> str:
    """What is required of a run's guard; ``none`` where nothing is. Launch and verifier both go by this.

    *section*: ``guard.require`` of the verifier policy, None where that has no ``guard``. *setting*: the ``require`` of
    the verifier ``spec_guard``, None where it has none; it may ask for more, and asking for less changes nothing.
    *of_spec*: the run's design names a spec, so that it is guarded though nobody says so. The words are as
    ``requirement_problem`` lets them be.
    """
    basis = section or (REQUIRE_CONTENT if of_spec else GuardLevel.NONE)
    return basis if setting is None or _strength(basis) <= _strength(setting) else setting


def _strength(wanted: str) -> int:
    """The place of a requirement among the levels, the strongest first."""
    return STRONGEST_FIRST.index(GuardLevel.LANDLOCK if wanted == REQUIRE_CONTENT else GuardLevel(wanted))
