"""Running rules, one by one: findings, skips and faults become verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from autolab_core.vocab.errors import AutolabError, DocumentError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, finding_of
from autolab_verifiers.contract.rules import Rule, Skip, Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, gather, last_line, trace
from autolab_verifiers.report.answer import Check

__all__ = ["judge", "left_out"]


def judge(verifier: Verifier, context: VerifyContext, rules: tuple[Rule, ...] | None = None) -> tuple[Check, ...]:
    """One check for each of *rules* of *verifier*, which are about things that *context* covers (default: all rules).

    Nothing that a rule does or raises keeps the others from being run.
    """
    asked = verifier.rules if rules is None else rules
    answer = attempt(lambda: verifier.applies(context))
    if isinstance(answer, Fault):
        return tuple(_faulty(verifier.name, rule, answer.error, []) for rule in asked)
    if answer is not None:
        return tuple(Check(verifier.name, rule.id, Verdict.SKIP, reason=answer.reason) for rule in asked)
    name = verifier.name
    if rules is not None:
        return tuple([_judge_rule(name, rule, context) for rule in rules])
    return tuple(
        Check(name, rule.id, Verdict.SKIP, reason=missing)
        if (missing := _nothing_for(rule, context))
        else _judge_rule(name, rule, context)
        for rule in asked
    )


def _nothing_for(rule: Rule, context: VerifyContext) -> str | None:
    """Why there is nothing that *rule* is about; None when there is."""
    for scope in rule.scopes:
        if context.covers(scope):
            return None
    return "no iteration to look at" if context.iteration_id is None else "no run to look at yet"


def left_out(verifier: Verifier, reason: str) -> tuple[Check, ...]:
    """A skip with *reason* for each rule of *verifier*."""
    return tuple(Check(verifier.name, rule.id, Verdict.SKIP, reason=reason) for rule in verifier.rules)


def _judge_rule(name: str, rule: Rule, context: VerifyContext) -> Check:
    findings: list[Finding] = []
    fault = gather(rule.check, context, findings)
    if fault is not None:
        return _faulty(name, rule, fault.error, findings)
    if not findings:
        return Check(name, rule.id, Verdict.PASS)
    if (stranger := _stranger(findings)) is not None:
        return _faulty(name, rule, TypeError(f"a rule yields findings, not {stranger}"), [])
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    return Check(name, rule.id, Verdict.FAIL if failed else Verdict.PASS, _ordered(rule, findings))


def _stranger(found: Sequence[object]) -> str | None:
    """The type of the first of *found* that is no finding."""
    return next((type(each).__name__ for each in found if not isinstance(each, Finding)), None)


def _faulty(name: str, rule: Rule, error: BaseException, findings: list[Finding]) -> Check:
    """The check of a rule that raised. What it found until then is kept."""
    if isinstance(error, Skip):
        if any(finding.severity is Severity.ERROR for finding in findings):
            return Check(name, rule.id, Verdict.FAIL, _ordered(rule, findings))
        return Check(name, rule.id, Verdict.SKIP, _ordered(rule, findings), error.reason)
    if isinstance(error, DocumentError):
        return Check(name, rule.id, Verdict.ERROR, _ordered(rule, [*findings, finding_of(error)]), str(error))
    if isinstance(error, AutolabError):
        return Check(name, rule.id, Verdict.ERROR, _ordered(rule, findings), str(error))
    reason = f"the verifier broke: {last_line(error)}"
    return Check(name, rule.id, Verdict.ERROR, _ordered(rule, findings), reason, trace(error))


def _ordered(rule: Rule, findings: list[Finding]) -> tuple[Finding, ...]:
    """*findings* with the rule's hint where they have none of their own, in an order that their content decides."""
    if not findings:
        return ()
    hinted = [finding if finding.hint else finding._replace(hint=rule.hint or None) for finding in findings]
    return tuple(sorted(hinted, key=lambda found: (found.path, found.line or 0, found.pointer or "", found.message)))
