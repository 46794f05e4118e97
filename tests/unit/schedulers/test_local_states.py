"""From evidence to an observation: no combination makes a run "done" that did not say so itself."""

from __future__ import annotations

import itertools

import pytest

from autolab_core.schedulers.local.markers import (
    CancelRequest,
    Evidence,
    ExitMarker,
    StartMarker,
    Supervision,
    parse_exit,
    parse_start,
    parse_supervision,
)
from autolab_core.schedulers.local.states import conclude
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

T = "autolab-t"
START, END = "2026-02-01T12:00:00Z", "2026-02-01T12:46:00Z"
BEGAN = StartMarker(T, 7, "box", START)
HALF = StartMarker()  # the script died while it wrote its marker


def ended(code, token=T):
    return ExitMarker(token, code, END)


CASES = {
    "nothing at all": (Evidence(False), JobState.ABSENT, "never began"),
    "a process, no start marker yet": (Evidence(True), JobState.PENDING, ""),
    "a process and a start marker": (Evidence(True, BEGAN), JobState.RUNNING, ""),
    "a process and half a start marker": (Evidence(True, HALF), JobState.RUNNING, ""),
    "exit 0": (Evidence(False, BEGAN, ended(0)), JobState.COMPLETED, ""),
    "exit 0 without a start marker": (Evidence(False, None, ended(0)), JobState.COMPLETED, ""),
    "exit 0 and processes left behind": (Evidence(True, BEGAN, ended(0)), JobState.COMPLETED, ""),
    "exit 3": (Evidence(False, BEGAN, ended(3)), JobState.FAILED, "exit code 3"),
    "exit 137": (Evidence(False, BEGAN, ended(137)), JobState.FAILED, "exit code 137 (SIGKILL)"),
    "exit 255": (Evidence(False, BEGAN, ended(255)), JobState.FAILED, "(signal 127)"),
    "stopped at its limit": (
        Evidence(False, BEGAN, ended(130), Supervision(stopping="walltime", detail="stopped at its limit")),
        JobState.TIMEOUT, "stopped at its limit",
    ),
    "cancelled": (
        Evidence(False, BEGAN, ended(143), Supervision(stopping="cancel", detail="cancelled on request")),
        JobState.CANCELLED, "cancelled on request",
    ),
    "exit 0 while it was being stopped": (
        Evidence(False, BEGAN, ended(0), Supervision(stopping="cancel", detail="cancelled on request")),
        JobState.CANCELLED, "its command ended with 0",
    ),
    "cancelled after its supervisor had died": (
        Evidence(False, BEGAN, ended(143), Supervision(pid=7), cancel=CancelRequest(T, "no more")),
        JobState.CANCELLED, "no more",
    ),
    "asked to stop after its supervisor had closed its record": (
        Evidence(False, BEGAN, ended(0), Supervision(exit_code=0, ended_at=END), cancel=CancelRequest(T, "no more")),
        JobState.COMPLETED, "",
    ),
    "another run's request to stop": (
        Evidence(False, BEGAN, ended(0), cancel=CancelRequest("other", "no more")), JobState.COMPLETED, "",
    ),
    "killed at its limit": (
        Evidence(False, BEGAN, None, Supervision(stopping="walltime", detail="stopped", exit_code=-9, ended_at=END)),
        JobState.TIMEOUT, "stopped; it left no exit marker",
    ),
    "cancelled before it began": (
        Evidence(False, None, None, Supervision(stopping="cancel", detail="cancelled", exit_code=-2, ended_at=END)),
        JobState.CANCELLED, "left no exit marker",
    ),
    "killed by somebody": (
        Evidence(False, BEGAN, None, Supervision(exit_code=-9, ended_at=END)), JobState.FAILED, "SIGKILL",
    ),
    "exit 0 that only the supervisor saw": (
        Evidence(False, BEGAN, None, Supervision(exit_code=0, ended_at=END)), JobState.FAILED, "left no exit marker",
    ),
    "it could not be started": (
        Evidence(False, None, None, Supervision(exit_code=127, ended_at=END)), JobState.FAILED, "exit code 127",
    ),
    "everything is gone": (Evidence(False, BEGAN), JobState.FAILED, "killed, or the machine stopped"),
    "everything is gone, half a start marker": (Evidence(False, HALF), JobState.FAILED, "machine stopped"),
    "the supervisor is gone and nothing began": (
        Evidence(False, None, None, Supervision(pid=7)), JobState.ABSENT, "never began",
    ),
    "another run's exit marker": (Evidence(False, BEGAN, ended(0, "other")), JobState.UNKNOWN, "proves nothing"),
    "another run's start marker": (
        Evidence(False, StartMarker("other"), ended(0)), JobState.UNKNOWN, "proves nothing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("evidence", "state", "reason"), CASES.values(), ids=CASES)
def test_evidence_is_read_as(evidence, state, reason):
    found = conclude(evidence, T)

    assert found.state is state
    assert reason in found.reason


def test_only_an_exit_marker_of_0_with_the_run_s_own_token_is_success():
    starts = [None, HALF, BEGAN, StartMarker("other")]
    exits = [None, ended(0), ended(1), ended(0, "other")]
    records = [None, Supervision(exit_code=0, ended_at=END), Supervision(stopping="cancel", detail="x")]
    for alive, start, marker, record in itertools.product([True, False], starts, exits, records):
        found = conclude(Evidence(alive, start, marker, record), T)

        stopped = record is not None and record.stopping is not None
        of_another = start == StartMarker("other")
        assert (found.state is JobState.COMPLETED) == (marker == ended(0) and not of_another and not stopped)
        assert (found.exit_code is None) == (marker is None or found.state is JobState.UNKNOWN)
        # While something of it lives, only its own exit marker ends it.
        assert not (alive and marker is None and found.state in ENDED_JOB_STATES)


def test_what_it_left_running_is_said():
    found = conclude(Evidence(True, BEGAN, ended(0), holders=("pid 7 (sleep 60)",)), T)

    assert (found.lingering, "pid 7 (sleep 60)" in found.reason) == (True, True)
    assert not conclude(Evidence(False, BEGAN, ended(0)), T).lingering


def test_the_times_are_the_script_s_own():
    found = conclude(Evidence(False, BEGAN, ended(0)), T)

    assert (found.started_at, found.ended_at) == (START, END)


JUNK = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b'{"token": 1, "exit_code": "0", "finished_at": 5, "pid": true, "started_at": "yesterday"}',
    b'{"token": "t", "exit_code": true, "finished_at": "2026-02-01T12:00:00Z"}',
    b'{"token": "t", "exit_code": 0.0, "finished_at": "2026-02-01T12:00:00Z"}',
    b'{"token": "t", "exit_code": 0, "finished_at": "2026-02-01T12:00:00"}',
    b'{"token": "t", "exit_code": 0, "exit_code": 1, "finished_at": "2026-02-01T12:00:00Z"}',
]


@pytest.mark.parametrize("source", JUNK)
def test_a_damaged_exit_marker_proves_nothing(source):
    with pytest.raises(DocumentError, match=r"logs/exit\.json"):
        parse_exit(source, "logs/exit.json")


@pytest.mark.parametrize("source", JUNK)
def test_a_damaged_start_marker_still_says_that_the_script_began(source):
    found = parse_start(source, "logs/start.json")

    assert (found.pid, found.started_at) == (None, None)


@pytest.mark.parametrize("source", JUNK[:5])
def test_a_supervisor_s_record_that_cannot_be_read_is_told_from_one_that_is_not_there(source):
    with pytest.raises(DocumentError, match=r"logs/supervisor\.json"):
        parse_supervision(source, "logs/supervisor.json")


def test_fields_of_the_wrong_kind_in_a_supervisor_s_record_are_as_if_they_were_not_there():
    source = b'{"pid": true, "host": 5, "exit_code": "0", "ended_at": "now", "stopping": null, "more": 1}'

    assert parse_supervision(source, "x") == Supervision()
