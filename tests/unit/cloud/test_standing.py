"""Where a run stands, of every answer that an engine and a storage may give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from autolab_core.cloud.engines.base import EngineObservation
from autolab_core.cloud.facts import KnownRun, RunEnd, SignOfLife
from autolab_core.cloud.standing import Stored, standing
from autolab_core.vocab.cloud import ACTIVE_PHASES, CloudEnd, CloudPhase
from autolab_core.vocab.engines import EngineState

NOW = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
RUN = KnownRun("r1", "s.md", "podman", "folder:///s", "2026-02-01T11:00:00Z", "results/x")
SUBMITTED = RUN._replace(handle="42", staged_at="2026-02-01T11:00:00Z")
FRESH = SignOfLife(1, "2026-02-01T11:59:55Z", CloudPhase.RUNNING)
STALE = SignOfLife(1, "2026-02-01T11:30:00Z", CloudPhase.RUNNING, "2026-02-01T11:29:00Z")
RESULT = RunEnd(1, 0, CloudEnd.COMMAND, "the command ended with 0")


NOTHING = Stored()


def stands(
    run: KnownRun = SUBMITTED,
    stored: Stored = NOTHING,
    state: EngineState | None = None,
    fault: str | None = None,
    **of: Any,
):
    observed = None if state is None else EngineObservation(state, **of)
    return standing(run, stored, observed, fault, NOW)


@pytest.mark.parametrize(
    ("given", "phase", "line"),
    [
        ({"run": RUN}, CloudPhase.STAGING, "on their way"),
        ({"run": RUN._replace(staged_at="x")}, CloudPhase.STAGING, "no job is known"),
        ({"run": RUN._replace(gave_up="no such queue")}, CloudPhase.ENDED, "never started: no such queue"),
        ({"run": RUN._replace(terminated_at="x")}, CloudPhase.ENDED, "before it was submitted"),
        ({"state": EngineState.QUEUED, "stuck": "no instances"}, CloudPhase.QUEUED, "waits for a machine"),
        ({"state": EngineState.STARTING}, CloudPhase.STARTING, "its machine starts"),
        ({"state": EngineState.RUNNING}, CloudPhase.STARTING, "its machine starts"),
        ({"state": EngineState.RUNNING, "stored": Stored(True, FRESH)}, CloudPhase.RUNNING, "last seen at"),
        ({"state": EngineState.RUNNING, "stored": Stored(True, STALE)}, CloudPhase.RUNNING, "no sign of life for 1800"),
        ({"state": EngineState.ENDED, "exit_code": 137}, CloudPhase.LOST, "memory was not enough"),
        ({"state": EngineState.ENDED, "timed_out": True}, CloudPhase.LOST, "ended it at its limit"),
        ({"state": EngineState.ENDED, "exit_code": 74, "reason": "x"}, CloudPhase.LOST, "exit code 74 without"),
        ({"state": EngineState.LOST}, CloudPhase.LOST, "does not know its job"),
        ({"state": EngineState.LOST, "stored": Stored(True, FRESH)}, CloudPhase.RUNNING, "last seen at"),
        ({"state": EngineState.UNKNOWN}, CloudPhase.UNKNOWN, "gave no answer"),
        ({"fault": "no route"}, CloudPhase.UNKNOWN, "cannot be asked: no route"),
        ({"fault": "no route", "stored": Stored(True, FRESH)}, CloudPhase.RUNNING, "cannot be asked: no route"),
        ({"state": EngineState.ENDED, "stored": Stored(unreachable="away")}, CloudPhase.UNKNOWN, "storage cannot"),
        ({"stored": Stored(True, result=RESULT)}, CloudPhase.ENDED, "the command ended with 0"),
        ({"stored": Stored(True, result=RESULT), "state": EngineState.RUNNING}, CloudPhase.ENDED, "ended with 0"),
    ],
)  # fmt: skip
def test_it_stands(given, phase, line):
    found = stands(**given)

    assert found.phase is phase
    assert line in found.line
    assert found.over is (phase not in ACTIVE_PHASES)


def test_results_in_the_storage_count_although_the_engine_is_away():
    found = stands(stored=Stored(True, result=RESULT), fault="no credentials")

    assert (found.phase, found.exit_code) == (CloudPhase.ENDED, 0)
    assert found.hints[0] == "the engine cannot be reached (no credentials), but the results are in the storage"
    assert found.hints[1] == "cloud-run pull r1 --output-dir results/x"


def test_what_was_saved_of_a_lost_run_can_be_pulled():
    found = stands(stored=Stored(True, STALE, partial=True), state=EngineState.LOST)

    assert found.hints[0] == "cloud-run pull r1 --partial --output-dir results/x brings what was saved"
    assert "--again" in found.hints[1]


def test_a_job_that_may_wait_for_ever_says_why():
    assert stands(state=EngineState.QUEUED, stuck="the compute environment is disabled").hints == (
        "the compute environment is disabled",
    )
