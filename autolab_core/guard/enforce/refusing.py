"""What is refused before a command starts, one line each, with what to do instead."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Sequence

from autolab_core.guard.plan import Access, GuardPlan
from autolab_core.guard.zones import ancestors
from autolab_core.vocab.errors import GuardRefused, StoreError, UsageError
from autolab_core.vocab.guard import GuardLevel

__all__ = ["check_command", "check_record", "inside_another", "refusal"]


def check_command(plan: GuardPlan, cwd: str) -> None:
    """Raise UsageError when the command could not begin where it is, or is handed a protected file to write to."""
    if _hidden(plan, os.path.realpath(cwd)):
        raise UsageError(
            f"the current folder {cwd!r} is not seen inside the guard, where /tmp and /run are empty; "
            "start in the repository, or name the folder with --write"
        )
    for descriptor, name in enumerate(("standard input", "standard output", "standard error")):
        path = _written_through(descriptor)
        if path is not None and _held(plan, path):
            raise UsageError(f"the {name} of the command is {path!r}, which is protected; direct it elsewhere")


def check_record(plan: GuardPlan, record: str | None) -> None:
    """Raise UsageError when the command could write the *record* that is to prove what it did."""
    if record is not None and plan.zones.writable(os.path.join(plan.root, record)):
        folder = os.path.dirname(record)
        raise UsageError(f"the command could write its own record {record!r}; protect {folder!r} by the policy")


def inside_another(outer: str, error: StoreError) -> GuardRefused:
    """What is wrong when a record cannot be written inside another guard, of level *outer*."""
    return GuardRefused(
        f"this is already inside a guard, of level {outer}, where the record of a second one cannot be written "
        f"({error.path} {error.message}); run the command without one, the first goes on holding"
    )


def refusal(plan: GuardPlan, tried: Sequence[tuple[GuardLevel, str]], only: GuardLevel | None) -> str:
    """Why no level was had, in one line. *tried*: levels with why not."""
    asked = f"the policy requires {plan.policy.require}"
    if not tried:
        return f"{asked}, and the level {only} is weaker; ask for a stronger one, or for --require {only}"
    reasons = "; ".join(f"{level}: {reason}" for level, reason in tried)
    return f"{asked}, and nothing as strong can be had here: {reasons}"


def _hidden(plan: GuardPlan, folder: str) -> bool:
    access = {mount.path: mount.access for mount in plan.mounts}
    around = next((each for each in (folder, *ancestors(folder)) if each in access), "/")
    return access.get(around) is Access.EMPTY and folder != around


def _written_through(descriptor: int) -> str | None:
    """The path of the regular file that *descriptor* writes to; None for anything else."""
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        writes = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
        return os.readlink(f"/proc/self/fd/{descriptor}") if regular and writes else None
    except OSError:
        return None


def _held(plan: GuardPlan, path: str) -> bool:
    """Whether *path* is protected from its caller too. A folder that is kept from the command within one that it may
    write, and is not sealed, is where others write what they have to say of it: its output, above all."""
    places = {place.path: place for place in plan.protected}
    around = next((each for each in (path, *ancestors(path)) if each in plan.zones.entries), None)
    place = None if around is None else places.get(around)
    return place is not None and (not place.carved or place.path in plan.sealed)
