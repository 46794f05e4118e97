"""The pluggy markers and the two hooks. pluggy only collects verifiers; the engine runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autolab_verifiers.contract.rules import Verifier

    # What a mutation is stands in autolab_verifiers/selftest/mutation.py; the contract knows only that there are some.
    Mutations = Sequence[object]

__all__ = ["PROJECT", "HookSpecs", "hookimpl", "hookspec"]

PROJECT: Final = "autolab_verifiers"
hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)


class HookSpecs:
    """Implement ``autolab_verifiers`` in a module named by an entry point of the group ``autolab_verifiers``.

    ``autolab_mutations`` may be left out; `autolab-verify --self-test` then calls the plugin's rules unproven.
    """

    @hookspec
    def autolab_verifiers(self) -> Sequence[Verifier]:
        """Return the verifiers that this plugin brings. Called once; must not read the repository."""
        raise AssertionError("pluggy never calls a specification")

    @hookspec
    def autolab_mutations(self) -> Mutations:
        """Return ``autolab_verifiers.testing.Mutation``s, at least one for each rule. Called by the self-test only."""
        raise AssertionError("pluggy never calls a specification")
