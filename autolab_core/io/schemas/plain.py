"""Plain data: what JSON can say. Anything else is refused before a schema or a model is asked."""

from __future__ import annotations

from typing import Any, Final

from autolab_core.io.documents.document import join_pointer
from autolab_core.io.schemas.problem import SchemaProblem, shown

__all__ = ["is_plain", "not_plain"]

_ATOMS: Final = frozenset({str, int, bool, type(None)})


def is_plain(data: object) -> bool:
    """True when *data* is None, a bool, an int, a finite float, a str, or a dict (of str) or list of these."""
    open_values: list[Any] = [[data]]
    while open_values:
        value = open_values.pop()
        if type(value) is dict:
            for key in value:
                if type(key) is not str:
                    return False
            value = value.values()
        for member in value:
            kind = type(member)
            if kind in _ATOMS:
                continue
            if kind is dict or kind is list:
                open_values.append(member)
            elif kind is not float or member - member != 0:  # infinity and NaN are what this is not 0 for
                return False
    return True


def not_plain(data: object) -> tuple[SchemaProblem, ...]:
    """Every value in *data* that JSON cannot say; () exactly when ``is_plain(data)``."""
    if is_plain(data):
        return ()
    found: list[SchemaProblem] = []
    open_values: list[tuple[str, Any]] = [("", data)]
    while open_values:
        pointer, value = open_values.pop()
        kind = type(value)
        if kind is dict:
            odd = [shown(key) for key in value if type(key) is not str]
            found += [SchemaProblem(pointer, f"expected keys that are text, found {key}") for key in odd]
            open_values += [(join_pointer(pointer, key), value[key]) for key in value if type(key) is str]
        elif kind is list:
            open_values += [(f"{pointer}/{index}", member) for index, member in enumerate(value)]
        elif kind is float:
            if value - value != 0:
                found.append(SchemaProblem(pointer, f"expected a finite number, found {value}"))
        elif kind not in _ATOMS:
            found.append(SchemaProblem(pointer, f"expected a value that JSON can hold, found {kind.__name__}"))
    return tuple(sorted(found))
