"""What a level holds of a plan and what it does not, in words that a person reads in the record. Pure."""

# No `from __future__ import annotations`: see guard/policy.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.guard.places import Kind
from autolab_core.guard.zones import ancestors
from autolab_core.vocab.guard import GuardLevel

if TYPE_CHECKING:
    from autolab_core.guard.plan import GuardPlan

__all__ = ["Coverage", "coverage"]

_NAMED_AT_MOST: Final = 5


class Coverage(NamedTuple):
    """``covered``: the policy's paths whose content and name the kernel holds. ``not_covered``: its other paths, and
    what the level leaves open of the covered ones, a sentence each. ``notes``: what it keeps the command from."""

    covered: tuple[str, ...]
    not_covered: tuple[str, ...]
    notes: tuple[str, ...]


def coverage(plan: "GuardPlan", level: GuardLevel) -> Coverage:
    """What *level* makes of *plan*. At ``none`` nothing is covered."""
    if not level.enforced:
        held = ("nothing but mode bits", "nothing but mode bits and its seal")
        named = [place for place in plan.protected if not place.second_of]
        open_paths = (f"{place.shown!r}: {held[_is_sealed(plan, place.path)]}" for place in named)
        return Coverage((), tuple(open_paths), tuple(_unsealed(plan)))
    # With Landlock alone no entry can be made in a folder that holds a protected path, whether or not that exists yet.
    unheld = [p for p in plan.protected if p.kind is Kind.ABSENT and p.carved and level.mounts]
    covered = tuple(place.shown for place in plan.protected if place not in unheld)
    absent = "it does not exist, and a file of that name can be made; "
    told = ("nothing will tell of it", "its seal shows it")
    missing = (f"{place.shown!r}: {absent}{told[_is_sealed(plan, place.path)]}" for place in unheld)
    notes = (*_notes(plan, level), *_unsealed(plan))
    return Coverage(covered, (*missing, *_left_open(plan, level)), notes)


def _unsealed(plan: "GuardPlan") -> Iterator[str]:
    """What others may change while the command runs."""
    named = [place for place in plan.protected if not place.second_of]
    paths = tuple(place.shown for place in named if not _is_sealed(plan, place.path))
    if paths:
        yield f"{_few(paths)}: protected, and not sealed as a whole; a change that others make there is not reported"


def _is_sealed(plan: "GuardPlan", path: str) -> bool:
    return any(each in plan.sealed for each in (path, *ancestors(path)))


def _left_open(plan: "GuardPlan", level: GuardLevel) -> Iterator[str]:
    yield "hard links that other programs made to a protected file before the guard began"
    yield "what a service outside of the guard does for this user, where the policy lets it be reached"
    if level is GuardLevel.LANDLOCK:
        yield "mode, owner, times and extended attributes of protected files: Landlock has no right for them"
    if level.mounts:
        for place in plan.protected:
            if place.kind is Kind.FILE and place.carved:
                yield f"{place.shown!r}: it is held as one file; when somebody outside replaces it, the new one is open"


def _notes(plan: "GuardPlan", level: GuardLevel) -> Iterator[str]:
    for place in plan.protected:
        if place.second_of:
            yield f"{place.shown!r} is {place.second_of!r} at another mount point, and protected with it"
    if level is GuardLevel.LANDLOCK:
        closed = plan.trees.closed
        if closed:
            yield f"no entry can be made, removed or renamed in {_few(closed[::-1])}: each holds a protected path"
        for path in plan.trees.unlisted:
            yield f"{path!r} cannot be listed, so nothing in it can be written but what the policy names"
    else:
        empty = [mount.path for mount in plan.mounts if mount.access.value == "empty"]
        if empty:
            yield f"{_few(tuple(empty))}: the command sees an empty folder of its own, gone when it ends"


def _few(paths: tuple[str, ...]) -> str:
    named = ", ".join(repr(path) for path in paths[:_NAMED_AT_MOST])
    more = len(paths) - _NAMED_AT_MOST
    return f"{named} and {more} more" if more > 0 else named
