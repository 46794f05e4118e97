"""Where the tool itself is installed: whoever can change that changes every later judgement."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Final

__all__ = ["installation"]

_PACKAGES: Final = ("autolab_core", "autolab_verifiers", "autolab_cli", "autolab_verify.egg-info")
# The metadata of an installation, and what leads from there to the sources where it is an editable one.
_BEGINNINGS: Final = ("autolab_verify-", "__editable__.autolab_verify-", "__editable___autolab_verify_")


def installation() -> tuple[str, ...]:
    """The absolute paths, free of links, of the packages this one was installed with, and of their metadata.

    They lie beside the package that this function is in, wherever that was imported from; in a checkout too. And they
    lie wherever else this user's Python looks for modules: another process may find the tool there first.
    """
    here = os.path.realpath(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    folders = {here, *(os.path.realpath(folder) for folder in _searched())}
    return tuple(sorted(path for folder in folders for path in _parts(folder)))


def _searched() -> Iterator[str]:
    """The folders that Python searches for this user, also where this process was told to leave some of them out."""
    import site

    yield from sys.path
    if said := os.environ.get("PYTHONPATH"):
        yield from said.split(os.pathsep)
    yield site.getusersitepackages()


def _parts(folder: str) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if (name in _PACKAGES or name.startswith(_BEGINNINGS)) and not os.path.islink(path):
            yield path
