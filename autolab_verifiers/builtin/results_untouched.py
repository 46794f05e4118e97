"""``results_untouched``: the spec, the record, other experiments' results and the roles' files are as they were.

Hashes were taken when the experiment was sealed and when it ended. What is said here rests on them, and on who keeps
the journal: its lines hold one another, and a commit holds the last.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import mapping_at, text_at

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "results_untouched",
    "An experiment changed nothing that is not its own, and nobody changed it since.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)
_BACK: Final = "bring it back: `git log -p` shows who changed it"


@VERIFIER.rule("RU001", "the experiment's journal is there, and whole", hint="a journal is never edited")
@about_each
def journal_is_whole(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Each line has the hash of the one before, so that none can be changed, taken away or put in between.

    Results without a journal are remarked on, unless their own ``config.json`` says that one was kept.
    """
    from autolab_core.vocab.errors import DocumentError
    from autolab_verifiers.contract.experiment.untouched import journal_problems

    if facts.has_journal:
        for line, message in journal_problems(context, facts):
            yield facts.in_journal(line, message)
        return
    try:
        named = text_at(facts.config, "/journal/path")
    except (Skip, DocumentError):
        named = None
    if named is not None:
        yield context.missing(facts.paths.journal, "does not exist, but config.json says that it was kept")
    else:
        message = "no journal was kept: what was done, and in which order, rests on these files alone"
        yield context.missing(facts.paths.folder, message, severity=Severity.WARNING)


@VERIFIER.rule("RU002", "the results are those with which the experiment ended", hint=_BACK)
@about_each
def results_are_the_ended_ones(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A number that is corrected afterwards was not measured."""
    from autolab_verifiers.contract.experiment.untouched import end_problems

    for path, message in end_problems(context, facts):
        yield context.missing(path, message)


@VERIFIER.rule("RU003", "the spec is the one that was sealed", hint=_BACK)
@about_each
def spec_is_the_sealed_one(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """What is to be shown was written down before. It is compared at the start of each phase, at the end, and now."""
    from autolab_verifiers.contract.experiment.untouched import spec_problems

    for line, message in spec_problems(context, facts):
        if line is None:
            yield context.missing(facts.paths.spec, message)
        else:
            yield facts.in_journal(line, message)


@VERIFIER.rule("RU004", "the results of other experiments are what they were", hint=_BACK)
@about_each
def other_results_are_unchanged(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Earlier results are what this one is compared with. Every file below ``results/`` had its hash taken at the seal.

    Where another experiment was at work at the same time and changed its own, that is remarked on; so is a file of
    which git has another content than lies there.
    """
    from autolab_verifiers.contract.experiment.history import uncommitted
    from autolab_verifiers.contract.experiment.untouched import changed_results, sealed_of

    changed = set()
    for path, message, wrong in changed_results(context, facts):
        changed.add(path)
        yield context.missing(path, message, severity=Severity.ERROR if wrong else Severity.WARNING)
    same = [path for path in mapping_at(sealed_of(facts), "/results") if path not in changed]
    try:
        differing = uncommitted(context, same) if same else []
    except Skip:
        return
    for path in differing:
        yield context.missing(path, "is not as it was committed", severity=Severity.WARNING)


@VERIFIER.rule(
    "RU005", "what belongs to other roles was left alone", hint="questions, hand-offs and the log are another agent's"
)
@about_each
def roles_are_kept(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Who makes the numbers does not say what they mean, nor what is asked next. A guard keeps it so; this looks again.

    Asked of what the guard saw change while commands ran, and of git, which knows what changed since the seal.
    """
    from autolab_verifiers.contract.experiment.history import changed_files
    from autolab_verifiers.contract.experiment.untouched import ROLES, guard_changes

    for line, path, what in guard_changes(facts):
        yield facts.in_journal(line, f"the guard saw {path} change: {what}")
    try:
        changed = changed_files(context, facts)
    except Skip:
        return
    for path in changed:
        if path in ROLES:
            yield context.missing(path, "was changed while the experiment went on")


@VERIFIER.rule(
    "RU006", "the metrics are the numbers of the journal", hint="`autolab experiment finish SPEC` writes them"
)
@about_each
def metrics_are_the_journals(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Each number was recorded when it was measured. What is collected must be these, and their aggregates."""
    from autolab_verifiers.contract.experiment.untouched import unlike_the_journal

    if facts.aborted:
        raise Skip("the experiment was aborted (AP002)")
    for pointer, message in unlike_the_journal(facts):
        yield context.at(facts.paths.metrics, pointer, message)


@VERIFIER.rule(
    "RU007",
    "every number was made under the guard that was required",
    hint="carry it out again, where `autolab guard check` finds the level",
)
@about_each
def numbers_were_guarded(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """That the spec is what it was says nothing of the time between. A guard does: it left a record of each command.

    Where the policy required nothing to be enforced, that is remarked on. The guard of a launched run, in which an
    experiment was carried out, is `spec_guard`'s to judge.
    """
    from autolab_verifiers.contract.experiment.guarded import guard_problems, is_unguarded

    for line, message in guard_problems(context, facts):
        yield facts.in_journal(line, message)
    if is_unguarded(facts):
        message = "nothing was enforced while the numbers were made: only the seals speak"
        yield context.missing(facts.paths.journal, message, severity=Severity.WARNING)
