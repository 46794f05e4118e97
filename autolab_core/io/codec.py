"""Documents to models and back. The only place where keys of files become attributes.

Reading is strict: no text from a number, no number from text, no integer from true. An integral float is an integer
(``3.0``), as in JSON Schema. What a class does not know goes to its ``extra`` and is written back.

Writing follows one rule. A mapping that came from a file gets the keys it had, in their order, and after them the
keys whose value is no longer the class's default; a mapping that we made is written whole, nulls included.
``schema_version`` is always written. Amounts and sync words are written canonically (``64GB`` as ``64G``, ``30`` as
``00:30:00``, ``success`` as ``ok``): the meaning stays, the text may change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
from cattrs import Converter

from autolab_core.io.codec_hooks import VOCABULARIES, Kept, Refused, register_reading
from autolab_core.io.documents.document import join_pointer
from autolab_core.io.legacy import normalise_manifest
from autolab_core.io.schemas.plain import not_plain
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from autolab_core.io.documents import Document

__all__ = ["structure", "structure_data", "unstructure"]

T = TypeVar("T")

# What a class's data is put through first. By name: reading a state file must not define the manifest's classes.
_FIRST: Final[Mapping[str, Callable[[Any], tuple[Any, tuple[str, ...]]]]] = MappingProxyType(
    {"RunManifest": normalise_manifest}
)


def structure(document: Document, cls: type[T]) -> T:
    """*document* as a *cls*. Raises ``DocumentError`` with path, line and pointer of the first value that is refused.

    A ``RunManifest`` is read through ``io.legacy.normalise_manifest``; ask that function for its notes.
    """
    try:
        return structure_data(document.data, cls, document.shown)
    except DocumentError as error:
        place = document.place(error.pointer)
        error.line, error.column = place.line, place.column
        raise


def structure_data(data: object, cls: type[T], shown: str = "<data>") -> T:
    """Plain *data* as a *cls*, with *shown* for its file in the ``DocumentError`` that refuses it.

    Values of unknown keys are not copied: the model shares them with *data*.
    """
    if problems := not_plain(data):
        raise DocumentError(shown, problems[0].message, pointer=problems[0].pointer)
    if cls.__name__ in _FIRST:
        data, _ = _FIRST[cls.__name__](data)
    try:
        return _CONVERTER.structure(data, cls)
    except Refused as refused:
        pointer = ""
        for step in reversed(refused.path):
            pointer = join_pointer(pointer, step)
        raise DocumentError(shown, refused.message, pointer=pointer) from refused


def unstructure(model: attrs.AttrsInstance) -> dict[str, Any]:
    """*model* as plain data, ready to be written; ``structure_data`` of it is equal to *model*."""
    plain: dict[str, Any] = _CONVERTER.unstructure(model)
    return plain


def _write_model(model: Any) -> dict[str, Any]:
    cls: Any = type(model)
    defaults = _defaults(cls)
    extra: Mapping[str, Any] = getattr(model, "extra", {})
    kept = extra.order if isinstance(extra, Kept) else ()
    result: dict[str, Any] = {}
    for key in kept:
        if key in defaults:
            result[key] = _CONVERTER.unstructure(getattr(model, key))
        elif key in extra:
            result[key] = _CONVERTER.unstructure(extra[key])
    for key, default in defaults.items():
        if key not in result:
            value = getattr(model, key)
            if not isinstance(extra, Kept) or key == "schema_version" or value != default:
                result[key] = _CONVERTER.unstructure(value)
    for key, value in extra.items():
        if key not in result:
            result[key] = _CONVERTER.unstructure(value)
    return result


@cache
def _defaults(cls: Any) -> dict[str, Any]:
    """Each known key of *cls* with its default, in the order in which we write them; ``NOTHING`` for a required key."""
    fields = sorted(attrs.fields(cls), key=lambda field: field.name != "schema_version")
    return {field.name: _default(field) for field in fields if field.name != "extra"}


def _default(field: attrs.Attribute[Any]) -> Any:
    factory = getattr(field.default, "factory", None)
    return field.default if factory is None else factory()


def _write_mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _CONVERTER.unstructure(member) for key, member in value.items()}


def _write_list(value: tuple[Any, ...] | list[Any]) -> list[Any]:
    return [_CONVERTER.unstructure(member) for member in value]


def _write_word(value: StrEnum) -> str:
    return value.value


def _is_a(*kinds: type) -> Callable[[Any], bool]:
    return lambda cls: isinstance(cls, type) and issubclass(cls, kinds)


def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    register_reading(converter)
    for words in VOCABULARIES:  # one by one: cattrs would take an enum of str for a str
        converter.register_unstructure_hook(words, _write_word)
    # Asked in the reverse order: the last that fits is taken.
    converter.register_unstructure_hook_func(attrs.has, _write_model)
    converter.register_unstructure_hook_func(_is_a(Mapping), _write_mapping)
    converter.register_unstructure_hook_func(_is_a(tuple, list), _write_list)
    converter.register_unstructure_hook_func(_is_a(Duration, Memory), str)
    return converter


_CONVERTER: Final = _converter()
