"""Real answers of Slurm 22.05.8 as rows, and garbage as ParseError."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.argv import ACCOUNTING_FIELDS, QUEUE_FIELDS, SEPARATOR
from autolab_core.schedulers.slurm.parse.document import parse_sacct_json, parse_squeue_json
from autolab_core.schedulers.slurm.parse.rows import ExitStatus, JobRow
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.scontrol import parse_config, parse_jobs, parse_version
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.vocab.errors import ParseError
from autolab_core.vocab.jobs import JobState
from tests.unit.schedulers.slurm.recorded import accounting, answer, of, shown

PARSERS = [parse_squeue, parse_sacct, parse_jobs, parse_squeue_json, parse_sacct_json, parse_config, parse_version]
ROW = dict.fromkeys(QUEUE_FIELDS, "") | {"JobArrayID": "7", "JobID": "7", "State": "RUNNING", "exit_code": "0"}


def queue_line(**changes):
    return (SEPARATOR.join((ROW | changes).values()) + SEPARATOR + "\n").encode()


def states(row):
    return {str(step.id): step.state.native for step in (row, *row.steps)}


@pytest.mark.parametrize(
    "answer",
    [each for each in of("sacct") if each.exit_code == 0 and "-V" not in each.argv],
    ids=lambda each: each.place,
)
def test_every_recorded_table_of_sacct_is_read_whole(answer):
    lines = answer.stdout.decode().splitlines()
    rows = parse_sacct(answer.stdout)

    assert sum(1 + len(row.steps) for row in rows) == len(lines) - 1
    assert JobState.UNKNOWN not in {each.state.means for row in rows for each in (row, *row.steps)}


@pytest.mark.parametrize(
    "answer", [each for each in of("scontrol show job") if each.exit_code == 0], ids=lambda each: each.place
)
def test_every_recorded_block_of_scontrol_is_read(answer):
    rows = parse_jobs(answer.stdout)

    assert len(rows) == len(re.findall(rb"^JobId=", answer.stdout, re.MULTILINE))
    assert JobState.UNKNOWN not in {row.state.means for row in rows}


@pytest.mark.parametrize(
    ("case", "prefix", "native", "means", "status", "batch"),
    [
        ("completed", "", "COMPLETED", JobState.COMPLETED, "0:0", "COMPLETED"),
        ("failed", "exit_3.", "FAILED", JobState.FAILED, "3:0", "FAILED"),
        ("killed_by_signal", "KILL.", "FAILED", JobState.FAILED, "0:9", "CANCELLED"),
        ("timeout", "", "TIMEOUT", JobState.TIMEOUT, "0:0", "CANCELLED"),
        ("cancelled_running", "", "CANCELLED", JobState.CANCELLED, "0:0", "CANCELLED"),
        ("out_of_memory", "job.", "OUT_OF_MEMORY", JobState.FAILED, "0:125", "OUT_OF_MEMORY"),
        ("node_fail", "", "NODE_FAIL", JobState.FAILED, "0:0", "CANCELLED"),
        ("boot_fail", "", "BOOT_FAIL", JobState.FAILED, "1:0", "CANCELLED"),
        ("preempted_cancel", "", "PREEMPTED", JobState.FAILED, "0:0", "CANCELLED"),
    ],
)
def test_what_the_accounting_says_of_each_end(case, prefix, native, means, status, batch):
    row = accounting(case, prefix)[-1]

    assert (row.state.native, row.state.means, str(row.exit)) == (native, means, status)
    assert row.steps[0].id.step == "batch"
    assert row.steps[0].state.native == batch


@pytest.mark.parametrize(
    ("case", "prefix", "native", "status", "reason"),
    [
        ("completed", "", "COMPLETED", "0:0", ""),
        ("failed", "exit_3.", "FAILED", "3:0", "NonZeroExitCode"),
        ("killed_by_signal", "child.", "FAILED", "137:0", "NonZeroExitCode"),
        ("timeout", "", "TIMEOUT", "0:15", "TimeLimit"),
        ("deadline", "", "DEADLINE", "0:1", "DeadLine"),
        ("held", "", "PENDING", "None", "JobHeldUser"),
        ("special_exit", "", "SPECIAL_EXIT", "0:0", "job_requeued_in_held_state"),
        ("dependency_never_satisfied", "cancelled.", "CANCELLED", "0:0", "DependencyNeverSatisfied"),
    ],
)
def test_what_scontrol_says_of_a_job(case, prefix, native, status, reason):
    row = shown(case, prefix)[0]

    assert (row.state.native, str(row.exit), row.reason) == (native, status, reason)


def test_a_step_that_ran_out_of_memory_is_seen_in_a_job_that_completed():
    row = accounting("out_of_memory", "step.")[0]

    assert row.state.means is JobState.COMPLETED
    assert [(str(step.id), step.state.native, str(step.exit)) for step in row.failed_steps] == [
        (f"{row.id}.0", "OUT_OF_MEMORY", "0:125")
    ]
    assert row.derived_exit == ExitStatus(0, 125)
    assert row.max_rss == 3268608


def test_a_failed_step_is_seen_in_a_job_that_completed():
    row = accounting("failed_step")[0]

    assert [(step.id.step, str(step.exit)) for step in row.failed_steps] == [("0", "5:0")]


def test_the_tasks_of_an_array_are_rows_of_their_own():
    rows = accounting("array_partial")

    assert {row.id.task: row.state.means for row in rows} == {
        "1": JobState.FAILED,
        "2": JobState.COMPLETED,
        "3": JobState.FAILED,
        "4": JobState.COMPLETED,
    }
    assert all(row.steps[0].id.whole == row.id for row in rows)


def test_a_row_may_stand_for_many_tasks():
    assert [str(row.id) for row in accounting("array_throttled")] == ["50_1", "50_[2-20%1]"]
    assert [str(row.id) for row in shown("array_throttled", "some_cancelled.")] == ["50_[2-4,6,9-20%1]", "50_1"]


def test_the_attempts_of_a_requeued_job_are_rows_of_one_id():
    rows = accounting("requeued")

    assert len({str(row.id) for row in rows}) == 1
    assert [row.state.native for row in rows] == ["REQUEUED", "PENDING"]
    assert {row.state.means for row in rows} == {JobState.PENDING}


def queued(case, prefix=""):
    (row,) = parse_squeue(answer(case, f"{prefix}squeue").stdout)
    return row


def test_squeue_answers_with_eight_bits_and_times_without_a_zone():
    failed, held, running = queued("failed", "exit_200."), queued("held"), queued("cancelled_running", "running.")
    submitted, ended = (float(field) for field in answer("failed", "exit_200.squeue").stdout.split(b"\x1f")[6:10:3])

    assert (failed.state.means, failed.exit, failed.reason) == (JobState.FAILED, ExitStatus(200), "NonZeroExitCode")
    assert failed.submitted == datetime.fromtimestamp(submitted, UTC)
    assert failed.ended == datetime.fromtimestamp(ended, UTC)
    assert (held.state.means, held.exit, held.started, held.limit) == (JobState.PENDING, None, None, Duration(None))
    assert (running.state.means, running.exit, running.ended) == (JobState.RUNNING, None, None)
    assert running.limit == Duration(365 * 24 * 3600)


def test_sacct_gives_seven_bits_of_the_same_exit_code():
    failed, step = accounting("failed", "exit_200.")[0], accounting("failed_step")[0]

    assert failed.exit == ExitStatus(72)
    assert failed.ended == queued("failed", "exit_200.").ended
    assert accounting("cancelled_running", "running.")[0].exit is None
    assert list(states(step).values()) == ["COMPLETED", "COMPLETED", "FAILED", "COMPLETED"]


def test_a_heterogeneous_job_has_one_id_in_every_command():
    for step, parse in (("squeue", parse_squeue), ("sacct", parse_sacct), ("scontrol", parse_jobs)):
        ids = [str(row.id) for row in parse(answer("heterogeneous", step).stdout)]
        assert ids == ["52+0", "52+1"]


def test_what_is_gone_gives_no_rows_and_is_no_parse_error():
    assert parse_squeue(answer("unknown_id", "two_unknown.squeue").stdout) == ()
    assert parse_sacct(answer("unknown_id", "sacct").stdout) == ()


def test_the_configuration_says_how_long_jobs_are_remembered():
    config = parse_config(answer("versions", "config").stdout)

    assert (config.cluster, config.version, config.accounting) == ("c1", (22, 5, 8), True)
    assert (config.min_job_age, config.message_timeout) == (Duration(300), Duration(10))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("slurm 23.11.4", (23, 11, 4)),
        ("slurm-wlm 22.05.8\n", (22, 5, 8)),
        ("slurm 24.05.1-2", (24, 5, 1)),
        ("slurm 20.02", (20, 2, 0)),
    ],
)
def test_a_version_compares(text, version):
    assert parse_version(text.encode()) == version


@pytest.mark.parametrize("command", ["squeue", "sacct"])
@pytest.mark.parametrize("keep", [1, 5, 40, 90, -1, -2, -20])
def test_an_answer_that_was_cut_off_never_looks_as_if_a_job_were_gone(command, keep):
    parse = {"squeue": parse_squeue, "sacct": parse_sacct}[command]
    whole = answer("array_throttled", command).stdout
    first = whole[: whole.index(b"\n") + 1] if command == "squeue" else whole

    with pytest.raises(ParseError):
        parse(first[:keep])


def test_a_row_with_a_field_too_many_is_named():
    with pytest.raises(ParseError, match=r"has 17 fields, not 16"):
        parse_squeue(queue_line(Name=f"a{SEPARATOR}b"))
    with pytest.raises(ParseError, match=r"squeue: "):
        parse_squeue(queue_line()[:-1] + b"more\n")
    with pytest.raises(ParseError, match=r"has 3 fields, not 2"):
        parse_sacct(b"JobID|State\n7|RUNNING|more\n", "|")
    head = SEPARATOR.join(ACCOUNTING_FIELDS)
    with pytest.raises(ParseError, match=r"'7' has 1 fields, not 19"):
        parse_sacct(f"{head}\n7\n".encode())


def test_a_line_of_a_site_among_the_rows_of_squeue_is_not_passed_over():
    with pytest.raises(ParseError):
        parse_squeue(b"Welcome\n" + queue_line())


def test_a_line_of_a_site_above_the_header_of_sacct_is_passed_over():
    head = SEPARATOR.join(("JobID", "State"))

    assert [str(row.id) for row in parse_sacct(f"Welcome\n{head}\n7{SEPARATOR}RUNNING\n".encode())] == ["7"]


def test_a_step_without_its_job_is_refused():
    with pytest.raises(ParseError, match=r"8\.batch stands below another job"):
        parse_sacct(b"JobID|State\n7|RUNNING\n8.batch|RUNNING\n", "|")


@pytest.mark.parametrize(
    "changes",
    [
        {"JobArrayID": "x"},
        {"exit_code": "-1"},
        {"StartTime": "yesterday"},
        {"TimeLimit": "long"},
        {"RestartCnt": "1.5"},
        {"SubmitTime": "1e9"},
    ],
)
def test_a_value_that_is_none_is_named(changes):
    with pytest.raises(ParseError, match=r"squeue|job id"):
        parse_squeue(queue_line(**changes))


def test_a_time_of_day_without_a_zone_is_no_time():
    assert parse_squeue(queue_line(SubmitTime="2026-11-22T00:01:36"))[0].submitted is None


def test_a_start_or_an_end_that_is_only_expected_is_left_out():
    pending = parse_squeue(queue_line(State="PENDING", StartTime="1795324981"))[0]
    running = parse_squeue(queue_line(StartTime="1795324981", EndTime="1795399999"))[0]

    assert (pending.started, running.ended) == (None, None)
    assert running.started is not None


def test_a_name_cannot_pass_for_another_key_of_scontrol():
    block = "JobId=7 JobName=x JobState=COMPLETED ExitCode=0:0\n   JobState=FAILED Reason=None Dependency=(null)\n"

    row = parse_jobs(block.encode())[0]
    assert (row.state.native, row.name) == ("FAILED", "x JobState=COMPLETED ExitCode=0:0")


def test_a_job_on_one_line_is_read_too():
    text = answer("special_exit", "scontrol").stdout.decode()

    assert parse_jobs((" ".join(text.split()) + "\n").encode()) == shown("special_exit")


@pytest.mark.parametrize(
    "text",
    ["hello\n", "JobId=7\n", "JobId=7 JobName=x\n JobState=FAILED\n JobState=COMPLETED\n", "JobId=x\n JobState=R\n"],
)
def test_what_is_no_block_of_scontrol_is_refused(text):
    with pytest.raises(ParseError):
        parse_jobs(text.encode())


PIECES = st.sampled_from(
    [
        *(b"JobID", b"State", b"|", SEPARATOR.encode(), b"\n", b"7", b"7.batch", b"RUNNING", b"JobId=7", b" JobState="),
        *(b"=", b"{", b"}", b'"jobs"', b":", b"[", b"]", b'"job_id"', b",", b"ClusterName = x\n", b"\xff", b"slurm "),
    ]
)
GARBAGE = st.binary() | st.lists(PIECES, max_size=40).map(b"".join)


@given(GARBAGE)
def test_any_bytes_are_rows_or_a_parse_error(source):
    for parse in PARSERS:
        try:
            rows = parse(source)
        except ParseError:
            continue
        if isinstance(rows, tuple) and rows and not isinstance(rows[0], int):
            assert all(isinstance(row, JobRow) for row in rows)


@given(st.data())
def test_a_real_answer_with_a_few_bytes_changed_is_rows_or_a_parse_error(data):
    steps = ["squeue", "sacct", "scontrol", "sacct_json"]
    whole = data.draw(st.sampled_from([answer("array_throttled", step) for step in steps]))
    parse = {"squeue": parse_squeue, "sacct": parse_sacct, "sacct --json": parse_sacct_json}.get(
        whole.command, parse_jobs
    )
    source = bytearray(whole.stdout)
    for _ in range(data.draw(st.integers(1, 4))):
        source[data.draw(st.integers(0, len(source) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse(bytes(source))
    except ParseError:
        return
