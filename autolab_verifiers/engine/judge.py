"""Running rules, one by one: findings, skips and faults become verdicts."""

from __future__ import annotations

from autolab_core.vocab.errors import AutolabError, DocumentError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, finding_of
from autolab_verifiers.contract.rules import Rule, Skip, Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, last_line
from autolab_verifiers.report.answer import Check

__all__ = ["judge", "left_out"]


def judge(verifier: Verifier, context: VerifyContext) -> tuple[Check, ...]:
    """One check for each rule of *verifier*. Nothing that a rule does or raises keeps the others from being run."""
    answer = attempt(lambda: verifier.applies(context))
    if isinstance(answer, Fault):
        return tuple(_faulty(verifier.name, rule, answer.error, []) for rule in verifier.rules)
    if answer is not None:
        return left_out(verifier, answer.reason)
    return tuple(_judge_rule(verifier.name, rule, context) for rule in verifier.rules)


def _nothing_for(rule: Rule, context: VerifyContext) -> str | None:
    """Why there is nothing that *rule* is about; None when there is."""
    if any(context.covers(scope) for scope in rule.scopes):
        return None
    return "no iteration to look at" if context.iteration_id is None else "no run to look at yet"


def left_out(verifier: Verifier, reason: str) -> tuple[Check, ...]:
    """A skip with *reason* for each rule of *verifier*."""
    return tuple(Check(verifier.name, rule.id, Verdict.SKIP, reason=reason) for rule in verifier.rules)


def _judge_rule(name: str, rule: Rule, context: VerifyContext) -> Check:
    missing = _nothing_for(rule, context)
    if missing is not None:
        return Check(name, rule.id, Verdict.SKIP, reason=missing)
    findings: list[Finding] = []
    answer = attempt(lambda: findings.extend(_checked(finding) for finding in rule.check(context)))
    if isinstance(answer, Fault):
        return _faulty(name, rule, answer.error, findings)
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    return Check(name, rule.id, Verdict.FAIL if failed else Verdict.PASS, _ordered(rule, findings))


def _checked(finding: object) -> Finding:
    if isinstance(finding, Finding):
        return finding
    raise TypeError(f"a rule yields findings, not {type(finding).__name__}")


def _faulty(name: str, rule: Rule, error: BaseException, findings: list[Finding]) -> Check:
    """The check of a rule that raised. What it found until then is kept."""
    if isinstance(error, Skip):
        if any(finding.severity is Severity.ERROR for finding in findings):
            return Check(name, rule.id, Verdict.FAIL, _ordered(rule, findings))
        return Check(name, rule.id, Verdict.SKIP, _ordered(rule, findings), error.reason)
    if isinstance(error, DocumentError):
        return Check(name, rule.id, Verdict.ERROR, _ordered(rule, [*findings, finding_of(error)]), str(error))
    reason = str(error) if isinstance(error, AutolabError) else f"the verifier broke: {last_line(error)}"
    return Check(name, rule.id, Verdict.ERROR, _ordered(rule, findings), reason)


def _ordered(rule: Rule, findings: list[Finding]) -> tuple[Finding, ...]:
    """*findings* with the rule's hint where they have none of their own, in an order that their content decides."""
    if not findings:
        return ()
    hinted = [finding if finding.hint else finding._replace(hint=rule.hint or None) for finding in findings]
    return tuple(sorted(hinted, key=lambda found: (found.path, found.line or 0, found.pointer or "", found.message)))
