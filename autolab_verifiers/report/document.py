"""The judgement as a document: the same bytes for the same tree but for ``run``.

The keys are always the same, but that the check of a broken verifier has a ``traceback``.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONEncoder
from typing import Any, Final

from autolab_core.io.documents import dump_json
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check, Judgement

__all__ = ["as_pieces", "storable", "write_document"]

SCHEMA_VERSION: Final = "1.0"

# As ``dump_json`` writes what holds nothing nested; but the library writes indentation without its C code, at five
# times the price, and there are a hundred and fifty checks.
_FLAT: Final = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",\n      ", ": "))


def as_pieces(judgement: Judgement) -> Iterator[bytes]:
    """What ``.autolab/verification_result.json`` holds (schema ``verification_result``), piece by piece.

    There may be more of it than memory should hold.
    """
    before = b""
    yield dump_json(_frame(judgement)).removesuffix(b"\n}\n") + b',\n  "checks": ['
    for check in judgement.checks:
        yield before + b"\n    " + _written(check)
        before = b","
    yield (b"\n  ]" if before else b"]") + b"\n}\n"


def _frame(judgement: Judgement) -> dict[str, Any]:
    """The document but for its checks, which come last because there may be many."""
    runs = {} if judgement.runs is None else {"runs": dict(judgement.runs)}
    return {
        "schema_version": SCHEMA_VERSION,
        "passed": judgement.passed,
        "message": judgement.message,
        "stage": judgement.stage,
        "iteration_id": judgement.iteration_id,
        "run_id": judgement.run_id,
        "counts": dict(judgement.counts),
        **runs,
        "run": judgement.run._asdict(),
    }


def _written(check: Check) -> bytes:
    if not check.findings:
        return f"{{\n      {_FLAT.encode(_check(check))[1:-1]}\n    }}".encode()
    return dump_json(_check(check)).rstrip(b"\n").replace(b"\n", b"\n    ")


def _check(check: Check) -> dict[str, Any]:
    document = {
        "verifier": storable(check.verifier),
        "rule": storable(check.rule),
        "status": check.status.value,
        "reason": storable(check.reason),
        "findings": [_finding(finding) for finding in check.findings],
    }
    if check.traceback is not None:
        document["traceback"] = storable(check.traceback)
    if check.iteration_id is not None:
        document["iteration_id"] = check.iteration_id
    if check.run_id is not None:
        document["run_id"] = check.run_id
    return document


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

    # What may be long is about many runs, and goes to one file.
    data = b"".join(as_pieces(judgement)) if judgement.runs is None else as_pieces(judgement)
    for path in paths:
        write_bytes(path, data)
