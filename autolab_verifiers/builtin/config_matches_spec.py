"""``config_matches_spec``: each arm was run with the values that the spec gives it, and with what was installed."""

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
    "config_matches_spec",
    "Each arm was run with the values that the spec gives it.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)


@VERIFIER.rule(
    "CS001", "the configuration of both arms is on record", hint='print {"config": {…}}, or name the file in the spec'
)
@about_each
def configuration_is_there(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Without it nobody can say what was compared, nor run it again.

    A ``config.json`` has to be there; an arm of which it has no values is remarked on.
    """
    from autolab_core.vocab.experiment import Arm
    from autolab_verifiers.contract.experiment.configuration import CONFIGURATION, values_of

    path = facts.paths.config
    if not context.tree.exists(path):
        if not facts.over:
            raise Skip("the experiment goes on")
        yield context.missing(path, "does not exist")
        return
    for arm in Arm:
        if values_of(facts, arm) is None and not (facts.aborted and arm is Arm.TREATMENT):
            message = f"nothing says which configuration the {arm} was run with: the spec cannot be compared"
            yield context.at(path, CONFIGURATION, message, severity=Severity.WARNING)


@VERIFIER.rule("CS002", "each arm has the spec's independent variables", hint="run it again with the spec's values")
@about_each
def variables_are_the_specs(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """The variables are the experiment. One that was left at another value was not tried.

    Names with dots are looked up in nested configurations; a number is not its text, and 1 is not true.
    """
    from autolab_verifiers.contract.experiment.configuration import setting_problems

    for pointer, message in setting_problems(facts, facts.spec.variables):
        yield context.at(facts.paths.config, pointer, message)


@VERIFIER.rule("CS003", "each arm has the spec's controls", hint="run it again with the spec's values")
@about_each
def controls_are_the_specs(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """What is held fixed is the same in both arms, and what the spec says: else it may be what made the difference."""
    from autolab_verifiers.contract.experiment.configuration import setting_problems

    for pointer, message in setting_problems(facts, facts.spec.controls):
        yield context.at(facts.paths.config, pointer, message)


@VERIFIER.rule("CS004", "the arms differ in the spec's variables alone", hint="name it as a variable or a control")
@about_each
def arms_differ_in_variables(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Whatever else differs may explain the result. It is remarked on, for paths and names differ by right."""
    from autolab_verifiers.contract.experiment.configuration import CONFIGURATION, unexplained

    for message in unexplained(facts):
        yield context.at(facts.paths.config, CONFIGURATION, message, severity=Severity.WARNING)


@VERIFIER.rule("CS005", "the configuration is of this spec, with its seeds", hint="`autolab experiment finish SPEC`")
@about_each
def configuration_is_of_the_spec(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """What it names must be so. What it leaves out is left out by everybody who writes such files by hand."""
    from autolab_verifiers.contract.experiment.configuration import identity_problems

    for pointer, message in identity_problems(facts):
        yield context.at(facts.paths.config, pointer, message)


@VERIFIER.rule(
    "CS006", "nothing was installed that the spec does not name", hint="name it under `dependencies`, in a new spec"
)
@about_each
def nothing_was_installed(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Another library is another experiment. One that changed its version, or went, is remarked on."""
    from autolab_verifiers.contract.experiment.configuration import new_distributions

    for pointer, message, wrong in new_distributions(facts):
        severity = Severity.ERROR if wrong else Severity.WARNING
        yield context.at(facts.paths.config, pointer, message, severity=severity)
