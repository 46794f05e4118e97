"""``budget``: what an experiment used is measured, and what was too much is on record with its number and a reason."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import number_at, value_at

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "budget",
    "An experiment keeps to its budget, or says by how much it did not, and why.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)
_ELAPSED: Final = "/scheduler/elapsed"


@VERIFIER.rule("BU001", "what the experiment used is measured", hint="`autolab experiment finish SPEC` measures it")
@about_each
def usage_is_measured(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Wall clock, GPU hours, steps and runs, each an amount. GPU hours are null where the machine cannot tell; if the
    spec limits them, that is remarked on."""
    from autolab_verifiers.contract.experiment.spending import amount_problems

    for pointer, message, wrong in amount_problems(facts):
        severity = Severity.ERROR if wrong else Severity.WARNING
        yield context.at(facts.paths.metrics, pointer, message, severity=severity)


@VERIFIER.rule("BU002", "the notes name every overage with its number", hint="write how much was used into `notes`")
@about_each
def overages_are_told(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A budget is the author's decision about what the answer is worth. Who exceeds it says so where all will read it.

    The number is what was used, how much of that was too much, or that in percent; two percent are left for rounding.
    """
    from autolab_verifiers.contract.experiment.spending import unlogged

    for pointer, message in unlogged(facts):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule("BU003", "no phase was begun on a spent budget without a reason", hint="`--justify TEXT` records it")
@about_each
def overages_are_justified(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """The phase that goes on is completed; whether the next one is worth it has to be said before it begins.

    Without a journal the configuration may give the reason; where it does not, that is remarked on.
    """
    from autolab_verifiers.contract.experiment.spending import unjustified

    for line, message in unjustified(facts):
        if line is None:
            yield context.missing(facts.paths.config, message, severity=Severity.WARNING)
        else:
            yield facts.in_journal(line, message)


@VERIFIER.rule("BU004", "what was used is what the journal's phases add up to", hint="`autolab experiment finish SPEC`")
@about_each
def usage_is_the_journals(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """An agent's own figure belongs into ``config.json``, beside what was measured."""
    from autolab_verifiers.contract.experiment.spending import unequal

    for pointer, message in unequal(facts):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule(
    "BU005",
    "what was used is what the scheduler accounts for",
    hint="`sacct` shows the job; compare it with `resource_usage`",
    scopes=(Scope.RUN,),
)
@about_each
def usage_is_accounted(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """The scheduler counts whatever a script says. Asked where the run of the spec was a job with accounting.

    The job's time is a little more than that of the commands: a twentieth and a minute are allowed.
    """
    from autolab_verifiers.contract.experiment.spending import accounted_problems, seconds_of

    manifest = context.manifest()
    elapsed = seconds_of(value_at(manifest, _ELAPSED))
    if elapsed is None or not context.manifest_facts.slurm:
        raise Skip("the run is no job with accounting")
    gpus = number_at(manifest, "/resource_request/gpu_count") or 0
    alone = len(context.tree.names(context.iteration.runs)) == 1
    for pointer, message, wrong in accounted_problems(facts, elapsed, gpus, alone=alone):
        severity = Severity.ERROR if wrong else Severity.WARNING
        yield context.at(facts.paths.metrics, pointer, message, severity=severity)
