"""A mutation: one way to break a valid repository, and the rule that has to object."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Callable
from typing import NamedTuple

from autolab_verifiers.selftest.repository import Repository

__all__ = ["Change", "Mutation"]

Change = Callable[[Repository], object]


class Mutation(NamedTuple):
    """``rule`` must object to what ``damage`` did to a valid repository, and must not have objected before.

    ``also`` are the rules that rightly object with it; ``mild`` means that the rule passes and says so with a warning
    or a note. ``prepare`` is done before the original is judged, too: what the rule needs in order not to be skipped.
    """

    rule: str
    name: str
    damage: Change
    also: frozenset[str] = frozenset()
    mild: bool = False
    prepare: Change | None = None
