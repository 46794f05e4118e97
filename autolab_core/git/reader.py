"""What is checked out, and what differs from it, without letting the repository run anything."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from typing import NamedTuple

from autolab_core.git.entries import SUBMODULE, Disk, Entry, left_out, parse_index, parse_tree
from autolab_core.git.plumbing import Plumbing

__all__ = ["Checkout", "GitReader"]


class Checkout(NamedTuple):
    """``branch`` is None on a detached HEAD, ``sha`` before the first commit; ``diff_sha256`` when nothing differs."""

    sha: str | None
    branch: str | None
    dirty: bool
    diff_sha256: str | None
    untracked: int


class _Ours:
    """Paths, as git lists them, that do not count: files, and all that lies below folders."""

    def __init__(self, files: Iterable[str] = (), folders: Iterable[str] = ()) -> None:
        self._files = frozenset(map(os.fsencode, files))
        self._folders = tuple(os.fsencode(f"{folder}/") for folder in folders)

    def __contains__(self, path: bytes) -> bool:
        return path in self._files or path.startswith(self._folders)


class GitReader(Plumbing):
    """Questions about the git repository that *root* lies in."""

    def checkout(self, *, apart_from: Collection[str] = ()) -> Checkout:
        """What is checked out and how the working tree differs. Ask ``absence`` first.

        Paths of *apart_from* (relative to the root given) do not count as changes, nor as untracked; one that ends with
        a slash stands for all that lies below it.
        Raises StoreError when git cannot answer (a broken repository).
        """
        top = os.fsdecode(self._ask("rev-parse", "--show-toplevel")).removesuffix("\n")
        sha = self.head()
        branch = self._git("symbolic-ref", "--quiet", "--short", "HEAD")
        folders = [path for path in apart_from if path.endswith("/")]
        ours = _Ours(
            [self._below(top, path) for path in apart_from if path not in folders],
            [self._below(top, path) for path in folders],
        )
        changes = self._changes(top, sha, ours)
        untracked = self._ask("ls-files", "-z", "--others", "--exclude-standard", at=top).split(b"\0")[:-1]
        return Checkout(
            sha=sha,
            branch=branch.text.strip() or None if branch.exit_code == 0 else None,
            dirty=bool(changes),
            diff_sha256=hashlib.sha256(b"".join(changes)).hexdigest() if changes else None,
            untracked=sum(path not in ours for path in set(untracked)),
        )

    def _below(self, top: str, path: str) -> str:
        return os.path.relpath(os.path.join(self._root, path), top)

    def _changes(self, top: str, sha: str | None, ours: _Ours) -> list[bytes]:
        """One record for each tracked path whose content, mode or index entry is not the commit's, in path order.

        A record is ``path NUL mode NUL blob-id LF`` of the working tree, ``-`` for a file that is gone. A submodule's
        blob-id is its commit and, where it differs from that itself, the hash of its own records.
        """
        committed = parse_tree(self._ask("ls-tree", "-r", "-z", "HEAD", at=top)) if sha else {}
        listed = self._ask("ls-files", "-z", "--stage", "-t", at=top)
        index, unwanted = parse_index(listed), left_out(listed)
        disk = Disk(os.fsencode(top), "sha256" if sha is not None and len(sha) == 64 else "sha1")
        records = []
        for path in sorted(path for path in committed.keys() | index.keys() if path not in ours):
            entry = committed.get(path)
            staged = index.get(path)
            if staged is not None and staged.mode == SUBMODULE:
                now = self._submodule(os.path.join(top, os.fsdecode(path)), staged)
            else:
                now = disk.entry(path)
            if now is None and path in unwanted:
                now = staged  # a sparse checkout does not want it here
            if now != entry or staged != entry:
                mode, blob = now or Entry("-", "-")
                records.append(path + b"\0" + mode.encode() + b"\0" + blob.encode() + b"\n")
        return records

    def _submodule(self, path: str, recorded: Entry) -> Entry | None:
        """What is checked out at the submodule *path*; *recorded* when nothing is, as after a plain clone."""
        if os.path.islink(path) or not os.path.isdir(path):
            return None
        if not os.path.lexists(os.path.join(path, ".git")):
            return recorded
        sha = self.head(at=path)
        changes = self._changes(path, sha, _Ours())
        return Entry(SUBMODULE, (sha or "-") + (f":{hashlib.sha256(b''.join(changes)).hexdigest()}" if changes else ""))
