"""What Autolab asks this package for. The entry point in ``pyproject.toml`` names this module."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autolab_verifiers.contract import Verifier, hookimpl

if TYPE_CHECKING:
    from autolab_verifiers.testing import Mutation


@hookimpl
def autolab_verifiers() -> Sequence[Verifier]:
    from autolab_metric_units.verifier import VERIFIER

    return [VERIFIER]


@hookimpl
def autolab_mutations() -> "Sequence[Mutation]":
    from autolab_metric_units.mutations import MUTATIONS

    return MUTATIONS
