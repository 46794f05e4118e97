"""Schedulers of other distributions: entry points of the group ``autolab_schedulers``, by name.

Nothing is looked for, and no line of another distribution runs, before a policy asks for a name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.schedulers.base import Scheduler
from autolab_core.vocab.errors import UsageError

__all__ = ["GROUP", "make"]

GROUP: Final = "autolab_schedulers"
_PROMISED: Final = ("submit", "find", "observe", "cancel")


def make(name: str, root: Path, runner: Runner) -> Scheduler:
    """The scheduler *name* for the repository *root*: what its entry point makes of both.

    Raises UsageError when none is installed, when several are, and when it cannot be made.
    """
    found = entry_points(group=GROUP)
    chosen = tuple(point for point in found if point.name == name)
    if not chosen:
        known = ", ".join(sorted({point.name for point in found})) or "none is"
        raise UsageError(
            f"launch.scheduler: no scheduler {name!r} is installed (slurm is built in; installed: {known}); "
            "install the distribution that brings it, or take it from the policy"
        )
    if len(chosen) > 1:
        owners = ", ".join(sorted(_owner(point) for point in chosen))
        raise UsageError(f"launch.scheduler: several distributions bring {name!r}: {owners}; uninstall all but one")
    return _made(chosen[0], root, runner)


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _made(point: EntryPoint, root: Path, runner: Runner) -> Scheduler:
    scheduler = _called(point, lambda: point.load()(root, runner))
    missing = [word for word in _PROMISED if not callable(getattr(scheduler, word, None))]
    if missing:
        raise UsageError(f"launch.scheduler: what {point.value} of {_owner(point)} makes has no {', '.join(missing)}")
    made: Scheduler = scheduler
    return made


def _called(point: EntryPoint, call: Callable[[], Scheduler]) -> Scheduler:
    """What *call* returns. Foreign code may raise anything, ``SystemExit`` too: that is said, and never a traceback."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
        raise UsageError(
            f"launch.scheduler: {point.name!r} ({point.value} of {_owner(point)}) cannot be made: {said}; "
            "mend or uninstall that distribution, or take it from the policy"
        ) from error
