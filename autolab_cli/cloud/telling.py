"""A run as ``cloud-run`` shows it: one document, and the same as text. Light: a run that is home needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autolab_core.cloud.looking import Looked

__all__ = ["KNOWN", "document_of", "lines_of"]

# What is shown of a run's record, by its keys there.
KNOWN = (
    "spec",
    "engine",
    "handle",
    "storage",
    "output_dir",
    "created_at",
    "submitted_at",
    "pulled_at",
    "merged_at",
)
_LABELS = {"spec": "spec", "engine": "engine", "storage": "storage", "created_at": "begun", "output_dir": "results"}


def document_of(looked: Looked) -> dict[str, Any]:
    """What is known of a run, and where it stands."""
    intent, standing = looked.intent, looked.standing
    return {
        "run_id": intent.run_id,
        "phase": standing.phase.value,
        "line": standing.line,
        "exit_code": standing.exit_code,
        "hints": list(standing.hints),
        "last_lines": list(standing.last_lines),
    } | {key: getattr(intent, key) for key in KNOWN}


def lines_of(document: Mapping[str, Any]) -> list[str]:
    """*document* for people."""
    code = "" if document["exit_code"] is None else f" (exit code {document['exit_code']})"
    lines = [f"run      {document['run_id']}", f"phase    {document['phase']}{code}", f"         {document['line']}"]
    lines += [f"{label:8} {document[key]}" for key, label in _LABELS.items()]
    if document["pulled_at"]:
        lines.append(f"pulled   {document['pulled_at']}")
    lines += [f"         | {line}" for line in document["last_lines"]]
    lines += [f"next     {hint}" for hint in document["hints"]]
    return lines
