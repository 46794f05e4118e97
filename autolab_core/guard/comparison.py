"""Two takings of seals held against one another: what changed between them. Pure."""

# No `from __future__ import annotations`: see guard/policy.py.

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autolab_core.guard.seal import Seal
from autolab_core.vocab.guard import Change, SealedKind

__all__ = ["Difference", "compare"]


class Difference(NamedTuple):
    """One thing that is not as it was sealed. Its ``str`` is a line for a person."""

    path: str
    what: Change

    def __str__(self) -> str:
        return f"{self.path!r} {self.what.meaning}"


def compare(before: Sequence[Seal], after: Sequence[Seal], *, later: bool = False) -> tuple[Difference, ...]:
    """What *after* (of the same paths) has otherwise than *before*, sorted by path.

    *later*: the second taking is not the one right after the command. Then only bytes and names count: a clone, a
    backup or a restart gives files other inodes, ctimes and modes, and a new commit says nothing about the run.
    """
    old, new = ({seal.path: seal for seal in seals} for seals in (before, after))
    found: list[Difference] = []
    for path in sorted(old.keys() | new.keys()):
        absent = Seal(path, SealedKind.ABSENT)
        found += _between(old.get(path, absent), new.get(path, absent), later=later)
    if later:
        return tuple(found)
    return tuple(sorted({*found, *_stirred(old, new, found)}))


def _between(old: Seal, new: Seal, *, later: bool) -> Iterator[Difference]:
    """The differences between two seals of one path, a folder's ctime apart."""
    if old.kind is not new.kind:
        gone, came = new.kind is SealedKind.ABSENT, old.kind is SealedKind.ABSENT
        if came and new.kind is SealedKind.FOLDER and not new.ctime_ns:
            return  # it had to be made for what is left out; whatever else lies in it is told of by its own name
        yield Difference(old.path, Change.GONE if gone else Change.NEW if came else Change.REPLACED)
        return
    if _content(old) != _content(new):
        yield Difference(old.path, Change.CONTENT)
    if later:
        return
    changes = []
    # A file system that is mounted anew may get another number; its inodes keep theirs.
    if old.ino != new.ino or (old.dev != new.dev and old.ctime_ns != new.ctime_ns):
        changes.append(Change.REPLACED)
    if old.mode != new.mode:
        changes.append(Change.MODE)
    if old.nlink != new.nlink:
        changes.append(Change.LINKED)
    if old.head_blob != new.head_blob:
        changes.append(Change.COMMITTED)
    moved = old.ctime_ns != new.ctime_ns and old.kind is not SealedKind.FOLDER
    if moved and not changes and _content(old) == _content(new):
        changes.append(Change.RESTORED)
    yield from (Difference(old.path, change) for change in changes)


def _content(seal: Seal) -> tuple[str | None, int]:
    return seal.sha256, seal.size


def _stirred(old: dict[str, Seal], new: dict[str, Seal], found: Sequence[Difference]) -> Iterator[Difference]:
    """Folders in which names were made or removed without a trace: their ctime moved, and nothing found says why."""
    explained = {difference.path for difference in found}
    explained |= {posixpath.dirname(path) or "." for path in explained}
    for path, seal in old.items():
        now = new.get(path, seal)
        if path in explained or not seal.kind is now.kind is SealedKind.FOLDER:
            continue
        if seal.ctime_ns and now.ctime_ns and seal.ctime_ns != now.ctime_ns:
            yield Difference(path, Change.RESTORED)
