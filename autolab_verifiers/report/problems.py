"""What a check has to say, the same in every machine-readable format."""

from __future__ import annotations

from collections.abc import Iterator

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check

__all__ = ["place", "problems"]


def problems(check: Check) -> Iterator[Finding]:
    """The findings of *check*, warnings and notes too; for one that could not be decided also why not.

    The reason of an ``error`` becomes a finding of its own unless one of the findings is that reason. Its path is
    that of the check's first finding, or empty when no file is to blame.
    """
    yield from check.findings
    if check.status is Verdict.ERROR:
        errors = [finding for finding in check.findings if finding.severity is Severity.ERROR]
        reason = check.reason or "could not be decided"
        if not any(finding.message in reason for finding in errors):
            yield Finding(reason, check.findings[0].path if check.findings else "")


def place(finding: Finding) -> str:
    """``path:line`` as far as it is known."""
    return finding.path if finding.line is None else f"{finding.path}:{finding.line}"
