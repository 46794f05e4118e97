"""Seals: what a file was, so well described that a change shows, also one that was undone again.

A seal holds the file's bytes as two hashes (its SHA-256, and the id that git would give them, computed here), what the
commit that HEAD names has under that name, and what the kernel says about the file. Its ctime moves with every change
of content, mode, owner or name, and no program can set it (inode(7)). Nothing of the repository runs: git is asked for
ids by a plumbing command, and every byte is read and hashed here.
"""

# No `from __future__ import annotations`: see guard/policy.py.

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.guard.places import Kind, kind_of, require_one_name
from autolab_core.io.layout import AUTOLAB, AUTOLAB_REWRITES
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import SealedKind

if TYPE_CHECKING:
    from autolab_core.git.history import History
    from autolab_core.guard.plan import GuardPlan

__all__ = ["READ_AT_MOST", "Seal", "retake", "retake_plan", "take", "take_plan"]

# The bytes up to which a file in a protected folder is hashed before and after a command. A longer one is not read,
# nor is one outside of the repository: ctime, inode and length speak for it.
READ_AT_MOST: Final = 16 << 20
_BLOCK: Final = 1 << 20
# Python writes it outside of repositories, into what is installed, when somebody first imports a module.
_COMPILED: Final = "/__pycache__"
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Seal(NamedTuple):
    """What was at ``path`` (relative to the repository where it lies in it, else absolute; bytes that are no UTF-8 as
    ``\\xff``).

    ``sha256`` and ``git_blob`` are of the bytes (of a link: of what it says); None for what has none, and for a file
    in a folder that is longer than was to be read, lies outside of the repository, or may not be read. ``head_blob``:
    the id in the commit that HEAD names; None where that has no such file, or git was not asked. The numbers are
    lstat's: ``size`` in bytes, ``mode`` the permission bits. ``ctime_ns`` of a folder is 0 where some of its entries
    are not sealed.
    """

    path: str
    kind: SealedKind
    sha256: str | None = None
    size: int = 0
    git_blob: str | None = None
    head_blob: str | None = None
    dev: int = 0
    ino: int = 0
    nlink: int = 0
    mode: int = 0
    ctime_ns: int = 0


def take(
    paths: Sequence[str],
    root: str,
    git: "History | None" = None,
    *,
    apart_from: Collection[str] = (),
    read_at_most: int | None = None,
) -> tuple[Seal, ...]:
    """The seals of *paths* below *root* (or absolute), sorted by path, each once.

    A folder is sealed with everything below it, itself first, so that a new name shows; what is not there is sealed as
    absent. *apart_from*: absolute paths that are left out, with what is below them. *read_at_most*: the bytes up to
    which a file in a folder of *root* is hashed; a longer one, and one elsewhere, has the kernel's word alone.

    Raises UsageError, one line with what to do, for a symbolic link on the way to a path, for a file in *root* that
    has a second name, for one of *paths* that cannot be read, and for one that is written to meanwhile.
    """
    return _Taker(root, git, frozenset(apart_from), read_at_most, strict=True).take(paths)


def retake(
    paths: Sequence[str],
    root: str,
    git: "History | None" = None,
    *,
    apart_from: Collection[str] = (),
    read_at_most: int | None = None,
) -> tuple[Seal, ...]:
    """As ``take``, of paths that were sealed before: what would be refused there is sealed here as what it now is."""
    return _Taker(root, git, frozenset(apart_from), read_at_most, strict=False).take(paths)


def take_plan(plan: "GuardPlan", git: "History | None" = None) -> tuple[Seal, ...]:
    """The seals of everything that *plan* seals; see ``take``.

    What may be written inside of it is left out, and so is what Autolab itself replaces while a command runs.
    """
    paths, apart_from = _of_plan(plan)
    return take(paths, plan.root, git, apart_from=apart_from, read_at_most=READ_AT_MOST)


def retake_plan(plan: "GuardPlan", git: "History | None" = None) -> tuple[Seal, ...]:
    """The same seals after the command; see ``retake``."""
    paths, apart_from = _of_plan(plan)
    return retake(paths, plan.root, git, apart_from=apart_from, read_at_most=READ_AT_MOST)


def _of_plan(plan: "GuardPlan") -> tuple[tuple[str, ...], set[str]]:
    return plan.sealed, {*plan.writable, *(os.path.join(plan.root, path) for path in AUTOLAB_REWRITES)}


