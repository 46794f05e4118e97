"""``no_interpretation``: an experiment states its numbers, and leaves it to others what they mean. Advisory.

A sentence is judged by its words; ``docs/experiment.md`` says how often that is right. So a finding is a warning,
unless the policy says ``settings: {no_interpretation: {severity: error}}``.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import about_each, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import members, show

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts
    from autolab_verifiers.contract.experiment.writing import Unread, Written

__all__ = ["VERIFIER"]

_NAME: Final = "no_interpretation"
_SEVERITY: Final = "severity"
VERIFIER: Final = RuleSet(
    _NAME,
    "An experiment states its numbers, and does not say what they mean.",
    scope=Scope.REPOSITORY,
    needs=has_experiment,
)
_FACTS: Final = "state the fact: what was measured, and when; what it means is for whoever reads it"


def _severity(context: VerifyContext) -> Severity:
    """The severity that the policy asks for. Raises DocumentError for a word that is none."""
    asked = context.setting(_NAME, _SEVERITY)
    if asked is None:
        return Severity.WARNING
    found: Severity | None = members(Severity).get(asked) if isinstance(asked, str) else None
    if found is None:
        where = context.at_setting(_NAME, _SEVERITY, f"`{_SEVERITY}` is {show(asked)}, which is no severity")
        raise DocumentError(where.path, where.message, line=where.line, pointer=where.pointer or "")
    return found


def _findings(context: VerifyContext, found: "Iterable[Written | Unread]") -> Iterator[Finding]:
    from autolab_verifiers.contract.experiment.writing import Unread

    severity = _severity(context)
    for each in found:
        if isinstance(each, Unread):
            yield Finding(each.message, each.path, severity=Severity.NOTE)
        elif each.pointer is not None:
            yield context.at(each.path, each.pointer, each.message, severity=severity)
        else:
            yield Finding(each.message, each.path, severity=severity, line=each.line)


@VERIFIER.rule("NI001", "the notes of the metrics judge nothing", hint=_FACTS)
@about_each
def notes_judge_nothing(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Who has run an experiment wants it to have worked. Notes are for retries, errors and what was out of order."""
    from autolab_verifiers.contract.experiment.writing import in_metrics

    yield from _findings(context, in_metrics(facts))


@VERIFIER.rule("NI002", "the notes of the journal judge nothing", hint=_FACTS)
@about_each
def journal_judges_nothing(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Notes, the reasons for which a budget was exceeded, and those for which a criterion was waived."""
    from autolab_verifiers.contract.experiment.writing import in_journal

    yield from _findings(context, in_journal(facts))


@VERIFIER.rule("NI003", "the files among the results judge nothing", hint=_FACTS)
@about_each
def files_judge_nothing(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """A summary beside the numbers is read instead of them. Every text file below the results is looked at."""
    from autolab_verifiers.contract.experiment.writing import in_files

    yield from _findings(context, in_files(context, facts, facts.paths.folder))


@VERIFIER.rule("NI004", "the logs judge nothing", hint=_FACTS)
@about_each
def logs_judge_nothing(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """What the commands printed was kept below ``.autolab``; a program that praises itself was told to."""
    from autolab_verifiers.contract.experiment.writing import in_files

    if not context.tree.exists(facts.paths.logs):
        raise Skip("no logs were kept")
    yield from _findings(context, in_files(context, facts, facts.paths.logs))


@VERIFIER.rule("NI005", "the messages of its commits judge nothing", hint=_FACTS)
@about_each
def messages_judge_nothing(context: VerifyContext, facts: "ExperimentFacts") -> Iterator[Finding]:
    """Commits say what was changed. Asked of git: those after the seal, as long as the experiment went on."""
    from autolab_verifiers.contract.experiment.writing import in_messages

    yield from _findings(context, in_messages(context, facts))
