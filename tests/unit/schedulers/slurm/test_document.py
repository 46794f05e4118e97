"""The JSON forms of Slurm's answers, of every schema from 0.0.36 to 0.0.41."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.job_ids import tasks_of
from autolab_core.schedulers.slurm.parse.document import parse_sacct_json, parse_squeue_json
from autolab_core.schedulers.slurm.parse.rows import ExitStatus, JobRow
from autolab_core.vocab.errors import ParseError, QueryFailed
from autolab_core.vocab.jobs import JobState
from tests.unit.schedulers.slurm.recorded import PARSERS, accounting, answer, answers, of

AT = 1795304511

OLD = {
    "job_id": 45,
    "array_job_id": 44,
    "array_task_id": 1,
    "array_task_string": "",
    "het_job_id": 0,
    "het_job_offset": 0,
    "cluster": "c1",
    "name": "tok",
    "job_state": "FAILED",
    "state_reason": "NonZeroExitCode",
    "exit_code": 200 << 8,
    "derived_exit_code": 0,
    "submit_time": AT,
    "eligible_time": AT,
    "start_time": AT,
    "end_time": AT + 9,
    "time_limit": 30,
    "nodes": "n1",
    "partition": "debug",
    "user_name": "root",
    "restart_cnt": 2,
}


def set_to(value):
    return {"set": True, "infinite": False, "number": value}


UNSET = {"set": False, "infinite": False, "number": 0}
NEW = OLD | {
    "array_job_id": set_to(44),
    "array_task_id": set_to(1),
    "het_job_id": UNSET,
    "het_job_offset": UNSET,
    "job_state": ["FAILED"],
    "exit_code": {
        "status": ["ERROR"],
        "return_code": set_to(200),
        "signal": {"id": UNSET, "name": ""},
    },
    "derived_exit_code": {"status": ["SUCCESS"], "return_code": set_to(0), "signal": {"id": UNSET, "name": ""}},
    "submit_time": set_to(AT),
    "eligible_time": set_to(AT),
    "start_time": set_to(AT),
    "end_time": set_to(AT + 9),
    "time_limit": set_to(30),
}


def queue(*jobs, **more):
    return json.dumps({"meta": {}, "errors": [], "jobs": jobs, **more}).encode()


def test_old_and_new_schemas_give_the_same_row():
    old, new = parse_squeue_json(queue(OLD))[0], parse_squeue_json(queue(NEW))[0]

    assert old.state.base == new.state.base == "FAILED"
    assert attrs.evolve(new, state=old.state) == old
    assert (str(old.id), old.id.cluster, old.raw_id, old.exit, old.restarts) == ("44_1", "c1", "45", ExitStatus(200), 2)
    assert (old.submitted, old.ended) == (
        datetime.fromtimestamp(AT, UTC),
        datetime.fromtimestamp(AT + 9, UTC),
    )


@pytest.mark.parametrize(
    ("changes", "means"),
    [
        ({"job_state": ["RUNNING", "COMPLETING"]}, JobState.RUNNING),
        ({"job_state": ["COMPLETED", "COMPLETING"]}, JobState.RUNNING),
        ({"job_state": ["RUNNING", "CONFIGURING", "POWER_UP_NODE"]}, JobState.PENDING),
        ({"job_state": "OUT_OF_MEMORY"}, JobState.FAILED),
        ({"job_state": ["A_STATE_OF_TOMORROW"]}, JobState.UNKNOWN),
        ({"job_state": []}, JobState.UNKNOWN),
    ],
)
def test_a_state_is_a_word_or_a_list_of_words(changes, means):
    assert parse_squeue_json(queue(OLD | changes))[0].state.means is means


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, None),
        (UNSET, None),
        (set_to(30), Duration(1800)),
        ({"set": False, "infinite": True, "number": 0}, Duration(None)),
        ({"set": True, "infinite": True, "number": 0}, Duration(None)),
        (0xFFFFFFFF, Duration(None)),
        (0xFFFFFFFE, None),
    ],
)
def test_a_limit_is_a_number_infinite_or_not_set(limit, expected):
    assert parse_squeue_json(queue(OLD | {"time_limit": limit}))[0].limit == expected


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [
        (253, ExitStatus(0, 125)),
        (15, ExitStatus(0, 15)),
        (768, ExitStatus(3)),
        (set_to(768), ExitStatus(3)),
        ({"status": ["SIGNALED"], "return_code": UNSET, "signal": {"id": set_to(9), "name": "KILL"}}, ExitStatus(0, 9)),
        ({"status": "SIGNALED", "return_code": 0, "signal": {"signal_id": 9, "name": "Killed"}}, ExitStatus(0, 9)),
        (None, None),
    ],
)
def test_an_exit_code_is_a_wait_status_or_says_itself(exit_code, expected):
    assert parse_squeue_json(queue(OLD | {"exit_code": exit_code}))[0].exit == expected


def test_the_tasks_that_wait_are_one_row():
    waiting = OLD | {"job_id": 44, "array_task_id": None, "array_task_string": "7-28:3%2", "job_state": "PENDING"}

    row = parse_squeue_json(queue(waiting))[0]
    assert (str(row.id), row.started, row.exit) == ("44_[7-28:3%2]", None, None)


def test_the_tasks_that_wait_are_a_number_to_the_accounting_whose_bits_are_the_tasks():
    document = parse_sacct_json(answer("array_throttled", "sacct_json").stdout)
    table = accounting("array_throttled")

    def tasks(rows):
        return sorted(str(task) for row in rows for task in tasks_of(row.id))

    assert tasks(document) == tasks(table)
    assert len(tasks(table)) == 20


def test_a_part_of_a_heterogeneous_job_is_named_by_its_leader():
    part = OLD | {"job_id": 33, "array_job_id": 0, "array_task_id": None, "het_job_id": 32, "het_job_offset": 1}

    assert str(parse_squeue_json(queue(part))[0].id) == "32+1"


def test_an_answer_with_errors_is_no_answer_although_it_ended_with_0():
    munge = next(each for each in of("squeue --json", "munge_down") if each.exit_code == 0)

    with pytest.raises(QueryFailed, match="squeue --json answers with an error"):
        parse_squeue_json(munge.stdout)


@pytest.mark.parametrize(
    "answer",
    [
        each
        for each in answers()
        if each.command in PARSERS and "json" in each.command and each.stdout and not each.exit_code
    ],
    ids=lambda each: each.place,
)
def test_every_recorded_document_is_read_or_is_an_error_that_it_tells(answer):
    document = json.loads(answer.stdout)
    if "jobs" not in document:
        return
    if document["errors"]:
        with pytest.raises(QueryFailed):
            PARSERS[answer.command](answer)
        return
    rows = PARSERS[answer.command](answer)

    assert len(rows) == len(document["jobs"])
    assert JobState.UNKNOWN not in {row.state.means for row in rows}


def test_the_document_and_the_table_of_the_accounting_agree_but_for_exit_codes():
    table = accounting("out_of_memory", "step.")[0]
    document = parse_sacct_json(answer("out_of_memory", "step.sacct_json").stdout)[0]

    assert (str(document.id), document.state.base, document.name) == (str(table.id), table.state.base, table.name)
    assert document.derived_exit == table.derived_exit
    assert (document.elapsed, document.nodes, document.max_rss) == (table.elapsed, table.nodes, table.max_rss)
    assert [(str(each.id), each.state.native, each.max_rss) for each in document.steps] == [
        (str(each.id), each.state.native, each.max_rss) for each in table.steps
    ]


def test_an_exit_code_of_0_beside_a_failure_is_a_lie_of_old_versions_and_left_out():
    document = parse_sacct_json(answer("failed", "exit_3.sacct_json").stdout)[0]

    assert (document.state.base, document.exit, document.steps[0].exit) == ("FAILED", None, None)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ({"id": "45.batch", "name": "batch"}, "44_1.batch"),
        ({"id": {"job_id": 45, "step_id": "batch"}, "name": "batch"}, "44_1.batch"),
        ({"id": {"job_id": 45, "step_id": "0"}, "name": "sh"}, "44_1.0"),
        ({"job_id": 45, "id": 0, "name": "sh"}, "44_1.0"),
        ({"job_id": 45, "id": "BATCH", "name": "batch"}, "44_1.batch"),
    ],
)
def test_a_step_is_named_in_several_ways(said, step):
    job = {
        "job_id": 45,
        "array": {"job_id": 44, "task_id": set_to(1), "task": ""},
        "state": {"current": ["COMPLETED"], "reason": "None"},
        "steps": [{"step": said, "state": ["OUT_OF_MEMORY"]}],
    }

    row = parse_sacct_json(queue(job))[0]
    assert [str(each.id) for each in row.failed_steps] == [step]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"jobs": {}}',
        b'{"jobs": [1]}',
        b'{"jobs": [{}]}',
        b"[" * 100_000,
        queue(OLD)[:-3],
        queue(OLD | {"job_id": "45"}),
        queue(OLD | {"job_id": -1}),
        queue(OLD | {"job_id": 10**40}),
        queue(OLD | {"job_state": None}),
        queue(OLD | {"job_state": 3}),
        queue(OLD | {"submit_time": "today"}),
        queue(OLD | {"array_task_id": None, "array_task_string": "a b"}),
    ],
)
def test_what_is_no_such_document_is_refused(source):
    for parse in (parse_squeue_json, parse_sacct_json):
        with pytest.raises(ParseError):
            parse(source)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["RUNNING", "5.batch"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["set", "number", "infinite", "return_code", "signal", "id", "current"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*OLD, "state", "time", "array", "het", "steps"], VALUES)))
def test_any_values_are_rows_or_a_parse_error(job):
    for parse in (parse_squeue_json, parse_sacct_json):
        try:
            rows = parse(queue({"job_id": 7, "job_state": "RUNNING", "state": {"current": "RUNNING"}} | job))
        except ParseError:
            continue
        assert isinstance(rows[0], JobRow)
