"""Paths on the command line of ``autolab guard``."""

from __future__ import annotations

import os

__all__ = ["below"]


def below(root: str, given: str) -> str:
    """The path *given*, which counts from the current folder, as the guard has it: from *root*, or absolute."""
    # A link on the way is not followed: the guard refuses it, and says what the real path is.
    path = os.path.normpath(os.path.join(os.getcwd(), given))
    return os.path.relpath(path, root) if path == root or path.startswith(f"{root}/") else path
