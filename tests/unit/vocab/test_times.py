"""What a timestamp is: the short way for the usual spelling gives what the long way gives."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autolab_core.vocab.times import format_utc, format_utc_fine, is_timestamp, parse_timestamp

_SHAPE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt](?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?:(?P<z>[Zz])|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))",
    re.ASCII,
)


def reference(text: str) -> datetime | None:
    """RFC 3339 built from its numbers, one by one, without ``fromisoformat``."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    numbers = [int(part) for part in re.split("[-:]", f"{match['date']}-{match['time']}")]
    microsecond = int((match["fraction"] or "0").ljust(6, "0")[:6])
    try:
        zone = UTC
        if match["z"] is None:
            hours, minutes = int(match["hours"]), int(match["minutes"])
            if hours > 23 or minutes > 59:
                return None
            offset = timedelta(hours=hours, minutes=minutes)
            zone = timezone(-offset if match["sign"] == "-" else offset)
        return datetime(*numbers, microsecond, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def two(most: int) -> st.SearchStrategy[str]:
    return st.integers(0, most).map("{:02}".format)


years = st.sampled_from(["0000", "0001", "1969", "1970", "2000", "2024", "2026", "2100", "9999"])
fractions = st.sampled_from(["", "", "", ".0", ".5", ".123456", ".1234567", ".999999999", ".1234567890", "."])
zones = st.sampled_from(
    ["Z", "Z", "Z", "z", "+00:00", "-00:00", "+05:30", "-23:59", "+24:00", "+14:60", "", "+0000", "Z "]
)
near = st.builds(
    lambda *parts: "".join(parts),
    years, st.just("-"), two(13), st.just("-"), two(32), st.sampled_from("TTTtt _"), two(25), st.just(":"), two(61),
    st.just(":"), two(61), fractions, zones,
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A text near a timestamp, some of them of the length that takes the short way."""
    text = draw(near)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, max(len(text) - 1, 0)))
        text = text[:place] + draw(st.sampled_from("0123456789-:.TZtzW+ \n٣０\x00")) + text[place + 1 :]
    return text


@settings(max_examples=1500)
@given(near | damaged() | st.text(max_size=22))
@example("2026-02-01T12:00:00Z")
@example("2026-02-01t12:00:00z")
@example("2026-02-29T12:00:00Z")
@example("2026-02-01T24:00:00Z")
@example("2016-12-31T23:59:60Z")
@example("0000-01-01T00:00:00Z")
@example("0001-01-01T00:00:00+00:01")
@example("9999-12-31T23:59:59-00:01")
@example("2026-02-01T12:00:00Z\n")
@example("2026-02-01T12:00:0٣Z")
@example("2026-W05-1T12:00:00Z")
@example("2026-02-01T12:00:00ſ")
@example("2026-02-01 12:00:00Z")
@example("2026-02-01T12:00:00+00:00:30")
def test_a_text_is_the_time_that_its_numbers_say(text: str) -> None:
    found = parse_timestamp(text)

    assert found == reference(text)
    assert is_timestamp(text) is (found is not None)
    if found is not None:
        assert found.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_we_write_is_read_as_it_was_to_the_second(when: datetime) -> None:
    text = format_utc(when)

    assert parse_timestamp(text) == when.replace(microsecond=0)
    assert parse_timestamp(text.replace("Z", ".0Z")) == parse_timestamp(text) == parse_timestamp(text.lower())


def test_a_remembered_answer_is_the_first_one() -> None:
    for text in ("2026-02-01T12:00:00Z", "2026-02-30T12:00:00Z"):
        assert parse_timestamp(text) == parse_timestamp(text) == reference(text)


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, b"2026-02-01T12:00:00Z"])
def test_what_is_no_text_is_no_timestamp(value: object) -> None:
    assert not is_timestamp(value)


def test_a_fine_time_has_milliseconds_and_is_a_timestamp():
    when = datetime(2026, 2, 1, 13, 0, 0, 123999, tzinfo=timezone(timedelta(hours=1)))

    assert format_utc_fine(when) == "2026-02-01T12:00:00.123Z"
    assert is_timestamp(format_utc_fine(when))
    with pytest.raises(ValueError, match="zone"):
        format_utc_fine(datetime(2026, 2, 1))  # noqa: DTZ001 - that is the point
