"""The outputs, brought to the storage while the command runs and when it has ended.

Small files go together in tars, because thousands of requests take minutes; a large one goes alone. An object's key is
its content, so a file that has not changed is sent once.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from autolab_core.cloud.runner.stores import Store, sha256_of
from autolab_core.cloud.runner.writing import digest, now

__all__ = ["SHARD_BYTES", "SMALL_BYTES", "Outputs"]

SHARD_BYTES: Final = 16 << 20
SMALL_BYTES: Final = 1 << 20
# What a tar needs for a file beside its bytes: headers, and what fills up its last block.
_HEADER_BYTES: Final = 2048


class _Stamp(NamedTuple):
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class _Sent(NamedTuple):
    stamp: _Stamp
    sha256: str
    size: int
    key: str


class Outputs:
    """What lies below *folder*, and what of it the storage has. One thread at a time may use it."""

    def __init__(self, store: Store, folder: str, key_of: Callable[[str], str]) -> None:
        """*key_of*: the key of an object, given its hash."""
        self._store, self._folder, self._key_of = store, folder, key_of
        self._sent: dict[str, _Sent] = {}
        self._objects: dict[str, dict[str, Any]] = {}
        self._left_out: dict[str, str] = {}

    def sync(self, *, go_on: Callable[[], None]) -> bool:
        """Send what is new or changed; False where nothing was. *go_on* is called before each request, and may raise.

        A file that changes while it is read is sent the next time. Raises StoreFault.
        """
        there, small, changed = set(), [], False
        for path, stamp in self._scan():
            there.add(path)
            sent = self._sent.get(path)
            if sent is not None and sent.stamp == stamp:
                continue
            if stamp.size > SMALL_BYTES:
                go_on()
                changed = self._send_alone(path, stamp) or changed
            else:
                small.append((path, stamp))
        for shard in _shards(small):
            go_on()
            changed = self._send_together(shard) or changed
        gone = self._sent.keys() - there
        for path in gone:
            del self._sent[path]
        return changed or bool(gone)

    def manifest(self, run_id: str, attempt: int, *, so_far: bool) -> dict[str, Any]:
        """What the storage has, as a document."""
        every = dict(self._sent)  # a thread that hangs in a request may wake up meanwhile
        used = sorted({sent.key for sent in every.values()})
        place = {key: number for number, key in enumerate(used)}
        return {
            "schema_version": "1.0",
            "run_id": run_id,
            "attempt": attempt,
            "at": now(),
            "so_far": so_far,
            "objects": [self._objects[key] for key in used],
            "files": [
                {"path": path, "sha256": sent.sha256, "size": sent.size, "object": place[sent.key]}
                for path, sent in sorted(every.items())
            ],
            "left_out": [f"{path}: {why}" for path, why in sorted(self._left_out.items())],
        }

    def _scan(self) -> Iterator[tuple[str, _Stamp]]:
        self._left_out = {}
        for top, folders, names in os.walk(self._folder):
            for name in [*folders, *names]:
                full = os.path.join(top, name)
                path = os.path.relpath(full, self._folder)
                try:
                    status = os.lstat(full)
                    path.encode("utf-8")
                except OSError:
                    continue  # gone meanwhile
                except UnicodeEncodeError:
                    self._left_out[path.encode("utf-8", "backslashreplace").decode()] = "its name is no UTF-8"
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield path, _Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
                elif not stat.S_ISDIR(status.st_mode):
                    link = stat.S_ISLNK(status.st_mode)
                    self._left_out[path] = "it is a symbolic link" if link else "it is neither a file nor a folder"

    def _send_alone(self, path: str, stamp: _Stamp) -> bool:
        full = os.path.join(self._folder, path)
        try:
            sha256, size = sha256_of(full)
            if _stamp(full) != stamp or size != stamp.size:
                return False
        except OSError:
            return False
        key = self._key_of(sha256)
        self._store.put_if_absent(key, full, sha256)
        if _stamp(full) != stamp:
            return False
        self._objects[key] = {"key": key, "sha256": sha256, "size": size, "tar": False}
        self._sent[path] = _Sent(stamp, sha256, size, key)
        return True

    def _send_together(self, shard: list[tuple[str, _Stamp]]) -> bool:
        packed, found = io.BytesIO(), []
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, stamp in shard:
                full = os.path.join(self._folder, path)
                try:
                    with open(full, "rb") as file:
                        data = file.read(SMALL_BYTES + 1)
                    if len(data) != stamp.size or _stamp(full) != stamp:
                        continue
                except OSError:
                    continue
                member = tarfile.TarInfo(path)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
                found.append((path, stamp, digest(data), len(data)))
        if not found:
            return False
        content = packed.getvalue()
        sha256 = digest(content)
        key = self._key_of(sha256)
        self._store.put_if_absent(key, content, sha256)
        self._objects[key] = {"key": key, "sha256": sha256, "size": len(content), "tar": True}
        for path, stamp, own, size in found:
            self._sent[path] = _Sent(stamp, own, size, key)
        return True


def _stamp(path: str) -> _Stamp:
    status = os.lstat(path)
    return _Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _shards(files: list[tuple[str, _Stamp]]) -> Iterator[list[tuple[str, _Stamp]]]:
    shard: list[tuple[str, _Stamp]] = []
    size = 0
    for path, stamp in files:
        needed = stamp.size + _HEADER_BYTES
        if shard and size + needed > SHARD_BYTES:
            yield shard
            shard, size = [], 0
        shard.append((path, stamp))
        size += needed
    if shard:
        yield shard
