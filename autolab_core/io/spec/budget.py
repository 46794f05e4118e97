"""The resource budget: ``- tier: small``, ``- wall clock: 2 h``, ``- training runs: 6``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autolab_core.io.spec.abort import KINDS, amount, print_amount
from autolab_core.io.spec.findings import Findings, Unclear
from autolab_core.io.spec.outline import Item
from autolab_core.io.spec.scan import Scanner
from autolab_core.models.experiment.spec import BudgetLimit
from autolab_core.vocab.experiment import RUN_TIME, BudgetKind

__all__ = ["FORM", "TIER", "print_limits", "read_budget"]

FORM: Final = "- tier: small, - wall clock: 2 h, - GPU hours: 4, - training runs: 6 or - training steps: 60000"
TIER: Final = "tier"
_KINDS: Final = {word: kind for word, kind in KINDS.items() if kind != RUN_TIME}


def read_budget(items: Sequence[Item], found: Findings) -> tuple[str, tuple[BudgetLimit, ...]]:
    """The tier ("" where there is none) and the limits that *items* name; what is wrong goes to *found*."""
    tier = ""
    limits = []
    for item in items:
        with found.reading(item.line):
            scanner = Scanner(item.text)
            word = scanner.one_of([TIER, *_KINDS], "what the budget limits")
            kind = TIER if word == TIER else _KINDS[word]
            if not scanner.rest.strip(":"):
                raise Unclear(f"{kind} has no value; write {FORM}")
            scanner.colon(f"the value of {kind}")
            if not found.place(f"budget/{kind}", item.line):
                continue
            if kind == TIER:
                tier = scanner.rest
            else:
                limits.append(BudgetLimit(BudgetKind(kind), _limit(scanner, kind)))
    return tier, tuple(limits)


def print_limits(limits: Sequence[BudgetLimit]) -> list[str]:
    """The list items' texts."""
    return [f"{each.kind}: {print_amount(each.kind, each.limit)}" for each in limits]


def _limit(scanner: Scanner, kind: str) -> float:
    value = amount(scanner, kind)
    scanner.end(FORM)
    # An experiment may do without a GPU; without time, runs and steps there is none.
    if value < 0 or (value == 0 and kind != BudgetKind.GPU_HOURS):
        raise Unclear(
            f"a budget of {print_amount(kind, value)} for {kind} lets nothing run; leave the line out for no limit"
        )
    return value
