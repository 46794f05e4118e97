"""What becomes of what a rule yields or raises."""

from __future__ import annotations

import pytest

from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract import Finding, RuleSet, Scope, Skip, VerifyContext
from autolab_verifiers.engine.judge import Judge, judge
from autolab_verifiers.report.answer import Check

FOUND = Finding("is wrong", "file.json")
REMARK = Finding("is odd", "file.json", severity=Severity.WARNING)


def judged(rule, tmp_path, scope=Scope.REPOSITORY, **about) -> Check:
    verifier = RuleSet("mine", "a verifier", scope=scope)
    verifier.rule("MY001", "all is well", hint="do better")(rule)
    context = VerifyContext(Tree(str(tmp_path)), stage=None, **{"iteration_id": None, "run_id": None, **about})
    return judge(verifier, context)[0]


def test_a_rule_without_findings_passes(tmp_path):
    assert judged(lambda context: iter(()), tmp_path) == Check("mine", "MY001", Verdict.PASS)


def test_a_finding_fails_its_rule_and_gets_the_rules_hint(tmp_path):
    check = judged(lambda context: iter([FOUND]), tmp_path)

    assert check.status is Verdict.FAIL
    assert check.findings == (FOUND._replace(hint="do better"),)


def test_a_warning_is_kept_and_does_not_fail(tmp_path):
    check = judged(lambda context: iter([REMARK]), tmp_path)

    assert check.status is Verdict.PASS
    assert [finding.message for finding in check.findings] == ["is odd"]


def test_findings_are_ordered_by_their_content(tmp_path):
    found = [Finding("b", "x", line=9), Finding("a", "x", line=10), Finding("c", "a")]

    assert judged(lambda context: iter(found), tmp_path) == judged(lambda context: iter(found[::-1]), tmp_path)


def skips(context):
    raise Skip("not here")
    yield


def skips_late(context):
    yield FOUND
    raise Skip("the rest is not here")


def cannot_read(context):
    yield REMARK
    raise DocumentError("file.json", "is not JSON", line=3, pointer="/a")


def is_asked_wrongly(context):
    raise UsageError("no such iteration")
    yield


def breaks(context):
    yield FOUND
    raise KeyError("boom")


def leaves(context):
    raise SystemExit(0)
    yield


def is_interrupted(context):
    raise KeyboardInterrupt
    yield


def test_a_skip_carries_its_reason(tmp_path):
    assert judged(skips, tmp_path) == Check("mine", "MY001", Verdict.SKIP, reason="not here")


def test_a_skip_does_not_take_back_what_was_found(tmp_path):
    assert judged(skips_late, tmp_path).status is Verdict.FAIL


def test_an_unreadable_document_is_an_error_with_its_place(tmp_path):
    check = judged(cannot_read, tmp_path)

    assert check.status is Verdict.ERROR
    assert [(finding.path, finding.line, finding.pointer) for finding in check.findings] == [
        ("file.json", None, None),
        ("file.json", 3, "/a"),
    ]


def test_an_error_of_ours_is_told_in_its_own_words(tmp_path):
    check = judged(is_asked_wrongly, tmp_path)

    assert (check.status, check.reason) == (Verdict.ERROR, "no such iteration")


def test_a_rule_that_breaks_is_an_error_and_keeps_what_it_found(tmp_path):
    check = judged(breaks, tmp_path)

    assert (check.status, check.reason) == (Verdict.ERROR, "the verifier broke: KeyError: 'boom'")
    assert [finding.message for finding in check.findings] == ["is wrong"]


def test_a_rule_cannot_end_the_process(tmp_path):
    check = judged(leaves, tmp_path)

    assert (check.status, check.reason) == (Verdict.ERROR, "the verifier broke: SystemExit: 0")


