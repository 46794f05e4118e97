"""Small files together in tars, because thousands of requests take minutes.

So the runner brings outputs away, and so the staging sends data.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

__all__ = ["SHARD_BYTES", "SMALL_BYTES", "is_small", "shards", "tar_of"]

SHARD_BYTES: Final = 16 << 20
SMALL_BYTES: Final = 1 << 20
# What a tar needs for a file beside its bytes: headers, and what fills up its last block.
_HEADER_BYTES: Final = 2048

_T = TypeVar("_T")


def is_small(size: int) -> bool:
    """Whether a file of *size* bytes goes together with others; a large one goes alone."""
    return size <= SMALL_BYTES


def shards(files: Iterable[_T], size_of: Callable[[_T], int]) -> Iterator[list[_T]]:
    """The small *files* in their order, as many together as make up a tar of about ``SHARD_BYTES``."""
    shard: list[_T] = []
    size = 0
    for each in files:
        needed = size_of(each) + _HEADER_BYTES
        if shard and size + needed > SHARD_BYTES:
            yield shard
            shard, size = [], 0
        shard.append(each)
        size += needed
    if shard:
        yield shard


def tar_of(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """The tar of *members* and their contents, in their order. Its bytes depend on nothing else: the same files make
    the same object, whoever packs them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
