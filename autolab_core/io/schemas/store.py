"""Which schema is in force in a repository, and what it says about data."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from autolab_core.io.documents.source import read_source
from autolab_core.io.layout import schema_file
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.io.schemas.names import SCHEMA_NAMES, file_name, shipped
from autolab_core.io.schemas.plain import not_plain
from autolab_core.io.schemas.problem import SchemaProblem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SchemaStore"]

_Judge = Callable[[object], tuple[SchemaProblem, ...]]


class SchemaStore:
    """The schemas of one repository. A repository's own copy wins over the shipped one; ``differing`` reports it.

    Each schema is read at most once: a store is made for one command or one verification, not kept beyond it.
    A repository's own regular expressions are run as they are; one that backtracks for ever is not stopped.
    """

    __slots__ = ("_folder", "_judges", "_sources")

    def __init__(self, folder: Path | str | None) -> None:
        """*folder* is ``<repository>/.autolab/schemas``; None means that only the shipped schemas count."""
        self._folder = None if folder is None else str(folder)
        self._sources: dict[str, bytes] = {}
        self._judges: dict[str, _Judge] = {}

    def source(self, name: str) -> bytes:
        """The file of the schema in force: the repository's own copy where there is one, else the shipped one.

        Raises ``UsageError`` for an unknown name, ``DocumentError`` when the copy is there and cannot be read.
        """
        if name not in self._sources:
            own = self._own(name)
            if own is not None and os.path.lexists(own):
                self._sources[name] = read_source(own, schema_file(name))
            else:
                self._sources[name] = shipped(name)
        return self._sources[name]

    def differing(self) -> tuple[str, ...]:
        """The names of the schemas of which the repository has a copy that is not the shipped one, byte for byte."""
        if self._folder is None:
            return ()
        return tuple(name for name in SCHEMA_NAMES if self.source(name) != shipped(name))

    def missing(self) -> tuple[str, ...]:
        """The names of the schemas that the repository's folder lacks: all of them when there is no such folder.

        () for a store of the shipped schemas alone.
        """
        return tuple(name for name in SCHEMA_NAMES if (own := self._own(name)) is not None and not os.path.lexists(own))

    def problems(self, name: str, data: object, *, plain: bool = False) -> tuple[SchemaProblem, ...]:
        """Why *data* is not what the schema *name* says; () when it is.

        Values that JSON cannot hold (NaN, Infinity, a date, a key that is not text) are problems whatever the
        schema says; *plain* data came from a reader that lets none through. Raises ``DocumentError`` when the
        repository's own schema cannot be used.
        """
        judge = self._judges.get(name)
        if judge is None:
            judge = self._judges[name] = self._judge(name)
        return (() if plain else not_plain(data)) or judge(data)

    def _own(self, name: str) -> str | None:
        file = file_name(name)
        return None if self._folder is None else os.path.join(self._folder, file)

    def _judge(self, name: str) -> _Judge:
        if self._own(name) is None or self.source(name) == shipped(name):
            return _shipped_judge(name)
        return _slow_judge(self.source(name), schema_file(name))


def _slow_judge(source: bytes, where: str) -> _Judge:
    from autolab_core.io.schemas.judge import make_judge

    return make_judge(source, where)


def _shipped_judge(name: str) -> _Judge:
    validate: Callable[[object], None] = import_module(f"autolab_core.io.schemas.generated.{name}").validate
    slow: list[_Judge] = []

    def judge(data: object) -> tuple[SchemaProblem, ...]:
        try:
            validate(data)
        except Invalid:
            if not slow:
                slow.append(_slow_judge(shipped(name), file_name(name)))
            # A fast no stays a no, also when the slow engine has nothing to say.
            return slow[0](data) or (SchemaProblem("", f"does not fit the schema {name}; nothing more is known"),)
        return ()

    return judge
