"""What a verification answers: the verdict of each rule, and what follows from all of them.

``Judgement`` has the fields of ``autolab_core.models.report.Report``, which mirrors the written document; it is a
tuple because judging must not pay for attrs (importing it costs more than two bare interpreters).
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from autolab_core.vocab.states import Verdict
from autolab_verifiers.contract.findings import Finding

__all__ = ["Check", "Judgement", "RunFacts", "about", "conclude", "count", "exit_code"]

NOTHING_CHECKED: Final = "nothing was checked, which is not a pass"


class Check(NamedTuple):
    """One rule's answer. ``reason`` says why a ``skip`` was skipped or an ``error`` could not be decided.

    ``traceback`` is the end of the one that a broken verifier left, where that is what happened. Where many runs were
    judged, ``iteration_id`` and ``run_id`` say what the answer is about.
    """

    verifier: str
    rule: str
    status: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    traceback: str | None = None
    iteration_id: str | None = None
    run_id: str | None = None


class RunFacts(NamedTuple):
    """What differs from one verification of the same tree to the next: when, by what, how long."""

    generated_at: str
    tool: str
    duration_ms: int


class Judgement(NamedTuple):
    """One verification. Equal trees give equal judgements but for ``run``.

    Where many runs were judged, ``runs`` counts them by their verdict, and ``checks``, which may be read again and
    again, holds only those that have something to say: neither passes nor skips without findings.
    """

    passed: bool
    message: str
    stage: str | None
    iteration_id: str | None
    run_id: str | None
    counts: Mapping[str, int]
    checks: Collection[Check]
    run: RunFacts
    runs: Mapping[str, int] | None = None


def about(check: Check) -> str:
    """``iteration/run``, or the iteration, that *check* is about; empty where one thing was judged or all of them."""
    return "/".join(name for name in (check.iteration_id, check.run_id) if name is not None)


def count(checks: Iterable[Check]) -> dict[str, int]:
    """Verdict to how many checks have it; every verdict is a key."""
    counts = {str(verdict): 0 for verdict in Verdict}
    for check in checks:
        counts[check.status] += 1
    return counts


def conclude(counts: Mapping[str, int]) -> tuple[bool, str]:
    """Whether *counts* are a pass (at least one pass, neither fail nor error), and one line that says so."""
    total = sum(counts.values())
    failed, undecided, skipped = counts[Verdict.FAIL], counts[Verdict.ERROR], counts[Verdict.SKIP]
    if undecided:
        also = f", {failed} failed" if failed else ""
        return False, f"{undecided} of {total} checks could not be decided{also}"
    if failed:
        return False, f"{failed} of {total} checks failed"
    if not counts[Verdict.PASS]:
        return False, NOTHING_CHECKED
    return True, f"{counts[Verdict.PASS]} checks passed" + (f", {skipped} skipped" if skipped else "")


def exit_code(judgement: Judgement) -> int:
    """0 passed; 1 the answer is no; 2 it could not be decided, or nothing was checked."""
    if judgement.passed:
        return 0
    return 1 if judgement.counts[Verdict.FAIL] and not judgement.counts[Verdict.ERROR] else 2
