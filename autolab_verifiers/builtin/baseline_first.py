"""``baseline_first``: the baseline was reproduced, within its tolerance, before the treatment was begun."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "baseline_first",
    "The baseline was reproduced before the treatment was begun.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)


@VERIFIER.rule("BF001", "the metrics have the baseline that the spec expects", hint="reproduce the baseline first")
@about_each
def baseline_is_there(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A treatment is compared with what was measured here, by the same code on the same machine, not with a paper."""
    from autolab_verifiers.contract.experiment.order import missing_baseline

    for pointer, message in missing_baseline(facts):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule("BF002", "the baseline is within its tolerance", hint="find out why; every attempt stays on record")
@about_each
def baseline_is_reproduced(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """If the known number does not come out, neither will the unknown one: the experiment is not valid.

    Where nothing was recorded of the treatment, a baseline that did not reproduce is what the experiment says; that is
    remarked on.
    """
    from autolab_verifiers.contract.experiment.order import has_treatment, outside

    severity = Severity.ERROR if has_treatment(facts) else Severity.WARNING
    for pointer, message in outside(facts):
        yield context.at(facts.paths.metrics, pointer, message, severity=severity)


@VERIFIER.rule(
    "BF003",
    "the baseline had reproduced before anything of the treatment was recorded",
    hint="run it with `autolab experiment run`, which keeps the order",
)
@about_each
def baseline_came_first(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A baseline that is run afterwards can be run until it suits the treatment. The journal has the order.

    Where no journal was kept nothing shows the order, and that is remarked on.
    """
    from autolab_verifiers.contract.experiment.order import baselines_of, order_problems

    baselines_of(facts)
    if not facts.has_journal:
        message = "no journal was kept: nothing shows that the baseline came before the treatment"
        yield context.missing(facts.paths.folder, message, severity=Severity.WARNING)
        return
    for line, message in order_problems(facts):
        yield facts.in_journal(line, message)


@VERIFIER.rule("BF004", "every attempt at the baseline is on record", hint="`autolab experiment finish` writes them")
@about_each
def attempts_are_told(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A baseline that reproduced at the fifth attempt is another one than that which did at once."""
    from autolab_verifiers.contract.experiment.order import attempt_problems

    if not facts.has_journal:
        raise Skip("it has no journal")
    for pointer, message in attempt_problems(facts):
        yield context.at(facts.paths.config, pointer, message)


@VERIFIER.rule("BF005", "the sanity checks had passed before the baseline was begun", hint="run them first")
@about_each
def checks_came_first(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Import, tests and one step: what would have been noticed in a minute must not spoil a day of training.

    Without a journal the configuration may tell of them; what it does not tell is remarked on.
    """
    from autolab_verifiers.contract.experiment.order import check_problems

    for line, message in check_problems(facts):
        if line is None:
            yield context.missing(facts.paths.config, message, severity=Severity.WARNING)
        else:
            yield facts.in_journal(line, message)
