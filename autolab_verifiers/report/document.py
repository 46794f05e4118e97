"""The judgement as a document: the same keys always, and the same bytes for the same tree but for ``run``."""

from __future__ import annotations

from typing import Any, Final

from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check, Judgement

__all__ = ["as_document", "storable", "write_document"]

SCHEMA_VERSION: Final = "1.0"


def as_document(judgement: Judgement) -> dict[str, Any]:
    """What ``.autolab/verification_result.json`` holds (schema ``verification_result``)."""
    return {
        "schema_version": SCHEMA_VERSION,
        "passed": judgement.passed,
        "message": judgement.message,
        "stage": judgement.stage,
        "iteration_id": judgement.iteration_id,
        "run_id": judgement.run_id,
        "counts": dict(judgement.counts),
        "checks": [_check(check) for check in judgement.checks],
        "run": judgement.run._asdict(),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "verifier": storable(check.verifier),
        "rule": storable(check.rule),
        "status": check.status.value,
        "reason": storable(check.reason),
        "findings": [_finding(finding) for finding in check.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity.value,
        "path": storable(finding.path),
        "pointer": storable(finding.pointer),
        "line": finding.line,
        "message": storable(finding.message),
        "hint": storable(finding.hint),
    }


def storable(text: str | None) -> str | None:
    """*text* as JSON can hold it: file names may carry bytes that are no UTF-8, which Python keeps as surrogates."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def write_document(judgement: Judgement, paths: tuple[str, ...]) -> None:
    """Replace each of the absolute *paths* by the document. Raises StoreError; what was there before is kept."""
    from autolab_core.io.atomic import write_bytes
    from autolab_core.io.documents import dump_json

    source = dump_json(as_document(judgement))
    for path in paths:
        write_bytes(path, source)
