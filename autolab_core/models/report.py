"""``.autolab/verification_result.json``: what was checked and what the answer is.

``Report`` without its ``run`` block is a function of the verified tree alone: the same tree gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra
from autolab_core.vocab.states import Severity, Verdict

__all__ = ["Check", "Finding", "Report"]


@attrs.frozen
class Finding:
    """One thing that is wrong: what, where (path from the repository, JSON Pointer, line from 1), and the way out."""

    message: str
    path: str
    severity: Severity = Severity.ERROR
    pointer: str | None = None
    line: int | None = None
    hint: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Check:
    """One rule's answer. ``reason`` says why a ``skip`` was skipped or an ``error`` could not be decided.

    ``traceback``: the end of the one that a broken verifier left. ``iteration_id`` and ``run_id``: what the answer is
    about, where many runs were judged.
    """

    verifier: str
    rule: str
    status: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    traceback: str | None = None
    iteration_id: str | None = None
    run_id: str | None = None
    extra: Mapping[str, Any] = extra()

    @property
    def objection(self) -> str | None:
        """What does not pass, in one line: the rule, where and what; None where nothing is objected to."""
        if self.status not in {Verdict.FAIL, Verdict.ERROR}:
            return None
        for finding in sorted(self.findings, key=lambda each: each.severity is not Severity.ERROR):
            place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
            return f"{self.rule} {place} {finding.message}"
        return f"{self.rule} {self.reason}" if self.reason else self.rule


@attrs.frozen
class Report:
    """One verification. ``passed`` needs at least one pass and neither fail nor error.

    ``runs``: verdict to how many runs have it, where many were judged.
    """

    passed: bool
    message: str
    stage: str | None
    iteration_id: str | None
    run_id: str | None
    counts: Mapping[str, int]
    checks: tuple[Check, ...]
    run: Mapping[str, Any]
    runs: Mapping[str, int] | None = None
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()

    @property
    def first_objection(self) -> str:
        """The first thing that does not pass, as ``Check.objection`` says it; the message where all passes."""
        return next((said for said in (check.objection for check in self.checks) if said is not None), self.message)
