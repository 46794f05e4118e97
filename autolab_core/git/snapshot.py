"""Files as a commit that no branch knows: what a push takes along, beside the commit that is checked out.

New objects go into a folder of the caller's, so that the repository itself stays as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from autolab_core.exec.command import CommandResult, Runner
from autolab_core.exec.quoting import quote_all
from autolab_core.git.entries import Entry, parse_tree
from autolab_core.git.plumbing import Plumbing
from autolab_core.vocab.errors import StoreError

__all__ = ["Snapshot"]

# Such a commit has no author and no time of its own: the same files are the same commit.
_NOBODY: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "autolab"), ("EMAIL", "autolab@example.invalid"), ("DATE", "946684800 +0000"))
}
_AS_BYTES: Final = ("--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "-r")
# Nothing of the other user's configuration runs there.
_RECEIVE: Final = "git -c core.hooksPath=/dev/null -c receive.autogc=false receive-pack"


class Snapshot(Plumbing):
    """Writes objects into *folder*, which is empty, for the repository that *root* lies in.

    Every method raises StoreError when git refuses, RunnerError when it cannot be run.
    """

    def __init__(self, runner: Runner, root: str, folder: str) -> None:
        super().__init__(runner, root)
        known = self._ask("rev-parse", "--git-path", "objects").decode("utf-8", "surrogateescape").removesuffix("\n")
        objects = os.path.join(folder, "objects")
        os.mkdir(objects)
        self._settings = {
            "GIT_OBJECT_DIRECTORY": objects,
            # The list is separated by colons; a member that holds one is quoted (git(1)).
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _c_quoted(os.fsencode(os.path.join(root, known))).decode("ascii"),
            "GIT_INDEX_FILE": os.path.join(folder, "index"),
        }

    def store(self, files: Mapping[str, Entry]) -> None:
        """Store the contents of *files*, which lie below the root. StoreError when one is not as its entry says."""
        plain = sorted(path for path, entry in files.items() if entry.mode != "120000")
        listed = b"".join(_c_quoted(os.fsencode(path)) + b"\n" for path in plain)
        found = self._own("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed).split() if plain else []
        for path, blob in zip(plain, found, strict=True):
            if blob.decode("ascii") != files[path].blob:
                raise StoreError(path, "was changed while it was read", hint="try again")
        for path in files.keys() - set(plain):
            target = os.readlink(os.path.join(os.fsencode(self._root), os.fsencode(path)))
            self._own("hash-object", "-w", "--no-filters", "--stdin", stdin=target)

    def tree(self, files: Mapping[str, Entry]) -> str:
        """The id of the tree that has exactly *files*, whose contents are all known."""
        listed = b"".join(
            b"%s %s\t%s\0" % (entry.mode.encode(), entry.blob.encode(), os.fsencode(path))
            for path, entry in files.items()
        )
        self._own("read-tree", "--empty")
        self._own("update-index", "-z", "--index-info", stdin=listed)
        return self._own("write-tree").decode("ascii").strip()

    def tree_of(self, commit: str) -> str:
        """The tree of *commit*, of the root's own folder where that lies below git's top level."""
        prefix = self._ask("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").removesuffix("\n")
        return self._own("rev-parse", "--verify", f"{commit}:{prefix.rstrip('/')}").decode("ascii").strip()

    def committed(self, commit: str) -> dict[str, Entry]:
        """The files of *commit* below the root."""
        found = self._own("ls-tree", "-r", "-z", commit)
        return {os.fsdecode(path): entry for path, entry in parse_tree(found).items()}

    def commit(self, tree: str, parent: str | None) -> str:
        """The commit of *tree*; *parent* itself when that has no other tree."""
        if parent is not None and self._own("rev-parse", f"{parent}^{{tree}}").decode("ascii").strip() == tree:
            return parent
        words = ("commit-tree", *(("-p", parent) if parent else ()), "-m", "autolab: the tree of a run", tree)
        return self._own(*words).decode("ascii").strip()

    def patch(self, before: str | None, after: str) -> bytes:
        """What leads from the tree *before* (None: from nothing) to the tree *after*, as ``git apply`` reads it."""
        old = self.tree({}) if before is None else before
        return self._own("diff-tree", "-p", *_AS_BYTES, old, after)

    def push(
        self, ssh: tuple[str, ...], host: str, folder: str, refs: Mapping[str, str], seconds: float
    ) -> CommandResult:
        """Push each commit of *refs* (name to id) to the bare repository *folder* on *host*, in at most *seconds*.
        Nothing is forced, and no hook runs on either side."""
        words = (
            *("push", "--quiet", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no"),
            *(f"--receive-pack={_RECEIVE}", "--", f"{host}:{folder}"),
            *(f"{commit}:{ref}" for ref, commit in refs.items()),
        )
        reach = {"GIT_ALLOW_PROTOCOL": "ssh", "GIT_SSH_COMMAND": quote_all(ssh), "GIT_SSH_VARIANT": "ssh"}
        return self._git(*words, settings=self._settings | reach, timeout=seconds)

    def pack(self, commits: Iterable[str], known: Iterable[str]) -> bytes:
        """All objects of *commits* that are not in the history of those of *known* that this repository has."""
        asked = "".join(f"{commit}\n" for commit in known)
        said = self._own("cat-file", "--batch-check", stdin=asked.encode("ascii")).decode("ascii", "replace")
        here = [line.split()[0] for line in said.splitlines() if line.split()[1:2] == ["commit"]]
        wanted = [*commits, *(f"^{commit}" for commit in here)]
        asked_for = "".join(f"{each}\n" for each in wanted).encode("ascii")
        return self._own("pack-objects", "--revs", "--thin", "--stdout", "-q", stdin=asked_for)

    def content(self, blob: str) -> bytes:
        """The bytes of *blob*."""
        return self._own("cat-file", "blob", blob)

    def _own(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return self._ask(*arguments, stdin=stdin, settings=self._settings | _NOBODY)


def _c_quoted(path: bytes) -> bytes:
    """*path* as git reads it between double quotes, whatever is in it."""
    return b'"%s"' % b"".join(
        bytes([byte]) if byte not in b'"\\' and 0x20 <= byte < 0x7F else b"\\%03o" % byte for byte in path
    )
