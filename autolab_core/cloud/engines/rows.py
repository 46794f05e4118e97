"""The rows of the policy's ``compute.backends`` as a look needs them. Light: the policy's models are not imported."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from autolab_core.io.policy import policy_source

if TYPE_CHECKING:
    from autolab_core.io.tree import Tree
    from autolab_core.models.policy import BackendPolicy

__all__ = ["EMBEDDED_KIND", "Row", "row_called", "written_rows"]

#: The kind, and the name, of the engine that needs no row.
EMBEDDED_KIND: Final = "podman"


class Row(NamedTuple):
    """A row, as far as it says which engine it is; the words are those of ``models.policy.BackendPolicy``."""

    name: str
    kind: str
    settings: Mapping[str, Any]


if TYPE_CHECKING:
    _Any = TypeVar("_Any", Row, BackendPolicy)


def row_called(rows: "Sequence[_Any]", name: str) -> "_Any | None":
    """The row called *name*, else the first of that kind; None where there is neither."""
    found = [row for row in rows if row.name == name] or [row for row in rows if row.kind == name]
    return found[0] if found else None


def written_rows(tree: "Tree") -> tuple[Row, ...] | None:
    """The rows that the policy of *tree* has; None where it is not what its schema says, which its reader puts into
    words. Raises DocumentError where it cannot be read at all."""
    source = policy_source(tree)
    if source is None:
        return ()
    if tree.schemas.problems("verifier_policy", source.document.data):
        return None
    rows = (source.document.data.get("compute") or {}).get("backends") or ()
    return tuple(Row(row["name"], row["kind"], row.get("settings") or {}) for row in rows)
