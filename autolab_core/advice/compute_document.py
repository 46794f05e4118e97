"""The advice for programs: what ``autolab experiment advise --json`` prints and a stage's context holds. Pure."""

from __future__ import annotations

from typing import Any

from autolab_core.advice.compute import Advice

__all__ = ["advice_document"]


def advice_document(advice: Advice) -> dict[str, Any]:
    """The advice without its section of prose. The estimate is in seconds."""
    return {
        "case": None if advice.case is None else advice.case.value,
        "heading": None if advice.case is None else advice.case.heading,
        "fits": advice.fits,
        "local_fallback": advice.local_fallback,
        "reasons": list(advice.reasons),
        "arithmetic": [{"resource": e.resource.value, "text": e.text, "fits": e.fits} for e in advice.arithmetic],
        "backends": [
            {"name": each.name, "kind": each.kind, "counts": each.refused is None, "refused": each.refused}
            for each in advice.backends
        ],
        "preference": {"wish": advice.wish.value, "from": advice.wish_from},
        "estimate": advice.estimate,
        "command": advice.command if advice.case is not None else None,
    }
