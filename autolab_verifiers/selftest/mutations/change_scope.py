"""Mutations for ``change_scope``. They start from an experiment in a git repository."""

from __future__ import annotations

from typing import Final

from autolab_verifiers.selftest.experimenting import CODE, versioned
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import PATHS

__all__ = ["TABLE"]

_OTHER: Final = "tools/report.py"

TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("CG001", "file_was_added", lambda r: r.write(_OTHER, "print()\n"), mild=True, prepare=versioned),
    Mutation(
        "CG001",
        "file_was_changed",
        lambda r: r.write(CODE, "print(0.37)\n").write(f"{PATHS.folder}/notes.md", "Later.\n"),
        mild=True,
        prepare=versioned,
    ),
)
