"""The bytes of a repository's spec, and the path of the next one."""

from __future__ import annotations

import os

from autolab_core.io.documents import read_source
from autolab_core.io.experiment_layout import EXPERIMENT_RECORDS, experiment_number, experiment_spec
from autolab_core.io.layout import EXPERIMENTS, RESULTS
from autolab_core.io.spec.read import MAX_SPEC_BYTES
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError

__all__ = ["next_spec", "spec_source"]

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST = 80


def spec_source(root: str, path: str) -> bytes:
    """The bytes of the spec *path* below *root*: a regular file of at most ``MAX_SPEC_BYTES``. Raises DocumentError.

    A symbolic link is refused: what it leads to can be changed while the link stays as it was sealed.
    """
    absolute = Tree(root).absolute(path)
    if os.path.islink(absolute):
        raise DocumentError(path, "is a symbolic link", hint="a spec has to be the file itself")
    return read_source(absolute, path, max_bytes=MAX_SPEC_BYTES)


def next_spec(root: str, name: str) -> str:
    """The path of a new spec called *name*: its number follows on all that have a spec, results or a record.

    Raises UsageError for a name that is not made of small letters, digits and hyphens.
    """
    if not name or not _NAME.issuperset(name) or name.startswith("-") or name.endswith("-") or len(name) > _LONGEST:
        raise UsageError(f"{name!r} cannot name an experiment; use small letters, digits and hyphens (momentum-0-9)")
    if experiment_number(name) is not None:
        raise UsageError(f"{name!r} has a number already; give the name alone, the next free number is found")
    tree = Tree(root)
    known = (each for folder in (EXPERIMENTS, RESULTS, EXPERIMENT_RECORDS) for each in tree.names(folder))
    return experiment_spec(max((experiment_number(each) or 0 for each in known), default=0) + 1, name)
