"""The guard that this process runs in already, such as that of a launched run, and whether it is enough.

A guard inside another cannot keep a record of its own. So an experiment that is carried out under one relies on it,
once a probe has shown that it refuses all that the experiment's own policy forbids.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.guard.enforce.probe import Probed, canary, judge, probe
from autolab_core.guard.plan import GuardPlan
from autolab_core.guard.record import CREATE, REFUSALS
from autolab_core.io.atomic import make_dirs, store_error
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.layout import AUTOLAB
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import LEVEL_VARIABLE, GuardLevel, Network, at_least

__all__ = ["Enclosing", "enclosing_guard", "outer_of", "refuse_weaker", "require_record"]

_INTERFACES: Final = "/proc/self/net/dev"
_LOOPBACK: Final = "lo"
_OPEN: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_OUTSIDE: Final = "start this command outside of the guard"


@attrs.frozen
class Enclosing:
    """The guard around this process: its level, and what a probe from within saw."""

    level: GuardLevel
    seen: Probed

    def facts(self, require: str) -> dict[str, Any]:
        """It as the journal's ``opened`` has it; *require* is what the experiment's policy asks for."""
        probed = [attrs.asdict(attempt) for attempt in self.seen.attempts]
        return {"level": str(self.level), "require": require, "probe": probed, "outer": True}


def enclosing_guard(plan: GuardPlan) -> Enclosing | None:
    """The guard that this process runs in already, if that refuses everything that *plan* forbids; None without one.

    A refusal counts where the mode alone would not have refused. A variable that says so is no proof of anything.
    """
    seen = probe(plan, create=False)
    if plan.spec is None or not all(attempt.refused for attempt in seen.attempts):
        return None
    seen = probe(plan, create=True)
    said = os.environ.get(LEVEL_VARIABLE)
    mounted, held = not seen.open_mounts, canary() in REFUSALS
    if not (mounted or held or _mode_allows(plan.spec)):
        return None
    if said in (GuardLevel.MOUNT_LANDLOCK, GuardLevel.MOUNT, GuardLevel.LANDLOCK):
        level = GuardLevel(said)
    else:
        level = GuardLevel.MOUNT if mounted else GuardLevel.LANDLOCK
    if judge(level, seen, canary_lives=False) is not None or _network_is_open(plan):
        return None
    return Enclosing(level, seen)


def refuse_weaker(plan: GuardPlan, found: Enclosing | None) -> None:
    """Raise UsageError where this process runs in a guard that *plan* cannot rely on, and that lets no other one be
    entered. *found* is what ``enclosing_guard`` said."""
    require = plan.policy.require
    if found is not None:
        if not at_least(found.level, require):
            why = f"at the level {found.level}, and the experiment's policy requires {require}"
            raise UsageError(f"this already runs under a guard {why}: {_OUTSIDE}")
        return
    said = os.environ.get(LEVEL_VARIABLE, GuardLevel.NONE)
    if said == GuardLevel.NONE:
        return
    seen = probe(plan, create=True)
    records = os.path.join(plan.root, AUTOLAB)
    if not any(each.attempt == CREATE and each.path == records and each.refused for each in seen.attempts):
        return  # the variable was left over, or the guard lets one of ours keep its record
    free = next((each.path for each in seen.attempts if not each.refused), None)
    lets = "the network be used" if free is None else f"{free!r} be written"
    raise UsageError(f"this already runs under a guard at the level {said} that lets {lets}: {_OUTSIDE}")


def require_record(root: Path, paths: ExperimentPaths) -> None:
    """Raise StoreError where a guard around this process keeps the experiment's record from being written.

    It is asked before anything else is made, so that nothing is left behind. Outside of a guard nothing is asked.
    """
    if os.environ.get(LEVEL_VARIABLE, GuardLevel.NONE) == GuardLevel.NONE:
        return
    make_dirs(root / paths.record)
    try:
        os.close(os.open(root / paths.lock, _OPEN, 0o666))
    except OSError as error:
        raise store_error(paths.lock, "cannot be written", error) from error


def outer_of(opened: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a command's entry says of its guard, where the journal's entry *opened* tells of an enclosing one; None
    where the command gets a guard of its own."""
    guard = opened.get("guard")
    if not isinstance(guard, Mapping) or guard.get("outer") is not True:
        return None
    said = {"level": guard.get("level"), "require": guard.get("require")}
    return {**said, "outer": True, "record": None, "changes": []}


def _mode_allows(path: str) -> bool:
    status = os.stat(path, follow_symlinks=False)
    return os.geteuid() == 0 or (status.st_uid == os.geteuid() and bool(status.st_mode & stat.S_IWUSR))


def _network_is_open(plan: GuardPlan) -> bool:
    """Whether more of the network can be reached than *plan* allows.

    Without any there is no interface but the loopback. Of a list of ports it is seen by another port: Landlock refuses
    the connection before anybody could answer it.
    """
    allowed = plan.policy.network
    if allowed is Network.INHERIT:
        return False
    if allowed is Network.NONE:
        return _interfaces() != {_LOOPBACK}
    port = next(number for number in range(1, 1 << 16) if number not in allowed)
    with socket.socket() as tried:
        tried.setblocking(False)
        return errno.errorcode.get(tried.connect_ex(("127.0.0.1", port)), "") not in REFUSALS


def _interfaces() -> set[str]:
    with suppress(OSError), open(_INTERFACES) as file:
        return {line.partition(":")[0].strip() for line in file.readlines()[2:]}
    return set()
