"""What is suggested after a bad end, and the arithmetic that it says it was made with."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.advice.ending import advise, explain_exit
from autolab_core.advice.memory import advise_memory, suggested_memory
from autolab_core.advice.time import advise_time, suggested_time
from autolab_core.models.job import JobObservation, JobUsage
from autolab_core.models.manifest import ResourceRequest
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.jobs import JobState

MIB, GIB = 1024**2, 1024**3


@pytest.mark.parametrize(
    ("elapsed", "limit", "suggested"),
    [
        (60, 60, "00:05:00"),
        (3000, 3000, "01:15:00"),
        (3612, 3600, "01:45:00"),
        (4 * 3600, 4 * 3600, "06:00:00"),
        (5 * 3600, 5 * 3600, "08:00:00"),
        (86400, 86400, "1-12:00:00"),
        (None, 600, "00:15:00"),
        (600, None, "00:15:00"),
        (60, 3600, "01:30:00"),
    ],
)
def test_a_time_limit_is_raised_by_half_and_rounded_up_to_a_step(elapsed, limit, suggested):
    assert str(suggested_time(elapsed, limit)) == suggested
    assert f"--time={suggested}" in advise_time(elapsed, limit)


@pytest.mark.parametrize(
    ("max_rss", "requested", "suggested"),
    [
        (38 * MIB, 40 * MIB, "64M"),
        (None, 40 * MIB, "64M"),
        (700 * MIB, None, "1536M"),
        (4 * GIB, 4 * GIB, "6G"),
        (GIB, 16 * GIB, "24G"),
        (63 * GIB, 64 * GIB, "96G"),
        (70 * GIB, 64 * GIB, "112G"),
    ],
)
def test_a_memory_limit_is_raised_by_half_and_rounded_up_to_a_step(max_rss, requested, suggested):
    assert str(suggested_memory(max_rss, requested)) == suggested
    assert f"--mem={suggested}" in advise_memory(max_rss, requested)


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_a_suggested_time_is_enough_for_half_as_much_again_and_for_less_than_three_times_from_ten_minutes_on(a, b):
    suggestion = suggested_time(a, b)

    assert suggestion.seconds >= max(a, b) * 3 / 2
    assert max(a, b) < 600 or suggestion.seconds < max(a, b) * 3


@given(st.integers(1, 2**42), st.integers(1, 2**42))
def test_a_suggested_memory_is_more_by_half_and_one_that_slurm_reads_back(a, b):
    suggestion = suggested_memory(a, b)

    assert suggestion.bytes >= max(a, b) * 3 / 2
    assert Memory.parse(str(suggestion)) == suggestion


def test_without_any_figure_the_keys_to_raise_are_named():
    assert advise_time(None, None) == "raise compute.walltime_estimate in the design, or make the run shorter"
    assert advise_memory(None, None) == "raise compute.memory_estimate in the design, or let the run need less"


def test_the_arithmetic_of_a_time_out_is_in_its_words():
    assert advise_time(3612, 3600) == (
        "it ran for 01:00:12, and its limit was 01:00:00; 1.5 x 01:00:12, rounded up, is 01:45:00: set "
        "compute.walltime_estimate to 01:45:00 (--time=01:45:00), or make the run shorter; it was not done by then, so "
        "that is a lower bound"
    )


def test_a_run_that_was_ended_long_before_its_limit_had_another_one():
    assert "00:05:00 of 01:00:00: its limit had been lowered" in advise_time(300, 3600)


def test_the_arithmetic_of_too_little_memory_is_in_its_words():
    assert advise_memory(38 * MIB, 40 * MIB) == (
        "its largest step had 38M (MaxRSS), and it had asked for 40M; 1.5 x 40M, rounded up, is 64M: set "
        "compute.memory_estimate to 64M (--mem=64M), or let the run need less; it had reached for more than it got, so "
        "that is a lower bound"
    )


def test_a_peak_that_was_not_measured_is_said_to_be_none():
    assert "the peak came between two samples" in advise_memory(3 * MIB, 40 * MIB)
    assert "nobody measured" in advise_memory(None, 40 * MIB)


@pytest.mark.parametrize(
    ("code", "killed_by", "words"),
    [
        (126, None, "cannot be run"),
        (127, None, "not found"),
        (130, None, "128 \\+ 2: .* SIGINT"),
        (134, None, "SIGABRT"),
        (137, None, "128 \\+ 9: .* SIGKILL.*memory"),
        (139, None, "128 \\+ 11: .* SIGSEGV"),
        (143, None, "128 \\+ 15: .* SIGTERM"),
        (70, None, "activation block"),
        (75, None, "starts once"),
        (None, 9, "SIGKILL"),
        (0, 11, "SIGSEGV"),
        (0, 53, "never ran"),
        (None, 60, "signal 60"),
    ],
)
def test_codes_and_signals_that_say_something_are_explained(code, killed_by, words):
    assert re.search(words, explain_exit(code, killed_by))


@pytest.mark.parametrize("code", [None, 0, 1, 2, 3, 125, 128, 200, 255])
def test_codes_that_say_nothing_are_left_alone(code):
    assert explain_exit(code) == ""


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        (JobObservation(JobState.TIMEOUT, usage=JobUsage(60, 60)), "--time=00:05:00"),
        (JobObservation(JobState.TIMEOUT), "--time=00:15:00"),
        (JobObservation(JobState.FAILED, native_state="OUT_OF_MEMORY", usage=JobUsage(max_rss=3 * GIB)), "--mem=4608M"),
        (JobObservation(JobState.FAILED, native_state="OUT_OF_MEMORY"), "--mem=3G"),
        (JobObservation(JobState.FAILED, signal=125), "--mem=3G"),
        (JobObservation(JobState.FAILED, native_state="PREEMPTED"), "another job took its place"),
        (JobObservation(JobState.FAILED, native_state="NODE_FAIL"), "a node failed"),
        (JobObservation(JobState.FAILED, native_state="BOOT_FAIL"), "could not be started"),
        (JobObservation(JobState.FAILED, native_state="DEADLINE"), "deadline"),
        (JobObservation(JobState.CANCELLED, native_state="CANCELLED"), "launch again when it may run"),
        (JobObservation(JobState.FAILED, 127, native_state="FAILED"), "127.*read logs/stderr.log"),
        (JobObservation(JobState.FAILED, 3, native_state="FAILED"), "^read logs/stderr.log of the run$"),
    ],
)
def test_each_bad_end_has_its_advice(observation, words):
    request = ResourceRequest(walltime=Duration(600), memory=Memory(2 * GIB))

    assert re.search(words, advise(observation, request))


@given(
    st.builds(JobObservation, st.sampled_from(JobState), st.none() | st.integers(0, 255), signal=st.integers(0, 200))
)
def test_there_is_always_advice(observation):
    assert advise(observation)
