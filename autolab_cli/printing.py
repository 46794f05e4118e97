"""What commands print: plain text for people, one JSON object for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autolab_core.models.handover import Handover
    from autolab_core.stages.result import StageResult

__all__ = ["print_json", "print_result", "result_code", "result_document"]


def print_json(data: Any) -> None:
    """*data* as one indented JSON object on standard output."""
    json.dump(data, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def result_document(result: StageResult) -> dict[str, Any]:
    """A stage's outcome as `--json` shows it."""
    return {
        "stage": result.stage.value,
        "outcome": result.outcome.value,
        "retry_stage": result.retry_stage.value if result.retry_stage else None,
        "refused": result.refused,
        "summary": result.summary,
        "advice": result.advice,
        "run_id": result.run_id,
        "handover": _handover(result.handover),
    }


def _handover(handover: Handover | None) -> dict[str, Any] | None:
    """What a harness needs of a hand-over; the rest is in its file."""
    if handover is None:
        return None
    return {
        "prompt": handover.prompt,
        "context": handover.context,
        "awaited": list(handover.awaited),
        "stage_attempt": handover.stage_attempt,
        "objections": dict(handover.objections),
    }


def print_result(result: StageResult, *, as_json: bool) -> None:
    """A stage's outcome: what happened, and what to do next."""
    if as_json:
        print_json(result_document(result))
        return
    where = f", back to {result.retry_stage}" if result.retry_stage else ""
    print(f"{result.stage}: {result.outcome}{where}: {result.summary}")
    if result.advice:
        print(f"next: {result.advice}")


def result_code(result: StageResult) -> int:
    """0 when all is well, 1 when the answer is no."""
    return 1 if result.bad else 0
