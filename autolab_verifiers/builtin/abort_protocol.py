"""``abort_protocol``: what met an abort criterion stopped the experiment, and what was waived says by whom and why."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "abort_protocol",
    "What met an abort criterion stopped the experiment.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)


@VERIFIER.rule("AP001", "an abort is told with the criterion that was met", hint="write the criterion into the reason")
@about_each
def abort_is_told(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Whoever reads the numbers has to know that they are not all, and what stopped them."""
    from autolab_verifiers.contract.experiment.aborts import flag_problems

    for pointer, message in flag_problems(facts):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule(
    "AP002", "an experiment that was aborted has the numbers it came to", hint="`autolab experiment finish SPEC`"
)
@about_each
def numbers_so_far_are_there(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Half an experiment is evidence, too; the reader decides of what."""
    from autolab_verifiers.contract.experiment.untouched import unlike_the_journal

    if not facts.aborted:
        raise Skip("the experiment was not aborted")
    for pointer, message in unlike_the_journal(facts, missing_only=True):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule("AP003", "nothing was recorded once the experiment had stopped", hint="a new attempt is a new spec")
@about_each
def nothing_came_after(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A criterion that stops nothing is no criterion."""
    from autolab_verifiers.contract.experiment.aborts import later_entries

    if facts.has_journal and facts.state.end is None:
        raise Skip("the experiment goes on")
    for line, message in later_entries(facts):
        yield facts.in_journal(line, message)


@VERIFIER.rule(
    "AP004",
    "every criterion that was met stopped the experiment, or was waived",
    hint="`--waive A2 --reason TEXT` waives a criterion on record, before it is met",
)
@about_each
def what_was_met_stopped_it(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """The criteria were written down by somebody who did not know the numbers yet.

    A number counts in whichever phase it was recorded. The time of a run is known from the journal alone.
    """
    from autolab_verifiers.contract.experiment.aborts import not_triggered

    for criterion, measured, line in not_triggered(facts):
        message = f"{criterion.id} ({criterion.text}) was met, {measured}, but nothing was aborted or waived"
        if line is None:
            yield context.missing(facts.paths.metrics, message)
        else:
            yield facts.in_journal(line, message)


@VERIFIER.rule("AP005", "every waiver says who waived what, and why", hint="`--waive A2 --reason TEXT`")
@about_each
def waivers_are_told(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A limit on the time of a run may be waived where the data are larger than it assumes; anything else by a person.

    Of the data that has to be shown: the spec names the size that it assumes, and the journal the one that was
    measured.
    """
    from autolab_verifiers.contract.experiment.aborts import waiver_problems

    for line, message in waiver_problems(facts):
        if line is None:
            yield context.missing(facts.paths.config, message)
        else:
            yield facts.in_journal(line, message)
