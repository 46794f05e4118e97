"""What the author of a verifier imports: the protocol, the context, findings, and a way to write rules as functions.

A verifier reads; it never launches, writes or prints. It yields findings; the engine turns them into verdicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import Rule, RuleSet, Verifier

if TYPE_CHECKING:
    from autolab_verifiers.contract.hooks import PROJECT, hookimpl, hookspec

__all__ = [
    "PROJECT",
    "Finding",
    "Rule",
    "RuleSet",
    "Scope",
    "Severity",
    "Skip",
    "Verifier",
    "VerifyContext",
    "hookimpl",
    "hookspec",
]


def __getattr__(name: str) -> Any:
    # pluggy costs more than a bare interpreter; a verification without plugins does not need it.
    if name not in {"PROJECT", "hookimpl", "hookspec"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autolab_verifiers.contract import hooks

    return getattr(hooks, name)
