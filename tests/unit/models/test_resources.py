"""Durations and amounts of memory, in the forms that Slurm documents."""

from __future__ import annotations

import pytest

from autolab_core.models.resources import Duration, Memory

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30 * MINUTE),
        (30, 30 * MINUTE),
        ("90", 90 * MINUTE),
        ("1:30", MINUTE + 30),
        ("90:00", 90 * MINUTE),
        ("00:50:00", 50 * MINUTE),
        ("100:00:00", 100 * HOUR),
        ("0:00:01", 1),
        ("1-0", DAY),
        ("1-12", DAY + 12 * HOUR),
        ("1-12:30", DAY + 12 * HOUR + 30 * MINUTE),
        ("2-00:00:05", 2 * DAY + 5),
        ("UNLIMITED", None),
        ("INFINITE", None),
    ],
)
def test_every_form_that_slurm_documents_is_read(text, seconds):
    assert Duration.parse(text).seconds == seconds


@pytest.mark.parametrize(
    "text",
    ["", "0", "00:00:00", "0-0", "1:60", "1:2:60", "1-24", "1-", "-1", "1h", "1:2:3:4", " 1", "1\n", "٣", "unlimited",
     "1.5", 0, -1, True, 10**10],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match="is not a duration: write minutes"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "written"), [("30", "00:30:00"), ("1-2", "1-02:00:00"), ("90:00", "01:30:00"), ("INFINITE", "UNLIMITED")]
)
def test_a_duration_is_written_as_slurm_prints_it(text, written):
    assert str(Duration.parse(text)) == written


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1024**2),
        (4096, 4096 * 1024**2),
        ("512K", 512 * 1024),
        ("4096M", 4096 * 1024**2),
        ("16G", 16 * 1024**3),
        ("64GB", 64 * 1024**3),
        ("64gb", 64 * 1024**3),
        ("2T", 2 * 1024**4),
    ],
)
def test_memory_is_read_in_powers_of_1024_and_a_bare_number_is_mib(text, size):
    assert Memory.parse(text).bytes == size


@pytest.mark.parametrize(
    "text", ["", "0", "0G", "00GB", "1P", "1 G", "1.5G", "-1", "G", "1B", "1G\n", "٣", 0, -1, True]
)
def test_what_is_no_amount_of_memory_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match="is not an amount of memory: write 16G"):
        Memory.parse(text)


@pytest.mark.parametrize(
    ("text", "written"), [("64GB", "64G"), ("1536", "1536M"), ("1048576K", "1G"), ("1K", "1K"), ("1024G", "1T")]
)
def test_memory_is_written_in_the_shortest_exact_form(text, written):
    assert str(Memory.parse(text)) == written
