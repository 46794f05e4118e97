"""One verifier's checks in a few lines, for programs that show a verdict and a text of each (pytest)."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check
from autolab_verifiers.report.text import printable

__all__ = ["Brief", "brief"]

_SHOWN: Final = 20


class Brief(NamedTuple):
    """What all checks come to. ``text`` says what is wrong, or why nothing was checked; it is empty for a pass."""

    verdict: Verdict
    text: str
    warnings: str


def brief(checks: Sequence[Check]) -> Brief:
    """What *checks*, of one verifier on one run, come to: an error beats a failure, and a failure beats a pass.

    No checks are an error: nothing was looked at.
    """
    verdicts = {check.status for check in checks}
    warnings = "\n".join(line for check in checks if check.findings for line in _mild(check))
    if Verdict.ERROR in verdicts or not checks:
        return Brief(Verdict.ERROR, "\n".join(["could not be decided", *_bad(checks)]), warnings)
    if Verdict.FAIL in verdicts:
        return Brief(Verdict.FAIL, "\n".join(_bad(checks)), warnings)
    if Verdict.PASS in verdicts:
        return Brief(Verdict.PASS, "", warnings)
    reasons = dict.fromkeys(printable(check.reason or "no reason was given") for check in checks)
    return Brief(Verdict.SKIP, "; ".join(reasons), warnings)


def _bad(checks: Sequence[Check]) -> Iterator[str]:
    """Lines about the checks that failed or could not be decided. Rules that say the very same thing share them."""
    groups: dict[tuple[object, ...], list[Check]] = {}
    for check in checks:
        if check.status in (Verdict.FAIL, Verdict.ERROR):
            same = tuple(finding._replace(hint=None) for finding in check.findings)
            groups.setdefault((check.status, check.reason, same), []).append(check)
    for group in groups.values():
        first = group[0]
        rules = first.rule if len(group) == 1 else f"{first.rule}…{group[-1].rule} ({len(group)} rules)"
        errors = [finding for finding in first.findings if finding.severity is Severity.ERROR]
        if first.reason is not None and not errors:
            yield f"{rules} {printable(first.reason)}"
        yield from _lines(rules, errors)


def _mild(check: Check) -> Iterator[str]:
    yield from _lines(check.rule, [found for found in check.findings if found.severity is not Severity.ERROR])


def _lines(rules: str, findings: list[Finding]) -> Iterator[str]:
    for finding in findings[:_SHOWN]:
        place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
        yield f"{rules} {printable(place)}: {printable(finding.message)}"
        if finding.hint:
            yield f"    hint: {printable(finding.hint)}"
    if len(findings) > _SHOWN:
        yield f"{rules} … and {len(findings) - _SHOWN} more; `autolab-verify --format json` has them all"
