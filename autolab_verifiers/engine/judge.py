"""Running rules, one by one: findings, skips and faults become verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from autolab_core.vocab.errors import AutolabError, DocumentError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip, finding_of
from autolab_verifiers.contract.rules import CheckFunction, Rule, Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, first_word, last_line, trace
from autolab_verifiers.report.answer import Check

__all__ = ["Judge", "judge", "left_out"]

# Answers that are kept to be given again. There may be more of them, because reasons may name a run.
_KEPT_MOST: Final = 256


def judge(verifier: Verifier, context: VerifyContext) -> tuple[Check, ...]:
    """One check for each rule of *verifier*, a skip where there is nothing that the rule is about. See ``Judge``."""
    calls = []
    for rule in verifier.rules:
        missing = _nothing_for(rule, context)
        calls.append(rule.check if missing is None else _skipping(missing))
    return Judge(verifier, verifier.rules, tuple(calls)).judge(context)


class Judge:
    """*rules* of *verifier*, to be asked of one thing after another."""

    def __init__(
        self, verifier: Verifier, rules: tuple[Rule, ...], calls: tuple[CheckFunction, ...] | None = None
    ) -> None:
        """*calls*: what is asked instead of the rules' own functions."""
        self.rules = rules
        self._verifier = verifier
        self._calls = tuple(rule.check for rule in rules) if calls is None else calls
        self._passes = tuple(Check(verifier.name, rule.id, Verdict.PASS) for rule in rules)
        self._skips: dict[tuple[int, str], Check] = {}
        self._answers: dict[tuple[Check, ...], tuple[Check, ...]] = {}

    def judge(self, context: VerifyContext) -> tuple[Check, ...]:
        """One check for each rule, which is about things that *context* covers.

        Nothing that a rule does or raises keeps the others from being run. Answers that are equal, and have no
        findings, are one object as a rule: who counts them need not look into each.
        """
        answer = attempt(self._verifier.applies, context)
        if answer is not None:
            if isinstance(answer, Fault):
                return tuple(_faulty(self._verifier.name, rule, answer.error, []) for rule in self.rules)
            return self._kept([self._skip(index, answer.reason) for index in range(len(self.rules))])
        found: list[Finding] = []
        index, fault = first_word(self._calls, context, found)
        if index == len(self._calls):
            return self._passes
        return self._said(context, index, found, fault)

    def _said(self, context: VerifyContext, index: int, found: list[Finding], fault: Fault | None) -> tuple[Check, ...]:
        """The checks, when the rule at *index* is the first that has something to say."""
        checks, plain = list(self._passes), True
        while index < len(checks):
            if not found and fault is not None and isinstance(fault.error, Skip):
                checks[index] = self._skip(index, fault.error.reason)
            else:
                checks[index] = _check(self._verifier.name, self.rules[index], found, fault)
                plain, found = False, []
            index += 1
            further, fault = first_word(self._calls[index:], context, found)
            index += further
        return self._kept(checks) if plain else tuple(checks)

    def _skip(self, index: int, reason: str) -> Check:
        known = self._skips.get((index, reason))
        if known is None:
            if len(self._skips) >= _KEPT_MOST:
                self._skips.clear()
            known = Check(self._verifier.name, self.rules[index].id, Verdict.SKIP, reason=reason)
            self._skips[index, reason] = known
        return known

    def _kept(self, checks: list[Check]) -> tuple[Check, ...]:
        if len(self._answers) >= _KEPT_MOST:
            self._answers.clear()
        answer = tuple(checks)
        return self._answers.setdefault(answer, answer)


def _skipping(reason: str) -> CheckFunction:
    def skips(context: VerifyContext) -> Iterator[Finding]:
        raise Skip(reason)

    return skips


def _nothing_for(rule: Rule, context: VerifyContext) -> str | None:
    """Why there is nothing that *rule* is about; None when there is."""
    for scope in rule.scopes:
        if context.covers(scope):
            return None
    return "no iteration to look at" if context.iteration_id is None else "no run to look at yet"


def left_out(verifier: Verifier, reason: str) -> tuple[Check, ...]:
    """A skip with *reason* for each rule of *verifier*."""
    return tuple(Check(verifier.name, rule.id, Verdict.SKIP, reason=reason) for rule in verifier.rules)


def _check(name: str, rule: Rule, findings: list[Finding], fault: Fault | None) -> Check:
    if fault is not None:
        return _faulty(name, rule, fault.error, findings)
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
