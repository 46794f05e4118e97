"""The mutations of the builtin verifiers: one module each, of the verifier's name, with ``TABLE``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.selftest.mutation import Mutation

__all__ = ["builtin_mutations", "load_mutations"]


def load_mutations(name: str) -> tuple[Mutation, ...]:
    """The mutations of the builtin verifier *name*; their module is imported now.

    Raises KeyError for a name that is no builtin's, ModuleNotFoundError for a builtin without mutations.
    """
    if name not in BUILTIN:
        raise KeyError(name)
    table: tuple[Mutation, ...] = import_module(f"{__name__}.{name}").TABLE
    return table


def builtin_mutations() -> Iterator[Mutation]:
    """The mutations of all builtin verifiers, in the order of the report."""
    for name in BUILTIN:
        yield from load_mutations(name)
