"""What was edited since a moment: committed, staged or only lying there, whoever did it.

The moment is an ``EditBase``. A commit alone would not do: what lay about uncommitted then is nobody's edit since.
A submodule, and any other repository inside of this one, is one path, whose hash stands for all that is edited in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from typing import Final

from autolab_core.git.history import History, algorithm_of
from autolab_core.models.handover import GONE, EditBase
from autolab_core.vocab.errors import RunnerError, StoreError

__all__ = ["changed_since", "edit_base", "fingerprint"]

_GIT: Final = ".git"


def edit_base(history: History) -> EditBase:
    """The moment that is now. Where git cannot be asked, its ``note`` says why; raises StoreError for a broken file."""
    try:
        absence = history.absence()
        if absence is not None:
            return EditBase(note=absence)
        head = history.head()
        # The commit that stands in the index says nothing of what is edited in a submodule.
        changed = {*_differing(history, head), *history.submodules()}
    except RunnerError as error:
        return EditBase(note=str(error))
    root = history.root
    return EditBase(head, {path: fingerprint(root, path) for path in sorted(changed)})


def changed_since(history: History, base: EditBase) -> tuple[str, ...]:
    """Every path that is not as it was at *base*, sorted: deleted ones and untracked ones that are not ignored too.

    Raises StoreError when that cannot be said: *base* was taken without git, or git has lost its commit.
    """
    if base.note is not None:
        raise StoreError(history.root, f"what changed cannot be said: {base.note}")
    candidates = {*_differing(history, base.commit), *base.changed}
    return tuple(
        sorted(
            path
            for path in candidates
            if path not in base.changed or fingerprint(history.root, path) != base.changed[path]
        )
    )


def _differing(history: History, commit: str | None) -> Iterable[str]:
    if commit is not None:
        return history.changed_paths(commit)
    tree = history.working_tree(algorithm_of(""))  # before the first commit nothing is as a commit has it
    return tree.staged.keys() | tree.disk.keys()


def fingerprint(root: str, path: str) -> str:
    """What lies at *path* now, as ``EditBase.changed`` has it. Raises StoreError for what cannot be read."""
    full = os.path.join(root, path)
    try:
        status = os.lstat(full)
        if stat.S_ISLNK(status.st_mode):
            return f"120000:{hashlib.sha256(os.fsencode(os.readlink(full))).hexdigest()}"
        if stat.S_ISDIR(status.st_mode):
            return f"{stat.S_IFMT(status.st_mode):06o}:{_folder(full)}"
        if not stat.S_ISREG(status.st_mode):
            return f"{stat.S_IFMT(status.st_mode):06o}:-"
        return f"{'100755:' if status.st_mode & 0o100 else ''}{_sha256(full)}"
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError as error:
        raise StoreError(full, f"cannot be read: {error.strerror}") from error


def _folder(full: str) -> str:
    """A hash of what lies in the folder *full*, ``-`` for nothing. In a repository its ignored files do not count."""
    found: object = None
    if os.path.lexists(os.path.join(full, _GIT)):
        try:
            base = edit_base(History.at(full))
            found = None if base.note is not None else [base.commit, sorted(base.changed.items())]
        except StoreError:
            found = None  # a broken one: what can be said of it is what lies there
    if found is None:
        found = sorted(_files(full)) or None
    return "-" if found is None else hashlib.sha256(json.dumps(found).encode()).hexdigest()


def _files(full: str) -> Iterator[tuple[str, str]]:
    """Every file below the folder *full*, git's own apart, with its fingerprint."""
    for folder, names, files in os.walk(full):
        names[:] = [name for name in names if name != _GIT]
        links = [name for name in names if os.path.islink(os.path.join(folder, name))]
        for name in (*files, *links):
            path = os.path.relpath(os.path.join(folder, name), full)
            yield path, fingerprint(full, path)


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
