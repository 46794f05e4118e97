"""GitHub's workflow commands: one line each, escaped so that nothing judged can give a command of its own."""

from __future__ import annotations

import pytest

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract import Finding
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count
from autolab_verifiers.report.github import as_github


def lines(*checks: Check) -> list[str]:
    counts = count(checks)
    passed, message = conclude(counts)
    judgement = Judgement(passed, message, None, None, None, counts, checks, RunFacts("now", "tool", 1))
    return as_github(judgement).splitlines()


def failed(*findings: Finding) -> Check:
    return Check("v", "V1", Verdict.FAIL, findings)


def test_a_finding_is_an_annotation_at_its_line():
    shown = lines(failed(Finding("is odd", "a/b.json", line=3, hint="mend it")))

    assert shown[0] == "::error file=a/b.json,line=3,title=V1::a/b.json:3: is odd%0Ahint: mend it"


@pytest.mark.parametrize(
    ("severity", "command"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "notice")]
)
def test_each_severity_has_its_command(severity, command):
    assert lines(failed(Finding("is odd", "a", severity=severity)))[0].startswith(f"::{command} ")


def test_a_file_without_a_line_and_an_error_without_a_file_are_told():
    shown = lines(failed(Finding("is missing", "a")), Check("v", "V2", Verdict.ERROR, reason="it broke"))

    assert shown[:2] == ["::error file=a,title=V1::a: is missing", "::error title=V2::it broke"]


def test_what_passed_or_was_skipped_is_in_the_summary_only():
    shown = lines(Check("v", "V1", Verdict.PASS), Check("v", "V2", Verdict.SKIP, reason="no run"))

    assert shown == ["autolab-verify: 2 checks: 1 pass, 0 fail, 0 error, 1 skip"]


def test_properties_and_messages_are_escaped_by_github_s_rules():
    shown = lines(failed(Finding("100%: a, b", "50%,c:d")))

    assert shown[0] == "::error file=50%25%2Cc%3Ad,title=V1::50%25,c:d: 100%25: a, b"


@pytest.mark.parametrize("hostile", ["\n::error::planted", "\r::stop-commands::x", "\u2028::debug::x", "\x85::a::b"])
def test_no_text_can_start_a_command(hostile):
    finding = Finding(f"is{hostile}", f"a{hostile}", hint=f"do{hostile}")
    shown = lines(failed(finding), Check("v", f"V{hostile}", Verdict.ERROR, reason=f"is{hostile}"))

    assert len(shown) == 3
    assert [line for line in shown if line.startswith("::")] == shown[:2]


def test_names_that_are_no_utf8_are_spelled():
    shown = lines(failed(Finding("is odd", "a\udcff")))

    assert shown[0] == "::error file=a\\udcff,title=V1::a\\udcff: is odd"
