"""Finding the repository that a folder lies in. Light: every command starts here."""

from __future__ import annotations

import os
from pathlib import Path

from autolab_core.io.layout import AUTOLAB
from autolab_core.vocab.errors import UsageError

__all__ = ["find_root"]


def find_root(start: str | Path | None = None) -> Path:
    """The nearest folder at or above *start* (default: the current one) that has ``.autolab``. Raises UsageError."""
    try:
        here = Path(os.path.realpath(start if start is not None else os.getcwd()))
    except FileNotFoundError as error:
        raise UsageError("the current folder no longer exists; change to the repository") from error
    for folder in (here, *here.parents):
        if (folder / AUTOLAB).is_dir():
            return folder
    raise UsageError(f"{here} is not in an Autolab repository (no {AUTOLAB} folder); `autolab init` makes one")
