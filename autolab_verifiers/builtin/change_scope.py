"""``change_scope``: what was changed for an experiment is what its spec says would be. Advisory."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.contract.rules import RuleSet

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "change_scope",
    "What was changed for an experiment is what its spec says would be.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)
_NAMED_AT_MOST: Final = 20


@VERIFIER.rule(
    "CG001", "the files that changed since the seal are those of the implementation", hint="`git diff` shows what it is"
)
@about_each
def changes_are_the_implementations(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Whoever implements an experiment changes what it needs, and leaves the rest for another day.

    Asked of git: files that neither the spec's `files` name nor the experiment writes are remarked on.
    """
    from autolab_verifiers.contract.experiment.history import changed_files, outside_the_implementation

    found = list(outside_the_implementation(facts, changed_files(context, facts)))
    for path in found[:_NAMED_AT_MOST]:
        message = f"was changed since {facts.paths.id} was sealed, and its spec does not name it"
        yield context.missing(path, message, severity=Severity.WARNING)
    if len(found) > _NAMED_AT_MOST:
        message = f"{len(found)} files that its spec does not name changed; the first {_NAMED_AT_MOST} are named"
        yield context.missing(facts.paths.spec, message, severity=Severity.WARNING)
