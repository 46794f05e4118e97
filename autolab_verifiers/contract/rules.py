"""Rules, and a verifier made of them.

A *rule* is one question with an id (``RH003``). A *verifier* is a named set of rules. The engine wants the
``Verifier`` protocol; ``RuleSet`` implements it for rules written as generator functions:

    health = RuleSet("run_health", "The manifest tells a coherent story.")

    @health.rule("RH001", "the run has a manifest", hint="run `autolab launch`")
    def manifest_exists(context: VerifyContext) -> Iterator[Finding]:
        '''Why this matters, for the rule's page.'''
        if not context.tree.exists(context.run.manifest):
            yield context.missing(context.run.manifest, "run_manifest.json does not exist")
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip

__all__ = ["CheckFunction", "Rule", "RuleSet", "Verifier"]

CheckFunction: TypeAlias = Callable[[VerifyContext], Iterator[Finding]]


class Rule(NamedTuple):
    """One question. ``summary`` completes "it is required that …"; ``hint`` is the usual way out."""

    id: str
    summary: str
    hint: str
    check: CheckFunction
    scopes: tuple[Scope, ...] = (Scope.RUN,)

    @property
    def explanation(self) -> str:
        """Why the rule exists: its function's docstring."""
        return self.check.__doc__ or self.summary


class Verifier(Protocol):
    """What the engine runs. Verifiers are independent of one another and of the order they run in."""

    @property
    def name(self) -> str:
        """The name used by ``--only``, by the policy and in reports."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, in the order they are reported."""

    def applies(self, context: VerifyContext) -> Skip | None:
        """None when the rules are to be run; otherwise why none of them makes sense here."""


class RuleSet:
    """A ``Verifier`` built from decorated functions, whose rules are about *scope* unless they say otherwise."""

    def __init__(
        self,
        name: str,
        summary: str,
        *,
        scope: Scope = Scope.RUN,
        needs: Callable[[VerifyContext], object] | None = None,
    ) -> None:
        """*needs* raises Skip where none of the rules makes sense."""
        self.name = name
        self._needs = needs
        self.summary = summary
        self._scopes = (scope,)
        self._rules: list[Rule] = []

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self._rules)

    def rule(
        self, rule_id: str, summary: str, *, hint: str = "", scopes: tuple[Scope, ...] = ()
    ) -> Callable[[CheckFunction], CheckFunction]:
        """Register a generator function as the rule *rule_id*. Raises ValueError when the id is taken."""
        if any(rule.id == rule_id for rule in self._rules):
            raise ValueError(f"{self.name} already has a rule {rule_id}")

        def register(check: CheckFunction) -> CheckFunction:
            self._rules.append(Rule(rule_id, summary, hint, check, scopes or self._scopes))
            return check

        return register

    def applies(self, context: VerifyContext) -> Skip | None:
        if self._needs is not None:
            try:
                self._needs(context)
            except Skip as reason:
                return reason
        return None