class _Taker:
    def __init__(
        self, root: str, git: "History | None", apart_from: frozenset[str], read_at_most: int | None, *, strict: bool
    ) -> None:
        self._root = os.path.realpath(root)
        self._git = git
        self._below = f"{self._root.rstrip('/')}/"
        self._own = os.path.join(self._root, AUTOLAB)
        self._apart_from = apart_from
        self._read_at_most = read_at_most
        self._strict = strict
        self._heads: dict[str, str] = {}
        self._algorithm = "sha1"

    def take(self, paths: Sequence[str]) -> tuple[Seal, ...]:
        absolute = sorted({os.path.normpath(os.path.join(self._root, path)) for path in paths})
        self._ask_git(absolute)
        found: dict[str, Seal] = {}
        for path in absolute:
            for seal in self._sealed(path):
                if found.get(seal.path, seal).ino != seal.ino and self._strict:
                    raise UsageError(f"two files are written {seal.path!r}; rename the one that is no UTF-8")
                found[seal.path] = seal  # a file that was asked for by name is read whole, whatever its folder said
        return tuple(found[path] for path in sorted(found))

    def _inside(self, path: str) -> bool:
        return path.startswith(self._below) or path == self._root

    def _shown(self, path: str) -> str:
        relative = path[len(self._below) :] or "." if self._inside(path) else path
        return relative if relative.isascii() else os.fsencode(relative).decode("utf-8", "backslashreplace")

    def _ask_git(self, absolute: Sequence[str]) -> None:
        if self._git is None:
            return
        inside = [os.path.relpath(path, self._root) for path in absolute if self._inside(path)]
        committed = self._git.committed(inside)
        if committed:
            self._heads = {os.path.join(self._root, path): entry.blob for path, entry in committed.items()}
            self._algorithm = "sha256" if len(next(iter(self._heads.values()))) == 64 else "sha1"

    def _sealed(self, path: str) -> Iterator[Seal]:
        """The seals of one of the paths asked for."""
        try:
            kind = kind_of(path, self._shown(path), self._root if self._inside(path) else "/")
        except UsageError:
            if self._strict:
                raise
            yield Seal(self._shown(path), SealedKind.OTHER)
            return
        if kind is Kind.ABSENT:
            yield Seal(self._shown(path), SealedKind.ABSENT, head_blob=self._heads.get(path))
        elif kind is Kind.FOLDER:
            yield from self._folder(path)
        else:
            yield self._file(path, os.lstat(path), whole=True)

    def _folder(self, top: str) -> Iterator[Seal]:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                status = os.lstat(folder)
                with os.scandir(folder) as entries:
                    every = list(entries)
            except OSError as error:
                if self._strict and folder == top:
                    raise UsageError(f"{self._shown(folder)!r} cannot be sealed: {error.strerror}") from error
                yield Seal(self._shown(folder), SealedKind.OTHER)
                continue
            kept = [entry for entry in every if not self._left_out(entry.path)]
            sealed = self._seal(folder, SealedKind.FOLDER, status)
            yield sealed if len(kept) == len(every) else sealed._replace(ctime_ns=0)
            for entry in kept:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield self._entry(entry)

    def _left_out(self, path: str) -> bool:
        if path in self._apart_from:
            return True
        if not self._inside(path):
            return path.endswith(_COMPILED)
        # In Autolab's own folder a file is on its way to its name: here one moment and gone the next.
        return path.endswith(".tmp") and os.path.dirname(path) == self._own and os.path.basename(path).startswith(".")

    def _entry(self, entry: "os.DirEntry[str]") -> Seal:
        try:
            return self._file(entry.path, entry.stat(follow_symlinks=False), whole=False)
        except FileNotFoundError:
            return Seal(self._shown(entry.path), SealedKind.ABSENT)

    def _file(self, path: str, status: os.stat_result, *, whole: bool) -> Seal:
        if stat.S_ISLNK(status.st_mode):
            text = os.fsencode(os.readlink(path))
            hashes = _Hashes(self._algorithm, len(text))
            hashes.update(text)
            return self._seal(path, SealedKind.LINK, status, hashes)
        if not stat.S_ISREG(status.st_mode):
            return self._seal(path, SealedKind.OTHER, status)
        if self._strict and status.st_nlink != 1 and self._inside(path):
            require_one_name(path, self._shown(path))
        if not whole and self._stays_unread(path, status.st_size):
            return self._seal(path, SealedKind.FILE, status)
        return self._read(path, status, whole=whole)

    def _stays_unread(self, path: str, size: int) -> bool:
        """Whether the kernel's word is enough. Outside of the repository lie installations of a thousand files, which
        are of interest for the time of one command only."""
        return self._read_at_most is not None and (size > self._read_at_most or not self._inside(path))

    def _read(self, path: str, status: os.stat_result, *, whole: bool) -> Seal:
        try:
            descriptor = os.open(path, _READ)
        except OSError as error:
            if self._strict and whole:
                raise UsageError(f"{self._shown(path)!r} cannot be sealed: {error.strerror}") from error
            return self._seal(path, SealedKind.FILE, status)
        try:
            before = os.fstat(descriptor)
            hashes = _Hashes(self._algorithm, before.st_size)
            while block := os.read(descriptor, _BLOCK):
                hashes.update(block)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if self._strict and (before.st_size, before.st_ctime_ns) != (hashes.length, after.st_ctime_ns):
            raise UsageError(f"{self._shown(path)!r} was written to while it was sealed; wait until nothing does")
        return self._seal(path, SealedKind.FILE, after, hashes)

    def _seal(self, path: str, kind: SealedKind, status: os.stat_result, hashes: "_Hashes | None" = None) -> Seal:
        return Seal(
            path=self._shown(path),
            kind=kind,
            sha256=None if hashes is None else hashes.sha256,
            size=status.st_size if kind in (SealedKind.FILE, SealedKind.LINK) else 0,
            git_blob=None if hashes is None else hashes.blob,
            head_blob=self._heads.get(path),
            dev=status.st_dev,
            ino=status.st_ino,
            # The links of a folder are its subfolders, and some file systems do not count them.
            nlink=0 if kind is SealedKind.FOLDER else status.st_nlink,
            mode=stat.S_IMODE(status.st_mode),
            ctime_ns=status.st_ctime_ns,
        )


class _Hashes:
    """The SHA-256 of bytes that are handed over piece by piece, and the id that git gives such a blob."""

    def __init__(self, algorithm: str, size: int) -> None:
        import hashlib

        self.length = 0
        self._sha256 = hashlib.sha256()
        git = hashlib.sha256 if algorithm == "sha256" else hashlib.sha1
        self._blob = git(b"blob %d\0" % size, usedforsecurity=False)

    def update(self, block: bytes) -> None:
        self.length += len(block)
        self._sha256.update(block)
        self._blob.update(block)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def blob(self) -> str:
        return self._blob.hexdigest()
