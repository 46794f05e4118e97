"""What changed since a commit, and what a file said in each commit since, without letting the repository run anything.

Paths are relative to the root given, which may lie below git's top level; what lies outside of it is not looked at.
They are text as ``os.fsdecode`` makes it, so that names with line breaks or bytes that are no UTF-8 survive.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from autolab_core.git.entries import SUBMODULE, Disk, Entry, left_out, parse_index, parse_tree
from autolab_core.git.plumbing import Plumbing
from autolab_core.vocab.errors import StoreError

__all__ = ["History", "Logged", "WorkingTree", "algorithm_of"]

# Far more than anybody reviews at once; each of them costs a reading of the file asked about.
_MAX_COMMITS: Final = 2000
_HEX: Final = frozenset("0123456789abcdef")


class Logged(NamedTuple):
    """A commit of a log that leaves commits out; ``parents`` are the nearest ones that are not left out."""

    sha: str
    parents: tuple[str, ...]


class WorkingTree(NamedTuple):
    """``staged``: the index. ``disk``: the tracked files as they lie there, and untracked ones not ignored."""

    staged: Mapping[str, Entry]
    disk: Mapping[str, Entry]


class History(Plumbing):
    """Questions about the history of the git repository that *root* lies in.

    Every method raises RunnerError when git cannot be run, those without None in their answer StoreError when git
    cannot answer.
    """

    @classmethod
    def at(cls, root: str) -> History:
        """The history of *root* on this machine."""
        from autolab_core.exec.local import LocalRunner

        return cls(LocalRunner(), root)

    def commit(self, revision: str) -> str | None:
        """The id of the commit that *revision* names; None when git knows none. *revision* may be any text.

        It is never taken for an option, a range or an exclusion.
        """
        if not revision or revision.startswith("-") or not _can_be_passed(revision):
            return None
        result = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return _sha(result.stdout) if result.exit_code == 0 else None

    def fork_point(self, revision: str) -> str | None:
        """The best common ancestor of HEAD and *revision*, an id from ``commit`` or ``@{upstream}``; else None."""
        result = self._git("merge-base", "HEAD", revision)
        return _sha(result.stdout) if result.exit_code == 0 else None

    def log(self, path: str, since: str) -> list[Logged]:
        """The commits after the commit *since* up to HEAD that touch *path*, and all merges; parents come first."""
        output = self._ask(
            "rev-list",
            "--reverse",
            "--topo-order",
            "--full-history",
            "--parents",
            f"--max-count={_MAX_COMMITS + 1}",
            f"{since}..HEAD",
            "--",
            path,
        )
        lines = [line.split() for line in output.decode("ascii").splitlines()]
        if len(lines) > _MAX_COMMITS:
            message = f"more than {_MAX_COMMITS} commits since {since[:12]} touch {path} or are merges"
            raise StoreError(self._root, message, hint="name a nearer base")
        return [Logged(sha, tuple(parents)) for sha, *parents in lines]

    def messages(self, since: str, until: str = "HEAD") -> list[tuple[str, str]]:
        """Id and message of each commit after the commit *since* up to *until*, the newest first."""
        limit = f"--max-count={_MAX_COMMITS}"
        output = self._ask("rev-list", "--format=%x00%B%x00", limit, f"{since}..{until}", "--")
        pieces = output.split(b"\0")  # "commit ID", its message, and so on
        heads, texts = pieces[:-1:2], pieces[1::2]
        return [
            (head.split()[-1].decode("ascii"), text.decode("utf-8", "replace"))
            for head, text in zip(heads, texts, strict=True)
        ]

    def contents(self, path: str, commits: Iterable[str]) -> dict[str, bytes | None]:
        """The content of the file *path* in each of *commits* (ids); None where it has no such file, or lacks it."""
        wanted = list(commits)
        asked = b"".join(b"%s:./%s\n" % (sha.encode(), os.fsencode(path)) for sha in wanted)
        output = self._ask("cat-file", "--batch", stdin=asked)
        found: dict[str, bytes | None] = {}
        place = 0
        for sha in wanted:
            end = output.index(b"\n", place)
            words = output[place:end].split(b" ")
            place = end + 1
            found[sha] = None
            if words[-1] in (b"missing", b"ambiguous") or len(words) != 3:
                continue
            size = int(words[2])
            if words[1] == b"blob":
                found[sha] = output[place : place + size]
            place += size + 1
        return found

    def holds(self, path: str, commit: str) -> bool:
        """True when *commit* (an id) has something at *path*, even where this clone lacks its content."""
        return bool(self._ask("ls-tree", commit, path))

    def tree(self, commit: str, below: str | None = None) -> dict[str, Entry]:
        """The files of *commit* (an id), those in the folder *below* where it is given."""
        output = self._ask("ls-tree", "-r", "-z", commit, *((below,) if below else ()))
        return {os.fsdecode(path): entry for path, entry in parse_tree(output).items()}

    def committed(self, paths: Iterable[str], commit: str = "HEAD") -> dict[str, Entry] | None:
        """The files of *commit* at and below each of *paths*; None where git has no such commit, or no repository.

        Raises RunnerError.
        """
        wanted = list(paths)
        if not wanted:
            return {}
        result = self._git("ls-tree", "-r", "-z", commit, "--", *wanted)
        if result.exit_code != 0:
            return None
        return {os.fsdecode(path): entry for path, entry in parse_tree(result.stdout).items()}

    def working_tree(
        self, algorithm: str, below: str | None = None, wanted: Callable[[str], bool] = lambda path: True
    ) -> WorkingTree:
        """The *wanted* files, those in the folder *below* where it is given; *algorithm* names blobs (``sha1``).

        Of a submodule only the commit that is staged is looked at, and what a sparse checkout leaves out is as staged.
        A repository inside of this one that is no submodule is an entry of its own.
        """
        options = ("-z", "--stage", "-t", "--cached", "--others", "--exclude-standard")
        output = self._ask("ls-files", *options, *(("--", below) if below else ()))
        records = [record for record in output.split(b"\0")[:-1] if wanted(os.fsdecode(_path_of(record)))]
        tracked = b"".join(record + b"\0" for record in records if not record.startswith(b"? "))
        index, unwanted = parse_index(tracked), left_out(tracked)
        disk = Disk(os.fsencode(self._root), algorithm)
        found = {}
        for path in [*index, *(_path_of(record) for record in records if record.startswith(b"? "))]:
            staged = index.get(path)
            entry = staged if staged is not None and staged.mode == SUBMODULE else disk.entry(path)
            if entry is None and path in unwanted:
                entry = staged
            if entry is not None:
                found[os.fsdecode(path)] = entry
        return WorkingTree({os.fsdecode(path): entry for path, entry in index.items()}, found)

    def submodules(self) -> tuple[str, ...]:
        """The paths of the index at which another repository's commit stands."""
        index = parse_index(self._ask("ls-files", "-z", "--stage", "-t"))
        return tuple(os.fsdecode(path) for path, entry in index.items() if entry.mode == SUBMODULE)

    def untracked(self) -> tuple[str, ...]:
        """Every file that git does not track, ignored ones too. A repository of its own ends with a slash."""
        return tuple(os.fsdecode(path) for path in self._ask("ls-files", "-z", "--others").split(b"\0")[:-1])

    def blob(self, identifier: str) -> bytes:
        """The content that git calls *identifier*."""
        return self._ask("cat-file", "blob", identifier)

    def changed_paths(self, base: str) -> frozenset[str]:
        """Every path that differs between the commit *base* (any text) and the working tree or the index.

        Deleted files and untracked ones that are not ignored are among them. Raises StoreError when that cannot be
        said: git is missing, this is no repository, or it has no such commit.
        """
        absence = self.absence()
        if absence is not None:
            raise StoreError(self._root, f"what changed cannot be said: {absence}")
        sha = self.commit(base)
        if sha is None:
            raise StoreError(self._root, f"git knows no commit {base!r}", hint="a shallow clone has the newest only")
        committed = self.tree(sha)
        staged, disk = self.working_tree(algorithm_of(sha))
        return frozenset(
            path
            for path in committed.keys() | staged.keys() | disk.keys()
            if not committed.get(path) == staged.get(path) == disk.get(path)
        )


def algorithm_of(sha: str) -> str:
    """The hash that names the objects of the repository of the commit *sha*."""
    return "sha256" if len(sha) == 64 else "sha1"


def _sha(output: bytes) -> str | None:
    """The id that git printed; None when it printed something else (several ids, an excluded one)."""
    text = output.decode("ascii", "replace").removesuffix("\n")
    return text if len(text) in (40, 64) and _HEX.issuperset(text) else None


def _can_be_passed(text: str) -> bool:
    """Whether *text* can be an argument of a process at all."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _path_of(record: bytes) -> bytes:
    """The path of a record of ``ls-files -t --stage --others``. A repository of its own ends with a slash there."""
    return (record[2:] if record.startswith(b"? ") else record.split(b"\t", 1)[1]).rstrip(b"/")
