"""Strict YAML 1.2 as plain data. The door only: the reader behind it is imported when the first file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from autolab_core.io.documents.document import Document, Place
from autolab_core.io.documents.source import read_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["MAX_YAML_BYTES", "parse_yaml", "read_yaml"]

# YAML is written by hand, and its readers are a hundred times slower than JSON's.
MAX_YAML_BYTES: Final = 2 * 1024 * 1024


def read_yaml(path: Path | str, shown: str | None = None, *, max_bytes: int = MAX_YAML_BYTES) -> Document:
    """The YAML file *path*; ``DocumentError`` naming *shown* (the path itself by default) for any fault."""
    name = str(path) if shown is None else shown
    return parse_yaml(read_source(path, name, max_bytes=max_bytes), name)


def parse_yaml(source: bytes, shown: str) -> Document:
    """The YAML text *source*; ``DocumentError`` naming *shown*, and a line where there is one, for any fault.

    One document, of mappings with text keys, sequences and scalars of the YAML 1.2 core schema: ``off``, ``12:30:45``
    and ``2026-02-01`` are strings. Refused: tags, merge keys, directives, keys that stand twice or are no text,
    infinities and NaN, nesting beyond ``MAX_DEPTH``, more than ``MAX_NODES`` values once aliases are expanded.
    Aliases become copies, so that the data is a tree.
    """
    from autolab_core.io.documents.yaml_compose import compose

    return Document(shown, compose(source, shown), source, _index)


def _index(source: bytes) -> Callable[[str], Place]:
    from autolab_core.io.documents.yaml_compose import index

    return index(source)
