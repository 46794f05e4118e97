"""Success criteria (``- `val_loss`: treatment - baseline <= -0.01``) and what comparisons look like."""

from __future__ import annotations

from typing import Final

from autolab_core.io.spec.amounts import number, print_number
from autolab_core.io.spec.baselines import Metrics, metric_of, skip_unit
from autolab_core.io.spec.findings import Unclear
from autolab_core.io.spec.scan import Scanner
from autolab_core.models.experiment.spec import SuccessCriterion
from autolab_core.vocab.experiment import Arm, Comparison

__all__ = ["FORM", "comparison", "print_success", "read_success"]

FORM: Final = "- `name`: treatment - baseline <= -0.01"
_SIGNS: Final = {
    "<=": Comparison.AT_MOST,
    "≤": Comparison.AT_MOST,
    ">=": Comparison.AT_LEAST,
    "≥": Comparison.AT_LEAST,
    "==": Comparison.EQUAL,
    "<": Comparison.BELOW,
    ">": Comparison.ABOVE,
    "=": Comparison.EQUAL,
}
_DIFFERENCE: Final = f"{Arm.TREATMENT} - {Arm.BASELINE}"
_RATIO: Final = f"{Arm.TREATMENT} / {Arm.BASELINE}"
# What may stand before the sign, without its spaces.
_LEFT: Final = {each.replace(" ", ""): each for each in (_DIFFERENCE, _RATIO, str(Arm.TREATMENT), str(Arm.BASELINE))}


def read_success(text: str, metrics: Metrics) -> SuccessCriterion:
    """The success criterion *text* over one of *metrics*. Raises Unclear."""
    scanner = Scanner(text)
    metric = metric_of(scanner, metrics, "the criterion")
    scanner.colon("what is compared")
    at = next((at for at, character in enumerate(scanner.rest) if character in "<>=≤≥"), len(scanner.rest))
    words = scanner.skip(at)
    left = _LEFT.get("".join(words.split()).casefold().replace("−", "-"))
    if left is None:
        raise Unclear(f"cannot compare {words.strip()!r}; write {', '.join(_LEFT.values())} and <, <=, >, >= or ==")
    sign = comparison(scanner)
    limit = number(scanner, "the limit")
    if left == _RATIO:
        if scanner.rest.startswith("%"):
            raise Unclear("the limit of a ratio is a plain number; write 0.97 for 97 %")
    else:
        skip_unit(scanner, metric, "the limit")
    scanner.end(FORM)
    return SuccessCriterion(metric.name, left, sign, limit)


def print_success(criterion: SuccessCriterion) -> str:
    """*criterion* as a list item's text."""
    return f"`{criterion.metric}`: {criterion.left} {criterion.comparison} {print_number(criterion.limit)}"


def comparison(scanner: Scanner) -> Comparison:
    """The sign that stands next. Raises Unclear."""
    return _SIGNS[scanner.one_of(_SIGNS, "the comparison")]
