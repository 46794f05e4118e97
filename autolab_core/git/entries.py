"""What a tree, an index and a folder hold: mode and blob id by path, the contents on disk hashed here."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Final, NamedTuple

from autolab_core.vocab.errors import StoreError

__all__ = ["SUBMODULE", "Disk", "Entry", "blob_id", "left_out", "parse_index", "parse_tree"]

SUBMODULE: Final = "160000"
_BLOCK: Final = 1 << 20


class Entry(NamedTuple):
    """A file as git would store it; ``blob`` of a submodule is a commit."""

    mode: str
    blob: str


def parse_tree(output: bytes) -> dict[bytes, Entry]:
    """Path to entry, from the output of ``ls-tree -r -z``."""
    entries = {}
    for record in output.split(b"\0")[:-1]:
        head, path = record.split(b"\t", 1)
        mode, _kind, blob = head.decode("ascii").split(" ")
        entries[path] = Entry(mode, blob)
    return entries


def parse_index(output: bytes) -> dict[bytes, Entry]:
    """Path to entry, from the output of ``ls-files -z --stage -t``."""
    entries = {}
    for record in output.split(b"\0")[:-1]:
        head, path = record.split(b"\t", 1)
        _tag, mode, blob, merge_stage = head.decode("ascii").split(" ")
        # An unmerged path has several entries; none of them equals a commit's.
        entries[path] = Entry(mode, blob if merge_stage == "0" else f"{blob}:{merge_stage}")
    return entries


def left_out(output: bytes) -> frozenset[bytes]:
    """The paths whose index entries say that the working tree need not have them (tag ``S``)."""
    return frozenset(record.split(b"\t", 1)[1] for record in output.split(b"\0")[:-1] if record.startswith(b"S "))


def blob_id(algorithm: str, content: bytes) -> str:
    """The id of the blob *content* where *algorithm* (``sha1``, ``sha256``) names objects."""
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Disk:
    """The files below *top* as git would name them if it stored their bytes as they are."""

    def __init__(self, top: bytes, algorithm: str) -> None:
        self._top = top
        self._algorithm = algorithm
        self._links: dict[bytes, bool] = {b"": False}

    def entry(self, path: bytes) -> Entry | None:
        """The file at *path*; None when it is not there, or only behind a link."""
        if self._behind_a_link(os.path.dirname(path)):
            return None
        full = os.path.join(self._top, path)
        try:
            status = os.lstat(full)
            if stat.S_ISLNK(status.st_mode):
                return Entry("120000", blob_id(self._algorithm, os.readlink(full)))
            if not stat.S_ISREG(status.st_mode):
                return Entry("other", "-")
            return Entry("100755" if status.st_mode & 0o100 else "100644", self._hash_file(full))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(os.fsdecode(full), f"cannot be read: {error.strerror}") from error

    def _behind_a_link(self, folder: bytes) -> bool:
        known = self._links.get(folder)
        if known is None:
            known = self._behind_a_link(os.path.dirname(folder)) or os.path.islink(os.path.join(self._top, folder))
            self._links[folder] = known
        return known

    def _hash_file(self, path: bytes) -> str:
        """The blob id of the file *path*, which may be larger than the memory."""
        with open(path, "rb") as file:
            digest = hashlib.new(self._algorithm, b"blob %d\0" % os.fstat(file.fileno()).st_size, usedforsecurity=False)
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()
