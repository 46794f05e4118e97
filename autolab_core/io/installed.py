"""What other distributions bring: entry points of a group, by name.

Nothing is looked for, and no line of another distribution runs, before somebody asks for a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import attrs

from autolab_core.vocab.errors import UsageError

__all__ = ["Group"]


@attrs.frozen
class Group:
    """A group of entry points. ``key`` is where a policy names one of them, ``kind`` what it is, ``built_in`` what
    needs no distribution, and ``promised`` what every one of them can be asked."""

    name: str
    key: str
    kind: str
    built_in: str
    promised: Sequence[str]

    def make(self, name: str, *args: Any) -> Any:
        """What the entry point *name* makes of *args*.

        Raises UsageError when none is installed, when several are, and when it cannot be made.
        """
        found = entry_points(group=self.name)
        chosen = tuple(point for point in found if point.name == name)
        if not chosen:
            known = ", ".join(sorted({point.name for point in found})) or "none is"
            raise UsageError(
                f"{self.key}: no {self.kind} {name!r} is installed ({self.built_in}; installed: {known}); "
                "install the distribution that brings it, or take it from the policy"
            )
        if len(chosen) > 1:
            owners = ", ".join(sorted(_owner(point) for point in chosen))
            raise UsageError(f"{self.key}: several distributions bring {name!r}: {owners}; uninstall all but one")
        made = self._called(chosen[0], lambda: chosen[0].load()(*args))
        missing = [word for word in self.promised if not callable(getattr(made, word, None))]
        if missing:
            raise UsageError(
                f"{self.key}: what {chosen[0].value} of {_owner(chosen[0])} makes has no {', '.join(missing)}"
            )
        return made

    def _called(self, point: EntryPoint, call: Callable[[], Any]) -> Any:
        """What *call* returns. Foreign code may raise anything, ``SystemExit`` too: that is said, never a traceback."""
        try:
            return call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
            raise UsageError(
                f"{self.key}: {point.name!r} ({point.value} of {_owner(point)}) cannot be made: {said}; "
                "mend or uninstall that distribution, or take it from the policy"
            ) from error


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
