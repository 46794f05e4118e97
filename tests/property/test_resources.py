"""Durations and memory: what is written reads back, in every form there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.resources import Duration, Memory

SECONDS = st.integers(1, 999_999 * 86400)
UNITS = {"": 1024**2, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


@given(SECONDS)
def test_a_duration_reads_back_from_what_it_prints(seconds):
    assert Duration.parse(str(Duration(seconds))) == Duration(seconds)


def test_no_limit_reads_back_too():
    assert Duration.parse(str(Duration(None))) == Duration(None)


@given(st.integers(0, 9999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.booleans())
def test_the_six_forms_say_the_same_time(days, hours, minutes, seconds, padded):
    width = "02d" if padded else "d"
    h, m, s = (format(each, width) for each in (hours, minutes, seconds))
    forms = {
        f"{minutes}": minutes * 60,
        f"{minutes}:{s}": minutes * 60 + seconds,
        f"{hours}:{m}:{s}": hours * 3600 + minutes * 60 + seconds,
        f"{days}-{h}": days * 86400 + hours * 3600,
        f"{days}-{h}:{m}": days * 86400 + hours * 3600 + minutes * 60,
        f"{days}-{h}:{m}:{s}": days * 86400 + hours * 3600 + minutes * 60 + seconds,
    }
    for text, expected in forms.items():
        if expected:
            assert Duration.parse(text).seconds == expected
        else:  # to Slurm, nothing but zeros means "no limit"
            with pytest.raises(ValueError, match="is not a duration"):
                Duration.parse(text)


@given(st.text() | st.integers() | st.from_regex(r"[0-9:-]{0,12}"))
def test_anything_is_a_positive_duration_or_refused(value):
    try:
        seconds = Duration.parse(value).seconds
    except ValueError:
        with pytest.raises(ValueError, match=r"write minutes \(30\), M:S"):
            Duration.parse(value)
    else:
        assert seconds is None or seconds > 0


@given(st.integers(1, 10**12 - 1), st.sampled_from(sorted(UNITS)), st.sampled_from(["", "B", "b"]), st.booleans())
def test_memory_reads_back_from_what_it_prints(count, unit, suffix, lower):
    suffix = suffix if unit else ""
    text = f"{count}{unit.lower() if lower else unit}{suffix}"
    found = Memory.parse(text)

    assert found.bytes == count * UNITS[unit]
    assert Memory.parse(str(found)) == found


@given(st.text() | st.integers() | st.from_regex(r"[0-9]{0,4}[KMGTPB ]{0,3}"))
def test_anything_is_a_positive_amount_of_memory_or_refused(value):
    try:
        size = Memory.parse(value).bytes
    except ValueError:
        with pytest.raises(ValueError, match="is not an amount of memory"):
            Memory.parse(value)
    else:
        assert size > 0
