"""How far a transfer is, told from several threads at a time; and doing the parts of one, a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final, Self, TypeVar

__all__ = ["AT_A_TIME", "Count", "Part", "Progress", "few_at_a_time"]

# What is on its way, how many bytes of it are done, and how many there are.
Progress = Callable[[str, int, int], None]

# More would need more memory, and what a storage gives to one client is used up by then.
AT_A_TIME: Final = 4
_T = TypeVar("_T")
_Found = TypeVar("_Found")


class Count:
    """*total* bytes of *what*. *progress* is called by one thread at a time."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress, self._what, self._total, self._done = progress, what, total, 0
        self._turn = threading.Lock()
        progress(what, 0, total)

    def add(self, size: int) -> None:
        """*size* bytes more are done; a negative size takes back what has to be done again."""
        with self._turn:
            self._done += size
            self._progress(self._what, self._done, self._total)


class Part:
    """*size* bytes of *count*, which come bit by bit. A context that ends well was all of them."""

    def __init__(self, count: Count, size: int) -> None:
        self._count, self._size, self._done = count, size, 0
        self._turn = threading.Lock()

    def __call__(self, size: int) -> None:
        """*size* bytes more, as a client library tells them: it may begin again, and then takes some back."""
        with self._turn:
            size = max(-self._done, min(size, self._size - self._done))
            self._done += size
            if size:
                self._count.add(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self(self._size)


def few_at_a_time(work: Callable[[_T], _Found], each: Iterable[_T]) -> Iterator[_Found]:
    """What *work* gives for each, in their order. The first fault is raised, and nothing is begun after it."""
    source = iter(each)
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="transfer") as pool:
        waiting = [pool.submit(work, one) for one in islice(source, AT_A_TIME)]
        try:
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(work, one) for one in islice(source, 1)]
        finally:
            pool.shutdown(cancel_futures=True)
