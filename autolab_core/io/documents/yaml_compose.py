"""From YAML events to plain data: what is allowed, how much of it, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from autolab_core.io.documents.document import MAX_DEPTH, Place, in_quotes, join_pointer, nearest
from autolab_core.io.documents.libyaml import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    YAMLError,
)
from autolab_core.io.documents.yaml_events import Events, checked_text, parsers
from autolab_core.io.documents.yaml_scalars import resolve
from autolab_core.vocab.errors import DocumentError

__all__ = ["MAX_NODES", "compose", "index"]

# Counted after aliases are expanded, so that a bomb of aliases ends soon. A long text counts for more than one.
MAX_NODES: Final = 100_000
_TEXT_PER_NODE: Final = 256
_ANCHOR: Final = r"[A-Za-z0-9_-]+"
_TO_TEXT: Final = "put it in quotes to make it text"


def compose(source: bytes, shown: str, ask: Callable[[str], tuple[Events, ...]] = parsers) -> Any:
    """The data of the YAML text *source*; *ask* chooses the parsers for a text."""
    return _compose(source, shown, ask, None)


def index(source: bytes) -> Callable[[str], Place]:
    """A function from a pointer to its place in *source*, which is known to be in order."""
    places: dict[str, Place] = {}
    _compose(source, "", parsers, places)
    return lambda pointer: nearest(places, pointer)


def _compose(
    source: bytes, shown: str, ask: Callable[[str], tuple[Events, ...]], places: dict[str, Place] | None
) -> Any:
    text = checked_text(source, shown)
    *first, last = ask(text)
    for events in first:
        try:
            return _Composer(events(text, shown), shown, places).document()
        except YAMLError:
            continue
    return _Composer(last(text, shown), shown, places).document()


class _Composer:
    """One pass over the events of one text. ``places`` is filled where it is a dict: places cost more than data."""

    def __init__(self, events: Iterator[Any], shown: str, places: dict[str, Place] | None) -> None:
        self.shown = shown
        self.places = places
        self._next = events.__next__
        self._nodes = 0
        self._anchors: dict[str, Any] = {}
        self._path: list[str] = []

    def document(self) -> Any:
        """The data of the one document that the text must hold."""
        self._next()  # the start of the stream
        event = self._next()
        if type(event) is StreamEndEvent:
            raise DocumentError(self.shown, "is empty; it should hold YAML", line=1, column=1)
        assert type(event) is DocumentStartEvent
        event = self._next()
        if self.places is not None:
            self.places[""] = _place(event)
        data = self._node(event)
        event = self._next()
        assert type(event) is DocumentEndEvent
        event = self._next()
        if type(event) is not StreamEndEvent:
            self._refuse(event, "holds a second document", "keep one document in a file")
        return data

    def _node(self, event: Any) -> Any:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        self._count(event, 1)
        if event.tag is not None and event.tag != "!":
            self._refuse(
                event, f"the tag {in_quotes(event.tag)} is not supported", "remove it; quotes make a value text"
            )
        if event.anchor is None:
            return self._content(event, kind)
        name = self._anchor(event)
        marker = self._anchors[name] = _Unfinished()
        data = self._content(event, kind)
        # An anchor of the same name further in stands later in the text: that one is meant from now on.
        if self._anchors[name] is marker:
            self._anchors[name] = data
        return data

    def _content(self, event: Any, kind: type) -> Any:
        if kind is ScalarEvent:
            return self._scalar(event)
        if len(self._path) >= MAX_DEPTH:
            self._too_deep(event)
        return self._mapping() if kind is MappingStartEvent else self._sequence()

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        if event.implicit[0] and event.tag is None:
            try:
                return resolve(text)
            except ValueError as error:
                self._refuse(event, str(error), _TO_TEXT)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            self._refuse(event, "this string holds half of a surrogate pair, which is no character")
        return text

    def _sequence(self) -> list[Any]:
        items: list[Any] = []
        while type(event := self._next()) is not SequenceEndEvent:
            self._path.append(str(len(items)))
            self._note(event)
            items.append(self._node(event))
            self._path.pop()
        return items

    def _mapping(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while type(event := self._next()) is not MappingEndEvent:
            key = self._key(event)
            self._path.append(key)
            if key in members:
                self._refuse(event, f"the key {in_quotes(key)} is already on line {lines[key]}")
            lines[key] = event.start_mark.line + 1
            self._note(event)
            members[key] = self._node(self._next())
            self._path.pop()
        return members

    def _key(self, event: Any) -> str:
        if type(event) is not ScalarEvent:
            self._refuse(event, "only text can be a key here, not an alias, a list or a mapping")
        if event.implicit[0] and event.tag is None and event.value == "<<":
            self._refuse(event, "merge keys (<<) are not supported", "write the keys out")
        key = self._node(event)
        if not isinstance(key, str):
            kind = "null" if key is None else "a truth value" if isinstance(key, bool) else "a number"
            self._refuse(event, f"the key {in_quotes(event.value)} is {kind}, not text", _TO_TEXT)
        return key

    def _alias(self, event: Any) -> Any:
        name = self._anchor(event)
        if name not in self._anchors:
            self._refuse(event, f"the alias *{name} has no anchor before it")
        return self._copy(event, self._anchors[name], len(self._path))

    def _copy(self, event: Any, data: Any, depth: int) -> Any:
        if isinstance(data, _Unfinished):
            self._refuse(event, f"the alias *{event.anchor} stands inside of what it names")
        self._count(event, 1 + len(data) // _TEXT_PER_NODE if isinstance(data, str) else 1)
        if not isinstance(data, list | dict):
            return data
        if depth >= MAX_DEPTH:
            self._too_deep(event)
        if isinstance(data, list):
            return [self._copy(event, item, depth + 1) for item in data]
        return {key: self._copy(event, value, depth + 1) for key, value in data.items()}

    def _anchor(self, event: Any) -> str:
        name: str = event.anchor
        # libyaml takes these characters only; the parser written in Python takes any that YAML 1.2 allows.
        if not re.fullmatch(_ANCHOR, name):
            self._refuse(event, f"the anchor name {in_quotes(name)} holds more than letters, digits, _ and -")
        return name

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._refuse(event, f"holds more than {MAX_NODES} values, aliases expanded")

    def _note(self, event: Any) -> None:
        if self.places is not None:
            self.places[self._pointer()] = _place(event)

    def _pointer(self) -> str:
        pointer = ""
        for key in self._path:
            pointer = join_pointer(pointer, key)
        return pointer

    def _too_deep(self, event: Any) -> NoReturn:
        self._refuse(event, f"is nested deeper than {MAX_DEPTH} levels")

    def _refuse(self, event: Any, message: str, hint: str = "") -> NoReturn:
        line, column = _place(event)
        raise DocumentError(self.shown, message, line=line, column=column, pointer=self._pointer(), hint=hint)


class _Unfinished:
    """What an anchor names until the value behind it is complete."""

    __slots__ = ()


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
