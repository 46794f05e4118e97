"""Sealing by hand and looking again later: the documents of ``autolab guard seal``, and what became of what they name.

Nothing of what is verified is run: bytes are hashed here, and git is asked for ids alone.
"""

# No `from __future__ import annotations`: see guard/policy.py.

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from autolab_core.git.history import History
from autolab_core.guard.comparison import Difference, compare
from autolab_core.guard.policy import policy_from_data
from autolab_core.guard.record import problems, seals_from_data, seals_of, seals_to_data
from autolab_core.guard.seal import READ_AT_MOST, retake, take
from autolab_core.io.documents import read_json
from autolab_core.io.layout import AUTOLAB_REWRITES
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.guard import Change

__all__ = ["SCHEMA_VERSION", "Verified", "seal_document", "verify_file"]

SCHEMA_VERSION: Final = "1.0"


class Verified(NamedTuple):
    """``at``: when the seals were taken. ``sealed``: how many there are. ``seen``: what the guard itself saw right
    after the command. ``now``: what is otherwise at this moment. ``unended``: it is the record of a command whose end
    is not on record, so that only ``now`` can be said. ``elsewhere``: how many more seals there are of what lay outside
    of a repository that is not here, but on another machine or where it was before: nobody can look again."""

    at: str
    sealed: int
    seen: tuple[Difference, ...]
    now: tuple[Difference, ...]
    unended: bool = False
    elsewhere: int = 0


def seal_document(paths: Sequence[str], root: str, at: str) -> dict[str, Any]:
    """The seals of *paths* (below *root*, or absolute), taken at the time *at*, as they are written to a file.

    Raises UsageError as ``seal.take`` does, and for a path at which nothing is: there is nothing to seal.
    """
    for path in paths:
        if not os.path.lexists(os.path.join(root, path)):
            raise UsageError(f"{path!r} cannot be sealed: it does not exist")
    seals = take(paths, root, History.at(root))
    return {"schema_version": SCHEMA_VERSION, "at": at, "paths": sorted(set(paths)), "seals": seals_to_data(seals)}


def verify_file(path: str, shown: str, root: str, *, content_only: bool = False) -> Verified:
    """What became of what the file *path* seals: a document of ``seal_document``, or a guard's record.

    With *content_only*, and always for a record, bytes and names count and the rest does not: later, elsewhere, or
    after a checkout, it has other reasons to differ. Raises DocumentError, naming *shown*, for a file that is neither.
    """
    document = read_json(path, shown)
    try:
        return _verified(document.data, shown, root, content_only=content_only)
    except DocumentError as error:
        if error.path == shown:
            place = document.place(error.pointer)
            error.line, error.column = place.line, place.column
        raise


def _verified(data: object, shown: str, root: str, *, content_only: bool) -> Verified:
    if isinstance(data, dict) and "before" in data:
        return _of_record(data, shown, root)
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        raise DocumentError(shown, f"holds no seals of version {SCHEMA_VERSION}", hint="`autolab guard seal` makes one")
    paths, at = data.get("paths"), data.get("at")
    if not isinstance(paths, list) or not paths or not all(isinstance(each, str) and each for each in paths):
        raise DocumentError(shown, "is not a list of paths", pointer="/paths")
    if not isinstance(at, str):
        raise DocumentError(shown, "is not a time", pointer="/at")
    seals = seals_from_data(data.get("seals"), shown, "/seals")
    now = compare(seals, retake(paths, root, History.at(root)), later=content_only)
    return Verified(at, len(seals), (), now)


def _of_record(record: dict[str, Any], shown: str, root: str) -> Verified:
    wrong = problems(record)
    if wrong:
        pointer, message = wrong[0]
        raise DocumentError(shown, f"is no complete guard record: {message}", pointer=pointer)
    policy = policy_from_data(record["policy"], shown)
    seals = seals_of(record, shown)
    apart = {
        os.path.normpath(os.path.join(os.path.realpath(root), path)) for path in (*policy.writable, *AUTOLAB_REWRITES)
    }
    to_seal, here = policy.to_seal, seals
    if not os.path.isdir(str(record["root"])):
        to_seal = tuple(path for path in to_seal if not os.path.isabs(path))
        here = tuple(seal for seal in seals if not os.path.isabs(seal.path))
    again = retake(to_seal, root, apart_from=apart, read_at_most=READ_AT_MOST)
    return Verified(
        at=str(record["before"].get("at", "")),
        sealed=len(here),
        seen=_seen(record["after"]),
        now=compare(here, again, later=True),
        unended=record["after"] is None,
        elsewhere=len(seals) - len(here),
    )


def _seen(after: Mapping[str, Any] | None) -> tuple[Difference, ...]:
    changes = [] if after is None else after["changes"]
    known = list(Change)
    # A word of a later version says that something changed, and not what.
    return tuple(Difference(c["path"], Change(c["what"]) if c["what"] in known else Change.CONTENT) for c in changes)
