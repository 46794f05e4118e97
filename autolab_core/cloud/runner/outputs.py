"""The outputs, brought to the storage while the command runs and when it has ended: small files together, a large one
alone. An object's key is its content, so a file that has not changed is sent once."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from autolab_core.cloud.runner.shards import SMALL_BYTES, is_small, shards, tar_of
from autolab_core.cloud.runner.stores import Store, sha256_of
from autolab_core.cloud.runner.unpack import result_problem
from autolab_core.cloud.runner.writing import digest, now

__all__ = ["Outputs"]


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
            if is_small(stamp.size):
                small.append((path, stamp))
            else:
                go_on()
                changed = self._send_alone(path, stamp) or changed
        for shard in shards(small, lambda file: file[1].size):
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
                except OSError:
                    continue  # gone meanwhile
                if stat.S_ISDIR(status.st_mode):
                    continue
                if stat.S_ISLNK(status.st_mode):
                    self._left_out[_shown(path)] = "it is a symbolic link"
                elif not stat.S_ISREG(status.st_mode):
                    self._left_out[_shown(path)] = "it is neither a file nor a folder"
                elif problem := result_problem(path):
                    self._left_out[_shown(path)] = problem
                else:
                    yield path, _Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

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
        found: list[tuple[str, _Stamp, str, int]] = []

        def members() -> Iterator[tuple[tarfile.TarInfo, bytes]]:
            for path, stamp in shard:
                data = self._read(path, stamp)
                if data is not None:
                    found.append((path, stamp, digest(data), len(data)))
                    yield tarfile.TarInfo(path), data

        content = tar_of(members())
        if not found:
            return False
        sha256 = digest(content)
        key = self._key_of(sha256)
        self._store.put_if_absent(key, content, sha256)
        self._objects[key] = {"key": key, "sha256": sha256, "size": len(content), "tar": True}
        for path, stamp, own, size in found:
            self._sent[path] = _Sent(stamp, own, size, key)
        return True

    def _read(self, path: str, stamp: _Stamp) -> bytes | None:
        """What the small file has; None where it is not what it was."""
        full = os.path.join(self._folder, path)
        try:
            with open(full, "rb") as file:
                data = file.read(SMALL_BYTES + 1)
            return data if len(data) == stamp.size and _stamp(full) == stamp else None
        except OSError:
            return None


def _shown(path: str) -> str:
    """*path* in one line of text, whatever its name holds."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path)


def _stamp(path: str) -> _Stamp:
    status = os.lstat(path)
    return _Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
