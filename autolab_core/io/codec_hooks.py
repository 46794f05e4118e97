"""How the codec reads each kind of field: strictly, and saying where it refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import attrs
from cattrs import Converter

from autolab_core.io.schemas.problem import cut, shown
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab import states
from autolab_core.vocab.states import SYNC_SYNONYMS, SyncStatus

__all__ = ["VOCABULARIES", "Kept", "Refused", "register_reading"]

_Hook = Callable[[Any, Any], Any]

VOCABULARIES: Final[tuple[type[StrEnum], ...]] = tuple(
    each
    for each in vars(states).values()
    if isinstance(each, type) and issubclass(each, StrEnum) and each is not StrEnum
)


class Refused(Exception):
    """A value is not what its field takes. ``path`` leads to it, innermost step first."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = list(path)


class Kept(dict[str, Any]):
    """The ``extra`` of a mapping that came from a file. ``order`` names all keys that the file had, in their order."""

    __slots__ = ("order",)

    def __init__(self, members: Mapping[str, Any], order: tuple[str, ...]) -> None:
        super().__init__(members)
        self.order = order

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, (dict(self), self.order)


def register_reading(converter: Converter) -> None:
    """Make *converter* read models of this project from plain data; every refusal is a ``Refused``."""
    # Asked in the reverse order: the last that fits is taken.
    converter.register_structure_hook_factory(attrs.has, lambda cls: _model_reader(converter, cls))
    converter.register_structure_hook_factory(_has_origin(tuple), lambda kind: _list_reader(converter, kind))
    converter.register_structure_hook_factory(_has_origin(Mapping), lambda kind: _mapping_reader(converter, kind))
    converter.register_structure_hook_factory(_has_origin(Union, UnionType), lambda kind: _choice(converter, kind))
    for words in VOCABULARIES:  # one by one: cattrs would take an enum of str for a str
        converter.register_structure_hook(words, _word)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _truth)
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(SyncStatus, _sync_word)
    converter.register_structure_hook(Duration, _amount)
    converter.register_structure_hook(Memory, _amount)


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) in origins


def _expected(what: str, value: object) -> Refused:
    return Refused(f"expected {what}, found {shown(value)}")


def _text(value: Any, _: Any) -> Any:
    if isinstance(value, str):
        return value
    raise _expected("text", value)


def _truth(value: Any, _: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise _expected("true or false", value)


def _integer(value: Any, _: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _expected("an integer", value)


def _number(value: Any, _: Any) -> Any:
    # An integer stays one, so that it is written back as it was.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _expected("a number", value)


def _word(value: Any, kind: type[StrEnum]) -> Any:
    try:
        return kind(value if isinstance(value, str) else "")
    except ValueError:
        raise _expected(f"one of {', '.join(shown(str(word)) for word in kind)}", value) from None


def _sync_word(value: Any, kind: type[SyncStatus]) -> Any:
    return SYNC_SYNONYMS[value] if isinstance(value, str) and value in SYNC_SYNONYMS else _word(value, kind)


def _amount(value: Any, kind: type[Duration | Memory]) -> Any:
    if not isinstance(value, str):
        value = _integer(value, int)
    try:
        return kind.parse(value)
    except ValueError as error:
        raise Refused(cut(str(error))) from None


def _model_reader(converter: Converter, cls: Any) -> _Hook:
    attrs.resolve_types(cls)
    fields = [field for field in attrs.fields(cls) if field.name != "extra"]
    readers: list[tuple[str, Any, _Hook]] = [
        (field.name, field.type, converter.get_structure_hook(field.type)) for field in fields
    ]
    names = frozenset(field.name for field in fields)
    required = [field.name for field in fields if field.default is attrs.NOTHING]

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _expected("a mapping", value)
        known = {}
        for name, kind, reader in readers:
            if name in value:
                try:
                    known[name] = reader(value[name], kind)
                except Refused as refused:
                    refused.path.append(name)
                    raise
        for name in required:
            if name not in known:
                raise Refused(f"the key {name!r} is missing")
        unknown = {key: member for key, member in value.items() if key not in names}
        try:
            return cls(**known, extra=Kept(unknown, tuple(value)))
        except ValueError as error:
            raise _blame(fields, known, error) from None

    return read


def _blame(fields: list[attrs.Attribute[Any]], known: Mapping[str, Any], error: ValueError) -> Refused:
    """Which field's validator said no to *known*; the whole mapping when it was none of them."""
    for field in fields:
        if field.validator is not None and field.name in known:
            try:
                field.validator(None, field, known[field.name])
            except ValueError as own:
                return Refused(_first_line(own), field.name)
    return Refused(_first_line(error))


def _first_line(error: ValueError) -> str:
    # attrs puts the attribute and the value behind its message.
    return cut(" ".join(str(error.args[0]).split()))


def _list_reader(converter: Converter, kind: Any) -> _Hook:
    member_kind = get_args(kind)[0]
    reader = _anything if member_kind is Any else converter.get_structure_hook(member_kind)

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _expected("a list", value)
        members = []
        for index, member in enumerate(value):
            try:
                members.append(reader(member, member_kind))
            except Refused as refused:
                refused.path.append(str(index))
                raise
        return tuple(members)

    return read


def _mapping_reader(converter: Converter, kind: Any) -> _Hook:
    member_kind = get_args(kind)[1]
    reader = _anything if member_kind is Any else converter.get_structure_hook(member_kind)

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _expected("a mapping", value)
        members = {}
        for key, member in value.items():
            try:
                members[key] = reader(member, member_kind)
            except Refused as refused:
                refused.path.append(key)
                raise
        return members

    return read


def _choice(converter: Converter, kind: Any) -> _Hook:
    kinds = [each for each in get_args(kind) if each is not type(None)]
    nullable = len(kinds) < len(get_args(kind))
    readers = [(each, converter.get_structure_hook(each)) for each in kinds]

    def read(value: Any, _: Any) -> Any:
        if value is None and nullable:
            return None
        refusals = []
        for each, reader in readers:
            try:
                return reader(value, each)
            except Refused as refused:
                refusals.append(refused)
        if len(refusals) == 1:
            raise refusals[0]
        raise _expected(" or ".join(_NAMES.get(each, "a list") for each in kinds), value)

    return read


_NAMES: Final[Mapping[Any, str]] = {str: "text", float: "a number", int: "an integer", bool: "true or false"}


def _anything(value: Any, _: Any) -> Any:
    return value
