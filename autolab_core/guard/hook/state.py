"""What is known of the shell at one point of a command line: where it stands, its variables, its functions."""

from __future__ import annotations

from autolab_core.guard.hook.shell.nodes import Node
from autolab_core.guard.hook.values import UNKNOWN

__all__ = ["MANY", "State", "merged", "same", "widened"]

MANY = 64  # more possibilities than this are treated as anything


class State:
    """``folders`` are the absolute paths where the shell may stand; ``variables`` maps a name to its possible values,
    None for anything; ``positional`` is None when ``$1`` and the others are not known."""

    __slots__ = ("folders", "functions", "positional", "variables")

    def __init__(self, folders: tuple[str, ...]) -> None:
        self.folders = folders
        self.variables: dict[str, tuple[str, ...] | None] = {}
        # None for a function of which it is not known whether it is defined, or how.
        self.functions: dict[str, Node | None] = {}
        self.positional: list[str] | None = []

    def copy(self) -> State:
        """Another state that says the same; what happens to one does not happen to the other."""
        other = State(self.folders)
        other.variables = dict(self.variables)
        other.functions = dict(self.functions)
        other.positional = self.positional
        return other

    def assign(self, name: str, values: tuple[str, ...] | None) -> None:
        """Let *name* be one of *values*."""
        self.variables[name] = None if values is None or len(values) > MANY else values or ("",)


def merged(one: State | None, other: State | None) -> State | None:
    """What is known when either may be: None is a point that is never reached."""
    if one is None or other is None:
        return one or other
    both = one.copy()
    both.folders = tuple(dict.fromkeys((*one.folders, *other.folders)))
    if len(both.folders) > MANY:
        both.folders = (UNKNOWN,)
    for name in {**one.variables, **other.variables}:
        values: tuple[str, ...] | None = None
        if name in one.variables and name in other.variables:
            first, second = one.variables[name], other.variables[name]
            values = None if first is None or second is None else tuple(dict.fromkeys((*first, *second)))
        both.assign(name, values)
    both.functions = {
        name: one.functions[name] if one.functions.get(name) is other.functions.get(name) else None
        for name in {**one.functions, **other.functions}
    }
    both.positional = one.positional if one.positional == other.positional else None
    return both


def same(one: State | None, other: State | None) -> bool:
    """Whether both say the same."""
    if one is None or other is None:
        return one is other
    return (
        set(one.folders) == set(other.folders)
        and one.positional == other.positional
        and one.functions == other.functions
        and one.variables.keys() == other.variables.keys()
        and all(_as_set(value) == _as_set(other.variables[name]) for name, value in one.variables.items())
    )


def widened(before: State | None, after: State | None) -> State | None:
    """*after* with anything at all where it says more than *before* did: what grows in a loop grows without end."""
    if before is None or after is None:
        return after
    wide = after.copy()
    if set(before.folders) != set(after.folders):
        wide.folders = (UNKNOWN,)
    for name, value in after.variables.items():
        if name not in before.variables or _as_set(before.variables[name]) != _as_set(value):
            wide.variables[name] = None
    return wide


def _as_set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)
