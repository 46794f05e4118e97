"""A process that is killed at whatever it writes: the next one goes on, to the results of an undisturbed run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT


@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["before", "half"])
def test_a_kill_at_every_write_loses_nothing_and_changes_no_result(tmp_path, how):
    told = subprocess.run(
        [sys.executable, "-m", "tests.integration.experiment.killing", str(tmp_path), how],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(told.stdout)
    whole = found["undisturbed"]

    assert len(found["stories"]) >= len(whole["events"]) + 4  # the entries, and two files that are written and renamed
    for each in found["stories"]:
        assert each["again"] == 0, (each["point"], told.stderr)
        assert each["faults"] == [], each["point"]
        assert each["metrics"] == whole["metrics"], each["point"]
        assert len(each["events"]) >= each["before"], each["point"]
        assert each["events"][0] == "sealed"
        assert each["events"].count("ended") == 1
        assert in_order(each["events"], each["numbers"]), each["point"]


def in_order(events, numbers):
    """No number of the treatment comes before the baseline reproduced."""
    phases = [phase for phase, *_ in numbers]
    return phases == sorted(phases, key=["baseline", "treatment"].index) and events.count("baseline_judged") >= 1
