"""What ``jsonschema`` found, in one short line that says what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from jsonschema.exceptions import ValidationError, relevance

from autolab_core.io.documents.document import join_pointer
from autolab_core.io.schemas.problem import MESSAGE_MAX, SchemaProblem, cut, shown

__all__ = ["pointer_of", "problems_of"]

_TYPES: Final = MappingProxyType(
    {
        "string": "text",
        "integer": "an integer",
        "number": "a number",
        "object": "a mapping",
        "array": "a list",
        "boolean": "true or false",
        "null": "null",
    }
)


def pointer_of(path: Iterable[str | int]) -> str:
    """The RFC 6901 pointer that *path* spells."""
    pointer = ""
    for step in path:
        pointer = join_pointer(pointer, str(step))
    return pointer


def problems_of(error: ValidationError) -> Iterator[SchemaProblem]:
    """What *error* says: one problem, or one for each part where a choice failed and says nothing of its own."""
    described = isinstance(error.schema, dict) and isinstance(error.schema.get("description"), str)
    if error.validator in {"anyOf", "oneOf"} and error.context and not described:
        yield from problems_of(max(error.context, key=relevance))
        return
    say = _WORDS.get(str(error.validator), _as_it_is)
    message = " ".join(say(error).split())
    yield SchemaProblem(pointer_of(error.absolute_path), cut(message, MESSAGE_MAX))


def _expected(error: ValidationError, what: str) -> str:
    return f"expected {what}, found {shown(error.instance)}"


def _type(error: ValidationError) -> str:
    names = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return _expected(error, " or ".join(_TYPES.get(str(name), str(name)) for name in names))


def _enum(error: ValidationError) -> str:
    values: Any = error.validator_value
    return _expected(error, f"one of {', '.join(shown(value) for value in values)}")


def _required(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    there: Any = error.instance
    names = [shown(name) for name in wanted if name not in there]
    return f"the key {names[0]} is missing" if len(names) == 1 else f"the keys {', '.join(names)} are missing"


def _description(error: ValidationError) -> str:
    """By the schema's own words, else by the engine's."""
    text = error.schema.get("description") if isinstance(error.schema, dict) else None
    if not isinstance(text, str):
        return _as_it_is(error)
    if isinstance(error.instance, dict | list):
        return text
    return f"{shown(error.instance)} does not fit: {cut(text, 200)}"


def _as_it_is(error: ValidationError) -> str:
    # The engine puts the value first, as long as it may be: what it says of it stands at the end.
    head = repr(error.instance)
    return f"{shown(error.instance)}{error.message[len(head) :]}" if error.message.startswith(head) else error.message


_WORDS: Final[Mapping[str, Callable[[ValidationError], str]]] = MappingProxyType(
    {
        "type": _type,
        "enum": _enum,
        "const": lambda error: _expected(error, shown(error.validator_value)),
        "required": _required,
        "pattern": _description,
        "format": _description,
        "anyOf": _description,
        "oneOf": _description,
        "minimum": lambda error: _expected(error, f"at least {shown(error.validator_value)}"),
        "maximum": lambda error: _expected(error, f"at most {shown(error.validator_value)}"),
        "minLength": lambda error: _expected(error, f"{error.validator_value} or more characters"),
        "maxLength": lambda error: _expected(error, f"at most {error.validator_value} characters"),
    }
)
