"""Finding the repository that a folder lies in. Light: every command starts here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from autolab_core.io.layout import AUTOLAB
from autolab_core.vocab.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["find_root", "locate_root"]


def locate_root(start: str | os.PathLike[str] | None = None) -> str:
    """The nearest folder at or above *start* (default: the current one) that has ``.autolab``. Raises UsageError."""
    try:
        here = os.path.realpath(start if start is not None else os.getcwd())
    except FileNotFoundError as error:
        raise UsageError("the current folder no longer exists; change to the repository") from error
    folder = here
    while not os.path.isdir(os.path.join(folder, AUTOLAB)):
        above = os.path.dirname(folder)
        if above == folder:
            raise UsageError(f"{here} is not in an Autolab repository (no {AUTOLAB} folder); `autolab init` makes one")
        folder = above
    return folder


def find_root(start: str | os.PathLike[str] | None = None) -> Path:
    """``locate_root`` as a ``Path``."""
    from pathlib import Path  # half an interpreter's start; commands that only look do without

    return Path(locate_root(start))
