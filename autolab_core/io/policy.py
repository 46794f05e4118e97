"""Where the verifier policy is written: a file of its own, or the table ``[tool.autolab]`` of ``pyproject.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from autolab_core.io.documents import Document, Place
from autolab_core.io.layout import POLICY, PYPROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from autolab_core.io.tree import Tree

__all__ = ["PolicySource", "policy_source", "policy_table"]

_TABLE: Final = b"[tool.autolab"
_POINTER: Final = "/tool/autolab"
_KEY_BYTES: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class PolicySource:
    """A place where a policy is written: ``document`` has its data, which is at ``pointer`` in the file ``path``."""

    __slots__ = ("document", "path", "pointer")

    def __init__(self, path: str, pointer: str, document: Document) -> None:
        self.path = path
        self.pointer = pointer
        self.document = document


def policy_source(tree: Tree) -> PolicySource | None:
    """The policy in force: ``.autolab/verifier_policy.yaml``, else the table, else None. Raises DocumentError."""
    if tree.exists(POLICY):
        return PolicySource(POLICY, "", tree.document(POLICY))
    return policy_table(tree)


def policy_table(tree: Tree) -> PolicySource | None:
    """The table ``[tool.autolab]``, or None. Raises DocumentError.

    TOML is read only where the file has such a heading, letter by letter: another program's file costs a look.
    """
    if not tree.exists(PYPROJECT) or not _has_heading(tree.source(PYPROJECT)):
        return None
    whole = tree.document(PYPROJECT)
    tool = whole.data.get("tool")
    if not isinstance(tool, dict) or "autolab" not in tool:
        return None  # the heading stands in a text or a comment
    return PolicySource(PYPROJECT, _POINTER, Document(whole.shown, tool["autolab"], whole.source, _below(whole)))


def _has_heading(source: bytes) -> bool:
    return any(not rest or rest[0] not in _KEY_BYTES for rest in source.split(_TABLE)[1:])


def _below(whole: Document) -> Callable[[bytes], Callable[[str], Place]]:
    return lambda _: lambda pointer: whole.place(_POINTER + pointer)
