"""Where the tool itself is installed: whoever can change that changes every later judgement."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["installation"]

_PACKAGES: Final = ("autolab_core", "autolab_verifiers", "autolab_cli", "autolab_verify.egg-info")
_DISTRIBUTION: Final = "autolab_verify-"


def installation() -> tuple[str, ...]:
    """The absolute paths, free of links, of the packages this one was installed with, and of their metadata.

    They lie beside the package that this function is in, wherever that was imported from; in a checkout too.
    """
    here = os.path.realpath(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    beside = os.path.dirname(here)
    names = [name for name in os.listdir(beside) if name in _PACKAGES or name.startswith(_DISTRIBUTION)]
    return tuple(sorted(path for name in names if not os.path.islink(path := os.path.join(beside, name))))
