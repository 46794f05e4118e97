"""What a baseline's tolerance takes in: its edges too, in decimals as people write them."""

from __future__ import annotations

import pytest

from autolab_core.models.experiment.spec import Baseline


@pytest.mark.parametrize(
    ("expected", "tolerance", "relative", "value", "reproduced"),
    [
        (0.5, 0.05, False, 0.55, True),
        (0.5, 0.05, False, 0.45, True),
        (0.5, 0.05, False, 0.5500001, False),
        (0.3, 0.1, False, 0.2, True),
        (0.7, 0.1, False, 0.8, True),
        (100.0, 0.05, True, 105.0, True),
        (100.0, 0.05, True, 105.1, False),
        (-2.0, 0.5, True, -3.0, True),
        (-2.0, 0.5, True, -0.9, False),
        (0.0, 0.0, False, 0.0, True),
        (0.0, 0.0, False, 1e-12, False),
        (0.0, 0.5, True, 0.1, False),
        (0.5, 0.05, False, float("nan"), False),
        (0.5, 0.05, False, float("inf"), False),
    ],
)
def test_a_value_reproduces_a_baseline_within_its_tolerance(expected, tolerance, relative, value, reproduced):
    assert Baseline("loss", expected, tolerance, relative, "by hand").reproduced_by(value) is reproduced