def test_an_interrupt_is_the_users(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        judged(is_interrupted, tmp_path)


@pytest.mark.parametrize("answer", [None, [3], "text"])
def test_what_is_no_finding_is_an_error(tmp_path, answer):
    assert judged(lambda context: answer, tmp_path).status is Verdict.ERROR


def test_an_error_that_cannot_be_shown_is_still_an_error(tmp_path):
    class Nasty(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    def rule(context):
        raise Nasty
        yield

    check = judged(rule, tmp_path)

    assert check.status is Verdict.ERROR
    assert "Nasty" in (check.reason or "")


@pytest.mark.parametrize(
    ("about", "reason"),
    [({}, "no iteration to look at"), ({"iteration_id": "i"}, "no run to look at yet")],
)
def test_a_rule_about_runs_is_skipped_without_one(tmp_path, about, reason):
    check = judged(lambda context: iter([FOUND]), tmp_path, Scope.RUN, **about)

    assert (check.status, check.reason) == (Verdict.SKIP, reason)


def test_where_each_thing_is_judged_alone_a_rule_about_wider_ones_is_not_asked(tmp_path):
    check = judged(lambda context: iter([FOUND]), tmp_path, iteration_id="i", run_id="r", only=Scope.RUN)

    assert check.status is Verdict.SKIP


def test_a_verifier_whose_applies_breaks_is_an_error_for_each_rule(tmp_path):
    class Broken(RuleSet):
        def applies(self, context):
            raise ValueError("boom")

    verifier = Broken("mine", "a verifier")
    for number in (1, 2):
        verifier.rule(f"MY00{number}", "all is well")(lambda context: iter(()))
    context = VerifyContext(Tree(str(tmp_path)), stage=None, iteration_id=None)

    assert [check.status for check in judge(verifier, context)] == [Verdict.ERROR, Verdict.ERROR]


def test_a_rule_id_is_given_once():
    verifier = RuleSet("mine", "a verifier", scope=Scope.REPOSITORY)
    verifier.rule("MY001", "all is well")(lambda context: iter(()))

    with pytest.raises(ValueError, match="already has a rule MY001"):
        verifier.rule("MY001", "all is well")


def several(*rules):
    verifier = RuleSet("mine", "a verifier", scope=Scope.REPOSITORY)
    for number, rule in enumerate(rules, 1):
        verifier.rule(f"MY{number:03}", "all is well", hint="do better")(rule)
    return verifier


def passes(context):
    return iter(())


def test_each_rule_is_asked_whatever_the_ones_before_it_said(tmp_path):
    verifier = several(passes, skips, breaks, passes, skips_late, cannot_read, lambda context: iter([REMARK]), passes)

    checks = judge(verifier, VerifyContext(Tree(str(tmp_path)), stage=None, iteration_id=None))

    assert [check.rule for check in checks] == [rule.id for rule in verifier.rules]
    assert [check.status for check in checks] == ["pass", "skip", "error", "pass", "fail", "error", "pass", "pass"]
    assert [len(check.findings) for check in checks] == [0, 0, 1, 0, 1, 2, 1, 0]
    assert checks[1].reason == "not here"


@pytest.mark.parametrize("rules", [(passes, passes), (passes, skips), (skips, passes, skips)])
def test_equal_answers_without_findings_are_one_object(tmp_path, rules):
    asked = Judge(several(*rules), several(*rules).rules)
    contexts = [VerifyContext(Tree(str(tmp_path)), stage=None, iteration_id=None) for _ in range(2)]

    first, second = map(asked.judge, contexts)

    assert first is second


def test_answers_that_differ_in_their_reasons_are_kept_apart(tmp_path):
    reasons = iter([f"reason {number}" for number in range(1000)])

    def never_the_same(context):
        raise Skip(next(reasons))
        yield

    verifier = several(never_the_same)
    asked = Judge(verifier, verifier.rules)
    context = VerifyContext(Tree(str(tmp_path)), stage=None, iteration_id=None)

    assert [asked.judge(context)[0].reason for _ in range(1000)] == [f"reason {number}" for number in range(1000)]
