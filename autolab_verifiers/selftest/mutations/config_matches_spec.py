"""Mutations for each rule of ``config_matches_spec``. They start from results without a journal."""

from __future__ import annotations

from typing import Final

from autolab_verifiers.selftest.experimenting import CONFIG, reported
from autolab_verifiers.selftest.mutation import Change, Mutation

__all__ = ["TABLE"]

_ARMS: Final = "/configuration"
_RATE: Final = f"{_ARMS}/treatment/values/optimizer/lr"
_MOMENTUM: Final = f"{_ARMS}/treatment/values/optimizer/momentum"


def _of(rule: str, name: str, damage: Change, *also: str, mild: bool = False) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, reported)


TABLE: Final[tuple[Mutation, ...]] = (
    _of("CS001", "configuration_is_gone", lambda r: r.remove(CONFIG)),
    _of("CS001", "arm_has_none", lambda r: r.set(CONFIG, f"{_ARMS}/treatment", None), mild=True),
    _of("CS001", "nobody_gave_any", lambda r: r.drop(CONFIG, _ARMS), mild=True),
    _of("CS002", "variable_has_another_value", lambda r: r.set(CONFIG, _MOMENTUM, 0.8)),
    _of("CS002", "variable_was_left_as_it_was", lambda r: r.set(CONFIG, _MOMENTUM, 0.0)),
    _of("CS002", "variable_is_missing", lambda r: r.drop(CONFIG, _MOMENTUM)),
    _of("CS002", "variable_is_a_text", lambda r: r.set(CONFIG, _MOMENTUM, "0.9")),
    _of("CS003", "control_has_another_value", lambda r: r.set(CONFIG, _RATE, 0.2)),
    _of("CS003", "control_is_missing", lambda r: r.drop(CONFIG, f"{_ARMS}/baseline/values/epochs")),
    _of("CS003", "control_is_a_truth_value", lambda r: r.set(CONFIG, f"{_ARMS}/baseline/values/epochs", True)),
    _of(
        "CS004",
        "arms_differ_in_something_else",
        lambda r: r.set(CONFIG, f"{_ARMS}/treatment/values/warmup", 100),
        mild=True,
    ),
    _of("CS005", "seeds_are_others", lambda r: r.set(CONFIG, "/seeds", [0, 1, 3])),
    _of("CS005", "experiment_is_another", lambda r: r.set(CONFIG, "/experiment", "exp-002-adam")),
    _of("CS005", "spec_is_another", lambda r: r.set(CONFIG, "/spec/path", "experiments/exp-002-adam.md")),
    _of("CS006", "library_was_installed", lambda r: r.set(CONFIG, "/packages/at_end/torch", "2.5.0")),
    _of("CS006", "library_changed", lambda r: r.set(CONFIG, "/packages/at_end/pytest", "8.4.0"), mild=True),
    _of("CS006", "library_is_gone", lambda r: r.drop(CONFIG, "/packages/at_end/pytest"), mild=True),
)
