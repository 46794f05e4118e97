"""Small attrs validators and field makers that several models share."""

from __future__ import annotations

from typing import Any, Final

import attrs

from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.times import is_timestamp

__all__ = ["RELATIVE_PATTERN", "extra", "is_id", "is_relative_path", "is_time"]

# What ``vocab.paths.relative_problem`` accepts, as the one pattern that stands in schemas/ (``$defs/relative_path``);
# a property test holds the three equal.
RELATIVE_PATTERN: Final = (
    r"^(?![/~])(?!(?:[\s\S]*/)?\.\.(?:/|(?![\s\S])))"
    r"(?![\s\S]*(?:\{\{[^{}]*\}\}|<[A-Z][A-Z0-9_]*>|<[a-z]+(?:_[a-z]+)+>))"
    r"[^\x00\n\\]+(?![\s\S])"
)


def is_id(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    """Raise ValueError unless *value* is None or a safe id (``vocab.ids``)."""
    if value is not None and (problem := id_problem(value)) is not None:
        raise ValueError(f"{attribute.name} {value!r} is refused: {problem}")


def is_relative_path(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    """Raise ValueError unless *value* is None or a relative path that stays inside the repository."""
    if value is not None and (problem := relative_problem(value)) is not None:
        raise ValueError(f"{attribute.name} {value!r} is refused: {problem}")


def is_time(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    """Raise ValueError unless *value* is None or an RFC 3339 time with an offset."""
    if value is not None and not is_timestamp(value):
        raise ValueError(f"{attribute.name} {value!r} is not an RFC 3339 time with an offset (2026-02-01T12:00:00Z)")


def extra() -> Any:
    """The field for keys that the file held and this version does not know. Not compared by order, never shown."""
    return attrs.field(factory=dict, repr=False, kw_only=True)
