"""``metrics_complete``: an experiment's results are every number that its spec asks for, and no other.

Whether they are good is not asked. Results need not have been written by us: what they lack is said, value by value.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip, finding_of
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import show, value_at

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "metrics_complete",
    "An experiment's results are every number that its spec asks for, and no other.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)


@VERIFIER.rule("MC001", "results belong to a spec that can be read", hint="`autolab experiment check SPEC`")
@about_each
def spec_is_there(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Numbers without the spec that asked for them can be made to mean anything."""
    from autolab_core.vocab.errors import DocumentError

    if not context.tree.exists(facts.paths.spec):
        yield context.missing(facts.paths.spec, f"does not exist, but {facts.paths.folder} should be of it")
    elif isinstance(facts.understood, DocumentError):
        yield finding_of(facts.understood)


@VERIFIER.rule("MC002", "an experiment that is over has its metrics", hint="`autolab experiment finish SPEC`")
@about_each
def metrics_are_there(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """What was measured and not written down was not measured. An experiment that was aborted writes what it has."""
    if context.tree.exists(facts.paths.metrics):
        return
    if not facts.over:
        raise Skip("the experiment goes on")
    yield context.missing(facts.paths.metrics, "does not exist")


@VERIFIER.rule(
    "MC003", "the metrics have every part, and name their experiment", hint="docs/experiment.md shows the structure"
)
@about_each
def parts_are_there(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Whoever reads many experiments reads them by program; a part that is missing is not the same as an empty one."""
    from autolab_verifiers.contract.experiment.values import part_problems

    metrics, path = facts.metrics, facts.paths.metrics
    for pointer, message in part_problems(metrics):
        yield context.at(path, pointer, message)
    named = value_at(metrics, "/experiment")
    if "experiment" in metrics and named != facts.paths.id:
        yield context.at(path, "/experiment", f"`experiment` is {show(named)}, but the spec's is {facts.paths.id!r}")


@VERIFIER.rule("MC004", "the metrics' time is in UTC", hint="write it as 2026-02-01T12:00:00Z")
@about_each
def time_is_utc(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A local time, or one without an offset, is another moment on every machine that reads it."""
    from autolab_core.vocab.times import is_timestamp

    stamp = facts.metrics.get("timestamp")
    if stamp is None:
        raise Skip("there is no time (MC003)")
    if not is_timestamp(stamp):
        yield context.at(facts.paths.metrics, "/timestamp", f"{show(stamp)} is no time with an offset")
    elif not str(stamp).upper().endswith(("Z", "+00:00", "-00:00")):
        yield context.at(facts.paths.metrics, "/timestamp", f"{show(stamp)} is a local time")


@VERIFIER.rule("MC005", "every value is a finite number, whole where it is a count", hint="write numbers as numbers")
@about_each
def values_are_numbers(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A text, a truth value, a list or an infinity is taken for a number by one program and not by the next."""
    from autolab_verifiers.contract.experiment.values import type_problems

    for pointer, message in type_problems(facts):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule("MC006", "every value can be one of its unit", hint="compare the spec's unit with what was measured")
@about_each
def values_fit_their_unit(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A percentage of 183 or a time of -3 s is a slip of the unit, or of the program.

    Percentages lie between 0 and 100, fractions and probabilities between 0 and 1, counts, times and sizes are not
    negative; any other unit allows any number. Percentages that are all below 1 are remarked on.
    """
    from autolab_verifiers.contract.experiment.values import range_problems, shares

    for pointer, message in range_problems(facts):
        yield context.at(facts.paths.metrics, pointer, message)
    for pointer, message in shares(facts):
        yield context.at(facts.paths.metrics, pointer, message, severity=Severity.WARNING)


@VERIFIER.rule("MC007", "every number is of a metric that the spec names", hint="put it into `notes`, or in a new spec")
@about_each
def nothing_was_added(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A metric that is added once the numbers are known was chosen by them."""
    from autolab_verifiers.contract.experiment.values import strangers

    for pointer, message in strangers(facts):
        yield context.at(facts.paths.metrics, pointer, message)


def _complete(facts: "ExperimentFacts") -> None:
    if facts.aborted:
        raise Skip("the experiment was aborted: it writes what it has")
    if not facts.over:
        raise Skip("the experiment goes on")


@VERIFIER.rule("MC008", "every metric of the spec has its value", hint="measure it; null is no value")
@about_each
def every_metric_has_its_value(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Metrics are left out when they do not look interesting; that is why the spec names them before.

    The treatment needs all but the sanity metrics, the baseline those that it, or success, is judged by.
    """
    from autolab_verifiers.contract.experiment.values import missing_values

    found = list(missing_values(facts))
    if found:
        _complete(facts)
    for pointer, message in found:
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule("MC009", "every seed of the spec was run, once, and no other", hint="run the seeds that are missing")
@about_each
def every_seed_was_run(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Seeds that are left out, or added, are a way to choose the result. Where the spec names seeds there is a row of
    ``per_seed`` for each."""
    from autolab_verifiers.contract.experiment.values import missing_seeds

    for pointer, message in missing_seeds(facts, complete=facts.over and not facts.aborted):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule("MC010", "each arm's value is the spec's aggregate of its rows", hint="compute it from `per_seed`")
@about_each
def aggregates_follow(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Which number stands for all seeds is decided by the spec, and anybody can compute it again.

    Each number may have been rounded to the decimals that it shows; one millionth is always allowed.
    """
    from autolab_verifiers.contract.experiment.values import aggregate_problems

    for pointer, message in aggregate_problems(facts):
        yield context.at(facts.paths.metrics, pointer, message)
