"""What is checked out, and what differs from it, without letting the repository run anything.

``git status`` and ``git diff`` may start programs that the repository's own configuration names (``core.fsmonitor``,
clean filters, external diffs). So only plumbing is asked, with those settings off, and file contents are hashed here.
A file that a clean filter or ``core.autocrlf`` would rewrite is therefore reported as changed: its bytes *are* other
bytes than the commit's.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from autolab_core.exec.command import Command, CommandResult, Runner
from autolab_core.vocab.errors import RunnerError, StoreError

__all__ = ["Checkout", "GitReader"]

_HARDENING: Final = (
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.quotePath=false",
    "-c", "submodule.recurse=false",
)  # fmt: skip


class Checkout(NamedTuple):
    """``branch`` is None on a detached HEAD, ``sha`` before the first commit; ``diff_sha256`` when nothing differs."""

    sha: str | None
    branch: str | None
    dirty: bool
    diff_sha256: str | None
    untracked: int


class _Entry(NamedTuple):
    mode: str
    blob: str


class GitReader:
    """Questions about the git repository that *root* lies in."""

    def __init__(self, runner: Runner, root: str) -> None:
        self._runner = runner
        self._root = root

    def _git(self, *arguments: str) -> CommandResult:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        environment |= {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
        }
        return self._runner.run(
            Command(("git", *_HARDENING, *arguments), cwd=self._root, env=environment, timeout=300.0)
        )

    def _ask(self, *arguments: str) -> bytes:
        result = self._git(*arguments)
        if result.exit_code != 0:
            raise StoreError(self._root, f"git {arguments[0]} failed: {result.complaint or result.exit_code}")
        return result.stdout

    def absence(self) -> str | None:
        """Why nothing can be said about commits here ("not a git repository", "git is not installed"); else None."""
        try:
            result = self._git("rev-parse", "--show-toplevel")
        except RunnerError as error:
            return str(error)
        if result.exit_code != 0:
            complaint = result.complaint.lower()
            return "not a git repository" if "not a git repository" in complaint else result.complaint
        return None

    def head(self) -> str | None:
        """The commit id of HEAD, or None before the first commit."""
        result = self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return result.text.strip() if result.exit_code == 0 else None

    def checkout(self, *, apart_from: Collection[str] = ()) -> Checkout:
        """What is checked out and how the working tree differs. Ask ``absence`` first.

        Paths of *apart_from* (relative to the root given) do not count as changes, nor as untracked.
        Raises StoreError when git cannot answer (a broken repository).
        """
        top = self._ask("rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n")
        sha = self.head()
        branch = self._git("symbolic-ref", "--quiet", "--short", "HEAD")
        ours = {os.path.relpath(os.path.join(self._root, path), top).encode() for path in apart_from}
        changes = self._changes(top, sha, ours)
        untracked = self._ask("-C", top, "ls-files", "-z", "--others", "--exclude-standard").split(b"\0")[:-1]
        return Checkout(
            sha=sha,
            branch=branch.text.strip() or None if branch.exit_code == 0 else None,
            dirty=bool(changes),
            diff_sha256=hashlib.sha256(b"".join(changes)).hexdigest() if changes else None,
            untracked=len(set(untracked) - ours),
        )

    def _changes(self, top: str, sha: str | None, ours: AbstractSet[bytes]) -> list[bytes]:
        """One record for each tracked path whose content, mode or index entry is not the commit's, in path order.

        A record is ``path NUL mode NUL blob-id LF`` of the working tree, ``-`` for a file that is gone.
        """
        committed = _parse_tree(self._ask("-C", top, "ls-tree", "-r", "-z", "HEAD")) if sha else {}
        index = _parse_index(self._ask("-C", top, "ls-files", "-z", "--stage"))
        algorithm = "sha256" if sha is not None and len(sha) == 64 else "sha1"
        records = []
        for path in sorted((committed.keys() | index.keys()) - ours):
            entry = committed.get(path)
            if entry is not None and entry.mode == "160000":
                continue  # a submodule: its content is another repository's
            now = _on_disk(os.path.join(os.fsencode(top), path), algorithm)
            if now != entry or index.get(path) != entry:
                mode, blob = now or _Entry("-", "-")
                records.append(path + b"\0" + mode.encode() + b"\0" + blob.encode() + b"\n")
        return records


def _parse_tree(output: bytes) -> dict[bytes, _Entry]:
    entries = {}
    for record in output.split(b"\0")[:-1]:
        head, path = record.split(b"\t", 1)
        mode, _kind, blob = head.decode("ascii").split(" ")
        entries[path] = _Entry(mode, blob)
    return entries


def _parse_index(output: bytes) -> dict[bytes, _Entry]:
    entries = {}
    for record in output.split(b"\0")[:-1]:
        head, path = record.split(b"\t", 1)
        mode, blob, merge_stage = head.decode("ascii").split(" ")
        # An unmerged path has several entries; none of them equals a commit's.
        entries[path] = _Entry(mode, blob if merge_stage == "0" else f"{blob}:{merge_stage}")
    return entries


def _on_disk(path: bytes, algorithm: str) -> _Entry | None:
    """The file as git would name it if it stored the bytes as they are; None when it is not there."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return _Entry("120000", _blob_id(os.readlink(path), algorithm))
        if not stat.S_ISREG(status.st_mode):
            return _Entry("other", "-")
        with open(path, "rb") as file:
            return _Entry("100755" if status.st_mode & 0o100 else "100644", _blob_id(file.read(), algorithm))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(os.fsdecode(path), f"cannot be read: {error.strerror}") from error


def _blob_id(content: bytes, algorithm: str) -> str:
    digest = hashlib.new(algorithm, b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()
