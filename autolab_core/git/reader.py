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


_SUBMODULE: Final = "160000"
_BLOCK: Final = 1 << 20


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
            # A partial clone would fetch what it lacks, by a program that its configuration names.
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
        }
        return self._runner.run(
            Command(("git", *_HARDENING, *arguments), cwd=self._root, env=environment, timeout=300.0)
        )

    def _ask(self, *arguments: str, at: str | None = None) -> bytes:
        """The answer to a question about the working tree *at* (default: the one that the root lies in)."""
        result = self._git(*(("-C", at) if at else ()), *arguments)
        if result.exit_code != 0:
            raise StoreError(at or self._root, f"git {arguments[0]} failed: {result.complaint or result.exit_code}")
        return result.stdout

    def absence(self) -> str | None:
        """Why nothing can be said about commits here ("not a git repository", "git is not installed"); else None."""
        try:
            result = self._git("rev-parse", "--show-toplevel")
        except RunnerError as error:
            return str(error)
        if result.exit_code != 0:
            said = result.stderr.decode("utf-8", "replace").strip().splitlines()
            if any("not a git repository" in line.lower() for line in said):
                return "not a git repository"
            # What is wrong stands first; advice follows it.
            return said[0].removeprefix("fatal: ") if said else f"git ended with exit code {result.exit_code}"
        return None

    def head(self, *, at: str | None = None) -> str | None:
        """The commit id that HEAD names (whether or not its object is there), or None before the first commit."""
        result = self._git(*(("-C", at) if at else ()), "rev-parse", "--verify", "--quiet", "HEAD")
        return result.text.strip() if result.exit_code == 0 else None

    def checkout(self, *, apart_from: Collection[str] = ()) -> Checkout:
        """What is checked out and how the working tree differs. Ask ``absence`` first.

        Paths of *apart_from* (relative to the root given) do not count as changes, nor as untracked.
        Raises StoreError when git cannot answer (a broken repository).
        """
        top = os.fsdecode(self._ask("rev-parse", "--show-toplevel")).removesuffix("\n")
        sha = self.head()
        branch = self._git("symbolic-ref", "--quiet", "--short", "HEAD")
        ours = {os.fsencode(os.path.relpath(os.path.join(self._root, path), top)) for path in apart_from}
        changes = self._changes(top, sha, ours)
        untracked = self._ask("ls-files", "-z", "--others", "--exclude-standard", at=top).split(b"\0")[:-1]
        return Checkout(
            sha=sha,
            branch=branch.text.strip() or None if branch.exit_code == 0 else None,
            dirty=bool(changes),
            diff_sha256=hashlib.sha256(b"".join(changes)).hexdigest() if changes else None,
            untracked=len(set(untracked) - ours),
        )

    def _changes(self, top: str, sha: str | None, ours: AbstractSet[bytes]) -> list[bytes]:
        """One record for each tracked path whose content, mode or index entry is not the commit's, in path order.

        A record is ``path NUL mode NUL blob-id LF`` of the working tree, ``-`` for a file that is gone. A submodule's
        blob-id is its commit and, where it differs from that itself, the hash of its own records.
        """
        committed = _parse_tree(self._ask("ls-tree", "-r", "-z", "HEAD", at=top)) if sha else {}
        listed = self._ask("ls-files", "-z", "--stage", "-t", at=top)
        index, left_out = _parse_index(listed), _left_out(listed)
        disk = _Disk(os.fsencode(top), "sha256" if sha is not None and len(sha) == 64 else "sha1")
        records = []
        for path in sorted((committed.keys() | index.keys()) - ours):
            entry = committed.get(path)
            staged = index.get(path)
            if staged is not None and staged.mode == _SUBMODULE:
                now = self._submodule(os.path.join(top, os.fsdecode(path)), staged)
            else:
                now = disk.entry(path)
            if now is None and path in left_out:
                now = staged  # a sparse checkout does not want it here
            if now != entry or staged != entry:
                mode, blob = now or _Entry("-", "-")
                records.append(path + b"\0" + mode.encode() + b"\0" + blob.encode() + b"\n")
        return records

    def _submodule(self, path: str, recorded: _Entry) -> _Entry | None:
        """What is checked out at the submodule *path*; *recorded* when nothing is, as after a plain clone."""
        if os.path.islink(path) or not os.path.isdir(path):
            return None
        if not os.path.lexists(os.path.join(path, ".git")):
            return recorded
        sha = self.head(at=path)
        changes = self._changes(path, sha, frozenset())
        return _Entry(
            _SUBMODULE, (sha or "-") + (f":{hashlib.sha256(b''.join(changes)).hexdigest()}" if changes else "")
        )


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
        _tag, mode, blob, merge_stage = head.decode("ascii").split(" ")
        # An unmerged path has several entries; none of them equals a commit's.
        entries[path] = _Entry(mode, blob if merge_stage == "0" else f"{blob}:{merge_stage}")
    return entries


def _left_out(output: bytes) -> frozenset[bytes]:
    """The paths whose index entries say that the working tree need not have them (tag ``S``)."""
    return frozenset(record.split(b"\t", 1)[1] for record in output.split(b"\0")[:-1] if record.startswith(b"S "))


class _Disk:
    """The files below *top* as git would name them if it stored their bytes as they are."""

    def __init__(self, top: bytes, algorithm: str) -> None:
        self._top = top
        self._algorithm = algorithm
        self._links: dict[bytes, bool] = {b"": False}

    def entry(self, path: bytes) -> _Entry | None:
        """The file at *path*; None when it is not there, or only behind a link."""
        if self._behind_a_link(os.path.dirname(path)):
            return None
        full = os.path.join(self._top, path)
        try:
            status = os.lstat(full)
            if stat.S_ISLNK(status.st_mode):
                return _Entry("120000", self._hash(os.readlink(full)))
            if not stat.S_ISREG(status.st_mode):
                return _Entry("other", "-")
            return _Entry("100755" if status.st_mode & 0o100 else "100644", self._hash_file(full))
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

    def _hash(self, content: bytes) -> str:
        return hashlib.new(self._algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    def _hash_file(self, path: bytes) -> str:
        """The blob id of the file *path*, which may be larger than the memory."""
        with open(path, "rb") as file:
            digest = hashlib.new(self._algorithm, b"blob %d\0" % os.fstat(file.fileno()).st_size, usedforsecurity=False)
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()
