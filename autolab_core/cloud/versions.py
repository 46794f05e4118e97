"""The versions of a run's documents that are read here. Light: who only looks asks it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from autolab_core.io.documents import Document

__all__ = ["VERSION", "require_known"]

VERSION: Final = "1.0"


def require_known(document: Document) -> Document:
    """*document*, which holds a run's record or what lies of it in its storage. Raises DocumentError where it says that
    it is of another major version: its words may mean something else."""
    data = document.data
    said = data.get("schema_version", VERSION) if isinstance(data, dict) else VERSION
    if not isinstance(said, str) or said.partition(".")[0] == VERSION.partition(".")[0]:
        return document  # what is no version at all, its model refuses
    raise DocumentError(
        document.shown,
        f"is of the version {said!r}, and this Autolab reads {VERSION}",
        line=document.place("/schema_version").line,
        hint="use the Autolab that wrote it, or a later one",
    )
