"""What the author of a verifier tests it with: valid samples to start from, mutations, and the contract as a test.

    from autolab_verifiers.testing import Mutation, assert_verifier_contract

    MUTATIONS = (Mutation("MY001", "unit_is_gone", lambda r: r.replace(PATHS.design, 'unit: "%", ', "")),)

    def test_contract():
        assert_verifier_contract(VERIFIER, MUTATIONS)

``Mutation``, ``Repository`` and the paths of the sample need nothing else, so that a plugin's hook
``autolab_mutations`` can import them wherever it is installed. The strategies and ``assert_verifier_contract`` need
hypothesis (``pip install 'autolab-verify[testing]'``): naming them without it raises ImportError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.prove import Proof, Unproven, judged, prove
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, Repository, build

if TYPE_CHECKING:
    from autolab_verifiers.testing.contract import assert_verifier_contract
    from autolab_verifiers.testing.strategies import Sample, manifests, metrics, repositories

__all__ = [
    "ITERATION",
    "PATHS",
    "RUN",
    "RUN_PATHS",
    "Mutation",
    "Proof",
    "Repository",
    "Sample",
    "Unproven",
    "assert_verifier_contract",
    "build",
    "judged",
    "manifests",
    "metrics",
    "mutations",
    "prove",
    "repositories",
]

_WITH_HYPOTHESIS = {
    "Sample": "strategies",
    "assert_verifier_contract": "contract",
    "manifests": "strategies",
    "metrics": "strategies",
    "repositories": "strategies",
}


def mutations(verifier: str | None = None) -> tuple[Mutation, ...]:
    """The shipped mutations: those of the builtin *verifier*, or of all of them. Raises KeyError for another name."""
    from autolab_verifiers.selftest.mutations import builtin_mutations, load_mutations

    return tuple(builtin_mutations()) if verifier is None else load_mutations(verifier)


def __getattr__(name: str) -> Any:
    if name not in _WITH_HYPOTHESIS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        import_module("hypothesis")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{__name__}.{name} needs the package hypothesis: pip install 'autolab-verify[testing]'", name="hypothesis"
        ) from error
    return getattr(import_module(f"{__name__}.{_WITH_HYPOTHESIS[name]}"), name)
