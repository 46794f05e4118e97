"""The words agree with one another."""

from __future__ import annotations

from autolab_core.vocab import jobs, states
from autolab_core.vocab.states import LEGAL_RUN_MOVES, SYNC_SYNONYMS, RunStatus, SyncStatus


def test_every_status_has_its_moves():
    assert set(LEGAL_RUN_MOVES) == set(RunStatus)


def test_a_completed_run_moves_nowhere_and_nothing_moves_to_where_it_is():
    assert LEGAL_RUN_MOVES[RunStatus.COMPLETED] == frozenset()
    assert [status for status, moves in LEGAL_RUN_MOVES.items() if status in moves] == []


def test_a_run_that_ended_never_runs_again():
    again = {RunStatus.PENDING, RunStatus.SUBMITTED, RunStatus.RUNNING, RunStatus.SYNCED}

    assert [status for status in RunStatus if status.ended and LEGAL_RUN_MOVES[status] & again] == []


def test_only_what_ran_or_came_home_can_complete():
    before = {status for status, moves in LEGAL_RUN_MOVES.items() if RunStatus.COMPLETED in moves}

    assert before == {RunStatus.RUNNING, RunStatus.SYNCED, RunStatus.FAILED, RunStatus.PARTIAL}


def test_no_synonym_is_a_canonical_word():
    assert set(SYNC_SYNONYMS) & set(SyncStatus) == set()


def test_unknown_and_absent_are_no_end():
    assert jobs.ENDED_JOB_STATES & {jobs.JobState.UNKNOWN, jobs.JobState.ABSENT} == set()


def test_words_that_close_are_lower_case_as_they_are_compared():
    assert {word.lower().strip() for word in states.CLOSED_BACKLOG} == states.CLOSED_BACKLOG
