"""JUnit XML: whole, countable, and well-formed whatever the judged files say."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.contract import Finding
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count
from autolab_verifiers.report.junit import as_junit
from autolab_verifiers.report.rules import catalogue
from autolab_verifiers.selftest.repository import RUN_PATHS, build

RULES = catalogue(load(name) for name in BUILTIN)


def parsed(*checks: Check) -> Element:
    counts = count(checks)
    passed, message = conclude(counts)
    judgement = Judgement(passed, message, "launch", "iter", None, counts, checks, RunFacts("now", "tool", 1))
    source = as_junit(judgement, RULES)
    assert b"<!DOCTYPE" not in source
    return fromstring(source)


def only_case(*checks: Check) -> Element:
    (case,) = parsed(*checks).iter("testcase")
    return case


MIXED = (
    Check("run_health", "RH001", Verdict.PASS),
    Check("run_health", "RH002", Verdict.FAIL, (Finding("is odd", "a.json", line=3, hint="mend it"),)),
    Check("run_health", "RH003", Verdict.SKIP, reason="no run"),
    Check("schema_checks", "SC001", Verdict.ERROR, reason="a.json: is empty"),
)


def test_a_verifier_is_a_suite_and_a_rule_is_a_case(tmp_path):
    repository = build(tmp_path)
    judgement = examine(repository.root).judgement
    suites = fromstring(as_junit(judgement, RULES))

    assert [suite.get("name") for suite in suites] == list(dict.fromkeys(check.verifier for check in judgement.checks))
    assert len(list(suites.iter("testcase"))) == len(judgement.checks)


# What a strict reader allows (xunit-plugin of Jenkins): attributes, those that must be there, children.
NUMBERS = {"name", "tests", "failures", "errors", "time"}
OUTCOME = ({"type", "message"}, set(), set())
ALLOWED = {
    "testsuites": (NUMBERS, set(), {"testsuite"}),
    "testsuite": (NUMBERS | {"skipped"}, {"name", "tests", "failures", "errors"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"name"}, {"skipped", "error", "failure", "system-out"}),
    "skipped": OUTCOME,
    "error": OUTCOME,
    "failure": OUTCOME,
    "system-out": (set(), set(), set()),
}


def test_nothing_is_in_it_that_a_strict_reader_would_refuse():
    warning = Check("a", "A1", Verdict.PASS, (Finding("is odd", "a.json", Severity.WARNING),))
    seen = set()

    for element in parsed(*MIXED, warning).iter():
        attributes, required, children = ALLOWED[element.tag]
        assert required <= set(element.keys()) <= attributes
        assert {child.tag for child in element} <= children
        seen.add(element.tag)
    assert seen == set(ALLOWED)


def test_a_case_is_named_by_its_rule_and_what_it_asks_for():
    case = only_case(Check("run_health", "RH003", Verdict.PASS))

    assert case.get("classname") == "run_health"
    assert case.get("name") == f"RH003 {RULES['run_health', 'RH003'].summary}"


def number_of(cases: list[Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)


def test_the_counts_are_those_of_the_cases():
    suites = parsed(*MIXED)

    for element in (suites, *suites):
        cases = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            told = element.get(attribute)
            assert told == (None if element is suites and attribute == "skipped" else str(number_of(cases, tag)))
    assert [suites.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", None]


def test_a_failure_tells_place_message_and_hint():
    failure = only_case(MIXED[1]).find("failure")

    assert failure.get("message") == "a.json:3: is odd"
    assert failure.text == "a.json:3: is odd\n  hint: mend it"


def test_the_headline_of_many_findings_says_that_there_are_more():
    findings = (Finding("is new", "a", severity=Severity.NOTE), Finding("is odd", "a"), Finding("is bad", "b"))
    failure = only_case(Check("v", "V1", Verdict.FAIL, findings)).find("failure")

    assert failure.get("message") == "a: is odd (and 1 more)"
    assert failure.text.splitlines() == ["note: a: is new", "a: is odd", "b: is bad"]


def test_an_error_and_a_skip_tell_their_reasons():
    assert only_case(MIXED[3]).find("error").get("message") == "a.json: is empty"
    assert only_case(MIXED[2]).find("skipped").get("message") == "no run"


def test_a_warning_of_a_rule_that_passed_is_kept():
    case = only_case(Check("v", "V1", Verdict.PASS, (Finding("is old", "a", severity=Severity.WARNING),)))

    assert case.find("system-out").text == "warning: a: is old"
    assert case.find("failure") is None


def test_cases_of_one_rule_have_names_of_their_own():
    names = [case.get("name") for case in parsed(*(Check("v", "V1", Verdict.PASS),) * 2).iter("testcase")]

    assert names == ["V1", "V1 (2)"]


@pytest.mark.parametrize("text", ["\0", "\x1b[31m", "\ud800", "\ufffe", "]]>", "</failure>", "&lt;", '"', "a\nb", "é"])
def test_hostile_text_is_text(text):
    check = Check("v", f"V{text}", Verdict.FAIL, (Finding(f"is {text}!", f"a{text}", hint=text),))
    case = only_case(check)

    assert case.find("failure").text.count("!") == 1
    assert len(list(case)) == 1


@given(text=st.text(st.characters(), max_size=20))
def test_any_text_gives_xml_that_can_be_read(text):
    parsed(
        Check(text, text, Verdict.FAIL, (Finding(text, text, hint=text),), text),
        Check(text, text, Verdict.ERROR, reason=text),
        Check(text, text, Verdict.SKIP, reason=text),
    )


def test_nothing_in_it_is_of_the_moment(tmp_path):
    repository = build(tmp_path)
    repository.manifest("/status", "queued")
    sources = {as_junit(examine(repository.root).judgement, RULES) for _ in range(2)}

    assert len(sources) == 1
    assert RUN_PATHS.manifest.encode() in sources.pop()
