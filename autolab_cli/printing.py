"""What commands print: plain text for people, one JSON object for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping

    from autolab_core.models.handover import Handover
    from autolab_core.stages.result import StageResult

__all__ = ["print_json", "print_prompt", "print_result", "print_rows", "result_code", "result_document"]


def print_json(data: Any) -> None:
    """*data* as one indented JSON object on standard output."""
    json.dump(data, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def print_prompt(options: Namespace, document: Mapping[str, Any], text: str) -> None:
    """Say that a prompt and its context were written: *document* names both. With ``--print`` the *text* is shown."""
    if options.json:
        print_json({**document, "text": text} if options.print else document)
    elif options.print:
        sys.stdout.write(text)
    else:
        print(f"wrote {document['prompt']}")
        print(f"wrote {document['context']}")


def print_rows(key: str, rows: Iterable[Any]) -> None:
    """One JSON object on standard output whose *key* has *rows*, each printed as it comes: there may be more than the
    memory holds."""
    begun = False
    for row in rows:
        sys.stdout.write(",\n    " if begun else f'{{\n  "{key}": [\n    ')
        json.dump(row, sys.stdout, ensure_ascii=False, allow_nan=False)
        begun = True
    sys.stdout.write("\n  ]\n}\n" if begun else f'{{\n  "{key}": []\n}}\n')


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
