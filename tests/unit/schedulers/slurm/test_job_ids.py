"""Ids of jobs: read, written, spread out, and found in what sbatch prints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.schedulers.slurm.job_ids import JobId, parse_id, submitted_id, tasks_of
from autolab_core.vocab.errors import ParseError

NUMBERS = st.integers(0, 4_294_967_295).map(str)
JOBS = st.integers(1, 4_294_967_295).map(str)
RANGES = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda two: f"{two[0]}-{two[0] + two[1]}")
LISTS = st.lists(NUMBERS | RANGES, min_size=1, max_size=5).map(",".join)
TASKS = st.just("") | NUMBERS | LISTS.map("[{}]".format) | LISTS.map("[{}%2]".format)
STEPS = st.sampled_from(["", "0", "17", "batch", "extern", "interactive", "0+1", "TBD"])
CLUSTERS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,20}\Z")


@given(JOBS, TASKS, st.just("") | NUMBERS, STEPS, st.just("") | CLUSTERS)
def test_what_is_written_is_read_back(job, task, part, step, cluster):
    identifier = JobId(job, task, part, step, cluster)

    assert parse_id(identifier.full) == identifier
    assert parse_id(str(identifier)) == identifier._replace(cluster="")


@given(st.text())
def test_any_text_is_an_id_that_is_written_as_it_was_or_a_parse_error(text):
    try:
        identifier = parse_id(text)
    except ParseError:
        return
    assert identifier.full == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("123", ("123", "", "", "", "")),
        ("123;c1", ("123", "", "", "", "c1")),
        ("123_4", ("123", "4", "", "", "")),
        ("123_0.batch", ("123", "0", "", "batch", "")),
        ("123_[1-10%2,15]", ("123", "[1-10%2,15]", "", "", "")),
        ("36_[7-28:3%2]", ("36", "[7-28:3%2]", "", "", "")),
        ("123+1", ("123", "", "1", "", "")),
        ("123+1.0", ("123", "", "1", "0", "")),
        ("123.extern", ("123", "", "", "extern", "")),
    ],
)
def test_the_parts_of_an_id(text, parts):
    assert tuple(parse_id(text)) == parts
    assert all(isinstance(part, str) for part in parse_id(text))


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "0123", "1 2", "1\n", "1;", "1; rm -rf", "1_", "1_[", "1_[]", "1.", "1.foo", "١", "1_-1", "9" * 11],
)
def test_what_is_no_id_is_refused(text):
    with pytest.raises(ParseError):
        parse_id(text)


def test_a_step_knows_its_job():
    assert str(parse_id("123_4.batch").whole) == "123_4"


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("36_[0-3]", "36_0 36_1 36_2 36_3"),
        ("44_[2-4,6,9-11%1]", "44_2 44_3 44_4 44_6 44_9 44_10 44_11"),
        ("36_[7-16:3%2]", "36_7 36_10 36_13 36_16"),
        ("36_5", "36_5"),
        ("36", "36"),
        ("36_[5-4]", ""),
    ],
)
def test_a_list_of_tasks_is_spread_out(text, tasks):
    assert " ".join(str(each) for each in tasks_of(parse_id(text))) == tasks


@pytest.mark.parametrize("text", ["36_[1,3,5,...]", "36_[1-...]", "36_*", "36_[--]", "36_[1,,2]", "36_[%2]"])
def test_a_list_that_was_cut_short_or_is_none_is_refused_before_its_first_task(text):
    with pytest.raises(ParseError, match=r"cut short|cannot be read"):
        tasks_of(parse_id(text))


def test_a_list_is_spread_out_lazily_and_not_without_end():
    endless = parse_id("1_[0-4294967294]")

    assert str(next(iter(tasks_of(endless)))) == "1_0"
    with pytest.raises(ParseError, match="more than 3 tasks"):
        list(tasks_of(endless, 3))


@pytest.mark.parametrize(
    ("stdout", "full"),
    [
        ("123\n", "123"),
        ("1;c1\n", "1;c1"),
        ("Submitted batch job 5\n", "5"),
        ("Submitted batch job 2 on cluster c1\n", "2;c1"),
        ("Welcome to the cluster\n\n  your quota: 42 of 100 GB\n77\n", "77"),
        ("77;east-2\n-- 12 credits left --\n", "77;east-2"),
        ("sbatch: checking\nsbatch: Submitted batch job 9\n", "9"),
        ("7\r\n", "7"),
        ("7\n7\n", "7"),
    ],
)
def test_the_id_is_found_in_what_sbatch_and_the_site_print(stdout, full):
    assert submitted_id(stdout).full == full


@pytest.mark.parametrize("stdout", ["", "\n", "hello", "12 13", "job 12", "Submitted batch job", "0", "12.batch"])
def test_no_id_is_not_an_id(stdout):
    with pytest.raises(ParseError, match="no job id"):
        submitted_id(stdout)


def test_two_ids_are_not_one():
    with pytest.raises(ParseError, match="several job ids: 12, 13;c1"):
        submitted_id("12\n13;c1\n")
