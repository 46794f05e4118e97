"""``decision_result.json``: whether the work is repeated, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra
from autolab_core.vocab.states import Stage
from autolab_core.vocab.transitions import DECISIONS

__all__ = ["Decision"]


def _is_a_decision(instance: object, attribute: attrs.Attribute[Any], value: Stage) -> None:
    if value not in DECISIONS:
        raise ValueError(f"{attribute.name} {value.value!r} is not one of {', '.join(DECISIONS)}")


@attrs.frozen
class Decision:
    """What ``decide_repeat`` decided. ``launch`` repeats the iteration as it is. ``evidence`` is free in form."""

    decision: Stage = attrs.field(validator=_is_a_decision)
    rationale: str = attrs.field(validator=attrs.validators.min_len(1))
    evidence: tuple[Any, ...] = ()
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
