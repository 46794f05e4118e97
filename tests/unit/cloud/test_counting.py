"""How far a transfer is, and doing its parts a few at a time."""

from __future__ import annotations

import threading
import time

import pytest

from autolab_core.cloud.counting import AT_A_TIME, Count, Part, few_at_a_time
from autolab_core.cloud.staging.data import stage_data
from autolab_core.cloud.storage.opening import open_storage
from tests.cloud.servers import CREDENTIALS, REGION


def test_what_has_to_be_done_again_is_taken_back_and_the_end_is_the_whole():
    seen = []
    count = Count(lambda what, done, total: seen.append((what, done, total)), "data", 100)
    with Part(count, 60) as part:
        part(50)
        part(-50)
        part(20)
        part(1000)
    with Part(count, 40):
        pass

    assert seen == [("data", done, 100) for done in (0, 50, 0, 20, 60, 100)]


def test_a_part_that_failed_is_not_done():
    seen = []
    count = Count(lambda what, done, total: seen.append(done), "data", 10)
    with pytest.raises(ValueError, match="no"), Part(count, 10):
        raise ValueError("no")

    assert seen == [0]


def test_a_few_are_done_at_a_time_and_the_answers_are_in_order():
    together = threading.Barrier(AT_A_TIME, timeout=20)
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        if number < AT_A_TIME:
            together.wait()
        time.sleep((number % 3) / 100)
        return number

    assert list(few_at_a_time(work, range(20))) == list(range(20))


def test_nothing_is_begun_after_a_fault():
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError("the second")

    with pytest.raises(ValueError, match="the second"):
        list(few_at_a_time(work, range(1000)))
    assert len(begun) <= 2 * AT_A_TIME


@pytest.mark.xdist_group("s3")
def test_a_large_file_is_told_by_its_bytes_while_it_goes_and_comes(s3_server, tmp_path, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    storage = open_storage(f"s3://{s3_server.bucket('counting')}/lab?region={REGION}&endpoint={s3_server.url}")
    (tmp_path / "data").mkdir()
    size = 40 << 20
    (tmp_path / "data" / "large.bin").write_bytes(bytes(size))
    seen: list[int] = []
    folder = stage_data(storage, tmp_path, "data", (), lambda what, done, total: seen.append(done))
    come: list[int] = []
    storage.get_to(f"blobs/{folder.objects[0].sha256}", tmp_path / "back", come.append)

    assert (seen[0], seen[-1], max(seen)) == (0, size, size)
    assert len(seen) > 10
    assert (sum(come), len(come) > 10) == (size, True)
