"""Where attempts are made: a folder, an ordinary user, and the levels that each user is offered here."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel
from tests.battery.attempt import Attempt
from tests.battery.scene import prepare, programs
from tests.battery.somebody import Somebody, ordinary_user, root, with_python
from tests.battery.starter import Starter
from tests.battery.trial import Outcome, make
from tests.battery.verdict import Row

__all__ = ["Field", "field"]


class Field(NamedTuple):
    """What a session shares. ``users``: by name, ``owner`` and, where the session is root's, ``root``."""

    folder: Path
    users: Mapping[str, Somebody]
    starters: Mapping[str, Starter]
    levels: Mapping[str, tuple[GuardLevel, ...]]
    """Of each user the levels that can be had here, the strongest first."""

    def make(self, attempt: Attempt, who: str, level: GuardLevel | None) -> Outcome:
        """Make *attempt* once, under *level* or unguarded."""
        guard = None if level is None else (level, self.starters[who])
        return make(attempt, self.users[who], guard, self.folder)

    def row(self, attempt: Attempt, who: str) -> Row:
        """Make *attempt* unguarded and, where it works, under every level."""
        unguarded = self.make(attempt, who, None)
        guarded = {}
        if unguarded.worked:
            guarded = {level: self.make(attempt, who, level) for level in self.levels[who]}
        return Row(attempt.name, who, unguarded, guarded)


@contextlib.contextmanager
def field() -> Iterator[Field]:
    """A field for as long as the context lasts."""
    # Not below /tmp, which a guard replaces; and where every user may go.
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="autolab-battery-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with ordinary_user(folder) as owner:
            prepare(folder)
            users = {"owner": owner} | ({"root": with_python(root(), folder)} if os.geteuid() == 0 else {})
            with contextlib.ExitStack() as stack:
                starters = {}
                for name, user in users.items():
                    starters[name] = Starter(user, [path for path in (user.packages, programs(str(folder))) if path])
                    stack.callback(starters[name].stop)
                bare = Field(folder, users, starters, {})
                yield bare._replace(levels={name: tuple(_offered(bare, name)) for name in users})


def _offered(place: Field, who: str) -> Iterator[GuardLevel]:
    nothing = Attempt("nothing", "", "", "", "exit 0")
    for level in STRONGEST_FIRST:
        outcome = place.make(nothing, who, level)
        if outcome.code == 0:
            yield level
        elif "cannot be had" not in outcome.said:
            raise RuntimeError(f"at {level} even doing nothing fails: {outcome}")
