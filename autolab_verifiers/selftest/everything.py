"""The self-test of an installation: every rule of every verifier at hand, and what must fail as a whole."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from autolab_core.io.tree import Tree
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.contract.rules import Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, last_line
from autolab_verifiers.engine.collect import Collected, Plugin
from autolab_verifiers.engine.select import select
from autolab_verifiers.report.answer import Check
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.mutations import load_mutations
from autolab_verifiers.selftest.prove import Proof, Unproven, prove
from autolab_verifiers.selftest.repository import build
from autolab_verifiers.selftest.scenarios import Scenario, scenarios
from autolab_verifiers.selftest.scratch import scratch

__all__ = ["SelfTest", "self_test"]

_Asked = tuple[Verifier, tuple[Mutation, ...], str | None]


class SelfTest(NamedTuple):
    """What was shown. Nothing can be said of the plugins that are ``broken`` or ``blocked`` (name and distribution)."""

    proofs: tuple[Proof, ...]
    scenarios: tuple[Scenario, ...]
    broken: tuple[Check, ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()

    @property
    def unproven(self) -> tuple[Unproven, ...]:
        """Every rule and mutation of which something is wrong."""
        return tuple(each for proof in self.proofs for each in proof.unproven)

    @property
    def exit_code(self) -> int:
        """0 all is proven; 1 something is not; 2 a plugin could not be loaded, or there is nothing to prove."""
        if self.broken or not self.proofs:
            return 2
        return 1 if self.unproven or not all(scenario.held for scenario in self.scenarios) else 0


def self_test(
    collected: Collected,
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
) -> SelfTest:
    """Prove the verifiers of *collected*. *only* and *skip* name verifiers or groups.

    Raises UsageError for a name that is none.
    """
    with scratch() as folder:
        build(Path(folder) / "repository")
        names = select(Tree(f"{folder}/repository"), None, collected.names, only=only, skip=skip).run
    proofs = []
    for verifier, mutations, fault in _asked(collected):
        if verifier.name in names:
            proof = prove(verifier, mutations)
            if fault is not None:
                proof = proof._replace(unproven=tuple(each._replace(reason=fault) for each in proof.unproven))
            proofs.append(proof)
    return SelfTest(tuple(proofs), tuple(scenarios()), collected.broken, collected.blocked)


def _asked(collected: Collected) -> Iterator[_Asked]:
    """Each verifier with its mutations, and why there are none where asking for them failed."""
    for name in BUILTIN:
        yield load(name), load_mutations(name), None
    for plugin in sorted(collected.loaded, key=lambda each: each.name):
        yield from _of_plugin(plugin)


def _of_plugin(plugin: Plugin) -> Iterator[_Asked]:
    brought = attempt(plugin.mutations)
    table: list[Mutation] = []
    fault = None
    if isinstance(brought, Fault):
        fault = f"the plugin {plugin.name!r} was asked for its mutations: {last_line(brought.error)}"
    else:
        table = [each for each in brought if isinstance(each, Mutation)]
        if len(table) < len(brought):
            fault = f"the plugin {plugin.name!r} brings something that is no Mutation"
            table = []
    known = {rule.id for verifier in plugin.verifiers for rule in verifier.rules}
    strange = tuple(mutation for mutation in table if mutation.rule not in known)
    for number, verifier in enumerate(plugin.verifiers):
        ids = {rule.id for rule in verifier.rules}
        own = tuple(mutation for mutation in table if mutation.rule in ids)
        yield verifier, (*own, *strange) if number == 0 else own, fault
