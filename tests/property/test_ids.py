"""Ids and relative paths stay where they are put; times are one thing to everybody."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.ids import ID_MAX, ID_PATTERN, check_id, id_problem, placeholder_in
from autolab_core.vocab.paths import check_relative, relative_problem
from autolab_core.vocab.times import format_utc, is_timestamp, parse_timestamp

GOOD_IDS = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}\Z")
NASTY = st.sampled_from(["/", "\\", "..", ".", "\x00", "\n", "-", "~", "<RUN_ID>", "{{run_id}}", "a", "é", " ", "${x}"])
TEXTS = st.text() | st.lists(NASTY, max_size=6).map("".join)


@given(GOOD_IDS)
def test_an_id_of_letters_digits_and_marks_is_accepted_and_unchanged(text):
    assert check_id("run id", text) == text


@given(TEXTS)
@example("a\n")
@example("٣")
@example("a" * (ID_MAX + 1))
def test_what_is_accepted_is_a_plain_name_of_a_file_and_one_shell_word(text):
    if id_problem(text) is not None:
        return
    assert re.match(ID_PATTERN, text)
    assert text.isascii()
    assert len(text) <= ID_MAX
    assert os.path.normpath(os.path.join("/runs", text)) == f"/runs/{text}"
    assert not text.startswith(("-", "."))


@given(TEXTS)
def test_a_refusal_names_what_was_refused_and_why(text):
    problem = id_problem(text)
    if problem is None:
        return
    with pytest.raises(UsageError) as caught:
        check_id("run id", text)
    assert str(caught.value) == f"run id {text!r} is refused: {problem}"


@given(TEXTS)
@example("a/../../b")
@example("a/..")
@example("..")
def test_a_relative_path_that_is_accepted_stays_below_its_folder(text):
    if relative_problem(text) is not None:
        return
    assert check_relative("input", text) == text
    assert os.path.commonpath(["/repo", os.path.normpath(os.path.join("/repo", text))]) == "/repo"


@given(st.sampled_from(["<RUN_ID>", "<ITERATION_ID>", "<run_id>", "{{run_id}}", "{{ x }}", "{{}}"]), GOOD_IDS)
def test_a_literal_that_a_template_left_behind_is_found_wherever_it_stands(literal, text):
    assert placeholder_in(f"{text}{literal}{text}") == literal
    assert id_problem(f"{text}{literal}") == f"it holds the unresolved placeholder {literal}"
    assert relative_problem(f"{text}/{literal}/x") is not None


@given(GOOD_IDS)
def test_an_id_holds_no_placeholder(text):
    assert placeholder_in(text) is None


AWARE = st.datetimes(
    min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)  # noqa: DTZ001
).map(lambda moment: moment.replace(microsecond=0))  # fmt: skip


@given(AWARE, st.integers(-1439, 1439))
def test_a_time_is_written_in_utc_and_reads_back_as_the_same_moment(moment, minutes):
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))

    assert parse_timestamp(format_utc(elsewhere)) == moment
    assert format_utc(elsewhere).endswith("Z")


@given(AWARE, st.integers(-1439, 1439), st.integers(0, 999_999))
def test_every_offset_and_fraction_is_read(moment, minutes, microsecond):
    precise = moment.replace(microsecond=microsecond).astimezone(timezone(timedelta(minutes=minutes)))

    assert parse_timestamp(precise.isoformat()) == precise


@given(st.text())
@example("2026-02-01T12:00:00")
@example("2026-02-30T12:00:00Z")
@example("2026-02-01 12:00:00Z")
@example("2026-02-01T12:00:60Z")
@example("2026-02-01T12:00:00Z\n")
@example("٢٠٢٦-02-01T12:00:00Z")
@example("0001-01-01T00:00:00+23:59")
def test_any_text_is_a_time_or_none_and_never_an_error(text):
    found = parse_timestamp(text)

    assert is_timestamp(text) == (found is not None)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("value", [None, 5, True, b"2026-02-01T12:00:00Z", datetime.now(UTC)])
def test_only_text_is_a_timestamp(value):
    assert not is_timestamp(value)


def test_a_time_without_a_zone_cannot_be_written():
    with pytest.raises(ValueError, match="without a zone"):
        format_utc(datetime(2026, 2, 1))  # noqa: DTZ001
