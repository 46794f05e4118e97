"""The judgement as JUnit XML, which CI servers show as tests: a suite for each verifier, a case for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check, Judgement, about
from autolab_verifiers.report.problems import place, problems
from autolab_verifiers.report.rules import Catalogue
from autolab_verifiers.report.text import printable

__all__ = ["as_junit"]

# What XML 1.0 cannot hold (control characters, lone surrogates, U+FFFE) is not printable, and so is spelled out.
_clean: Final = printable


def as_junit(judgement: Judgement, rules: Catalogue) -> bytes:
    """The XML in UTF-8. Equal trees give equal bytes: no times, no host name."""
    numbers = _numbers(judgement.checks)
    del numbers["skipped"]  # of a suite only: Jenkins refuses what its schema (junit-10.xsd of xunit-plugin) lacks
    suites = Element("testsuites", {"name": "autolab-verify", **numbers})
    groups: dict[str, list[Check]] = {}
    for check in judgement.checks:
        groups.setdefault(check.verifier, []).append(check)
    for verifier, checks in groups.items():
        suite = SubElement(suites, "testsuite", {"name": _clean(verifier), **_numbers(checks)})
        seen: Counter[str] = Counter()
        for check in checks:
            facts = rules.get((verifier, check.rule))
            name = f"{check.rule} {facts.summary}" if facts else check.rule
            name += f" [{subject}]" if (subject := about(check)) else ""
            seen[name] += 1
            again = f" ({seen[name]})" if seen[name] > 1 else ""
            case = SubElement(suite, "testcase", classname=_clean(verifier), name=_clean(name) + again, time="0")
            _fill(case, check)
    indent(suites)
    body: str = tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def _numbers(checks: Iterable[Check]) -> dict[str, str]:
    counts = Counter(check.status for check in checks)
    return {
        "tests": str(counts.total()),
        "failures": str(counts[Verdict.FAIL]),
        "errors": str(counts[Verdict.ERROR]),
        "skipped": str(counts[Verdict.SKIP]),
        "time": "0",
    }


def _fill(case: Element, check: Check) -> None:
    found = list(problems(check))
    lines = "\n".join(_line(finding) for finding in found)
    if check.status is Verdict.SKIP:
        SubElement(case, "skipped", message=_clean(check.reason or ""))
    elif check.status in (Verdict.FAIL, Verdict.ERROR):
        worst = [finding for finding in found if finding.severity is Severity.ERROR]
        message = check.reason or _headline(worst)
        tag = "failure" if check.status is Verdict.FAIL else "error"
        SubElement(case, tag, message=_clean(message), type=_clean(check.rule)).text = lines
        return
    if lines:  # warnings and notes
        SubElement(case, "system-out").text = lines


def _headline(worst: list[Finding]) -> str:
    more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
    return f"{place(worst[0])}: {worst[0].message}{more}"


def _line(finding: Finding) -> str:
    where = f"{_clean(place(finding))}: " if finding.path else ""
    what = "" if finding.severity is Severity.ERROR else f"{finding.severity}: "
    hint = f"\n  hint: {_clean(finding.hint)}" if finding.hint else ""
    return f"{what}{where}{_clean(finding.message)}{hint}"
