"""The pluggy markers and the one hook. pluggy only collects verifiers; the engine runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autolab_verifiers.contract.rules import Verifier

__all__ = ["PROJECT", "HookSpecs", "hookimpl", "hookspec"]

PROJECT: Final = "autolab_verifiers"
hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)


class HookSpecs:
    """Implement ``autolab_verifiers`` in a module named by an entry point of the group ``autolab_verifiers``."""

    @hookspec
    def autolab_verifiers(self) -> Sequence[Verifier]:
        """Return the verifiers that this plugin brings. Called once; must not read the repository."""
        raise AssertionError("pluggy never calls a specification")
