"""The judgement for people: what is wrong first, each with its place and its way out, and one line that sums it up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check, Judgement, about

__all__ = ["printable", "render", "summary"]

_SHOWN: Final = 20  # findings of one check
_CHECKS_SHOWN: Final = 100  # more than one run can have; of many runs the rest is counted
_RED, _YELLOW, _GREEN, _DIM = "31", "33", "32", "2"
_ALL: Final = f"all of them are in {VERIFICATION_RESULT}"
_BAD: Final = {Verdict.FAIL: "FAIL ", Verdict.ERROR: "ERROR"}
_MILD: Final = {Severity.WARNING: "warn ", Severity.NOTE: "note "}


def printable(text: str) -> str:
    """*text* on one line, with everything that could move a terminal's cursor or colour spelled out."""
    if text.isprintable():
        return text
    escaped = (each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return "".join(escaped)


def render(judgement: Judgement, *, verbosity: int = 0, colour: bool = False) -> str:
    """The text. *verbosity* -1: the summary line alone; 0: what is wrong; 1: also tracebacks, skips and passes."""
    lines: list[str] = []
    if verbosity >= 0:
        groups = [list(_bad(judgement, colour, traces=verbosity > 0)), list(_mild(judgement, colour))]
        if verbosity > 0:
            groups.append(list(_fine(judgement, colour)))
        for group in groups:
            if group:
                lines += [*group, ""]
    if verbosity > 0 or (verbosity == 0 and not judgement.passed):
        lines.append(_subject(judgement))
    lines.append(_paint(summary(judgement), _GREEN if judgement.passed else _RED, colour))
    return "\n".join(lines) + "\n"


def _bad(judgement: Judgement, colour: bool, *, traces: bool) -> Iterator[str]:
    """The checks that failed or could not be decided. Rules that say the very same thing share their lines."""
    groups: dict[tuple[object, ...], list[Check]] = {}
    more = 0
    for check in judgement.checks:
        if check.status in _BAD:
            shown = tuple(finding._replace(hint=None) for finding in check.findings)
            key = (check.status, check.verifier, about(check), shown, check.reason)
            if key in groups or len(groups) < _CHECKS_SHOWN:
                groups.setdefault(key, []).append(check)
            else:
                more += 1
    for checks in groups.values():
        yield from _check(checks, colour)
        if traces and checks[0].traceback is not None:
            yield from (f"      {printable(line)}" for line in checks[0].traceback.split("\n"))
    if more:
        yield f"… and {more} more checks failed or could not be decided; {_ALL}"


def _check(checks: list[Check], colour: bool) -> Iterator[str]:
    first = checks[0]
    rules = first.rule if len(checks) == 1 else f"{first.rule}…{checks[-1].rule} ({len(checks)} rules)"
    label = _paint(f"{_BAD[first.status]} {printable(rules)}", _RED, colour)
    findings = [finding for finding in first.findings if finding.severity is Severity.ERROR]
    if first.reason is not None and not findings:
        yield f"{label} {printable(about(first) or first.verifier)}: {printable(first.reason)}"
    for finding in findings[:_SHOWN]:
        yield from _finding(label, finding)
    if len(findings) > _SHOWN:
        yield f"{label} … and {len(findings) - _SHOWN} more; {_ALL}"


def _finding(label: str, finding: Finding) -> Iterator[str]:
    place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
    yield f"{label} {printable(place)}: {printable(finding.message)}"
    if finding.hint:
        yield f"      hint: {printable(finding.hint)}"


def _mild(judgement: Judgement, colour: bool) -> Iterator[str]:
    """Warnings and notes, whatever their check's verdict."""
    checks = 0
    for check in judgement.checks:
        mild = [finding for finding in check.findings if finding.severity in _MILD]
        checks += bool(mild)
        if checks > _CHECKS_SHOWN:
            continue
        for finding in mild[:_SHOWN]:
            yield from _finding(_paint(f"{_MILD[finding.severity]} {printable(check.rule)}", _YELLOW, colour), finding)
        if len(mild) > _SHOWN:
            yield f"      … and {len(mild) - _SHOWN} more; {_ALL}"
    if checks > _CHECKS_SHOWN:
        yield f"… and warnings or notes of {checks - _CHECKS_SHOWN} more checks; {_ALL}"


def _fine(judgement: Judgement, colour: bool) -> Iterator[str]:
    for check in judgement.checks:
        if check.status not in _BAD:
            reason = f": {printable(check.reason)}" if check.reason else ""
            yield _paint(f"{check.status:<5} {printable(check.rule)} {printable(check.verifier)}{reason}", _DIM, colour)


def _subject(judgement: Judgement) -> str:
    named = (("stage", judgement.stage), ("iteration", judgement.iteration_id), ("run", judgement.run_id))
    nothing = "no stage, no iteration, no run" if judgement.runs is None else "every iteration, every verifier"
    return ", ".join(f"{what} {printable(name)}" for what, name in named if name) or nothing


def summary(judgement: Judgement) -> str:
    """How many checks had which verdict, and where there are many how many runs, in one line."""
    line = _counted("checks", judgement.counts)
    if judgement.runs is not None:
        line = f"{_counted('run' if sum(judgement.runs.values()) == 1 else 'runs', judgement.runs)}; {line}"
    if not judgement.counts[Verdict.PASS] and not judgement.counts[Verdict.FAIL]:
        line += "; nothing was checked"
    return line


def _counted(what: str, counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return f"{total} {what}: " + ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
