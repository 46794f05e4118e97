"""Which files of the working tree are sent: the tracked ones, and of the others those that the profile names."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator

import attrs

from autolab_core.exec.command import Runner
from autolab_core.git.commit import OWN_RECORDS
from autolab_core.git.entries import SUBMODULE, Disk, Entry
from autolab_core.git.history import History, algorithm_of
from autolab_core.git.plumbing import NO_REPOSITORY
from autolab_core.models.remote import SyncRules
from autolab_core.transfer.base import TransferError
from autolab_core.transfer.patterns import Patterns, check_caps, is_taken
from autolab_core.transfer.sending.parcel import EXECUTABLE, FILE, LINK, OutgoingFile, Parcel, check_links
from autolab_core.vocab.errors import StoreError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["gather"]


def gather(
    runner: Runner, root: str, rules: SyncRules, *, also: Collection[str] = (), apart_from: Collection[str] = ()
) -> Parcel:
    """What is sent of *root*. Nothing is sent yet, and the far side is not asked.

    *also*: files of the run itself, which go along whatever the rules say. *apart_from*: tracked paths (folders with a
    slash at the end) that this program rewrites, beside its records: they are sent as the commit has them.
    Raises TransferError for what cannot be sent (a special file, a link out of the tree, a submodule with files) or is
    more than the caps allow; StoreError and RunnerError when git fails.
    """
    history = History(runner, root)
    absence = history.absence()
    if absence is None:
        parcel = _of_git(history, rules, _Own((*OWN_RECORDS, *apart_from)))
    elif absence == NO_REPOSITORY:
        parcel = _of_folder(root, rules)
    else:
        raise StoreError(root, f"git cannot say what is to be sent: {absence}")
    disk = Disk(os.fsencode(root), algorithm_of(parcel.commit or "")) if absence is None else None
    own = {path: _read(root, path) if disk is None else _named(root, path, disk) for path in also}
    files = dict(parcel.files) | own
    check_links({path: each.target for path, each in files.items() if each.mode == LINK})
    check_caps(rules, {path: each.bytes for path, each in files.items()})
    return attrs.evolve(parcel, files=files, own=tuple(sorted(own)))


class _Own:
    def __init__(self, paths: Iterable[str]) -> None:
        listed = tuple(paths)
        self._files = frozenset(path for path in listed if not path.endswith("/"))
        self._folders = tuple(path for path in listed if path.endswith("/"))

    def __call__(self, path: str) -> bool:
        return path in self._files or path.startswith(self._folders)


def _of_git(history: History, rules: SyncRules, is_own: Callable[[str], bool]) -> Parcel:
    root, head = history.root, history.head()
    include, exclude = Patterns(rules.include), Patterns(rules.exclude)
    committed = history.tree(head) if head else {}
    staged, disk = history.working_tree(algorithm_of(head or ""))
    files: dict[str, OutgoingFile] = {}
    changed, left_out = [], []
    for path in sorted(committed.keys() | staged.keys(), key=os.fsencode):
        entry = committed.get(path) if is_own(path) else disk.get(path)
        if exclude.names(path) or (entry is not None and _is_empty_submodule(root, path, entry)):
            left_out.append(path)
            continue
        if not is_own(path) and not entry == staged.get(path) == committed.get(path):
            changed.append(path)
        if entry is not None:
            files[path] = _tracked(history, path, entry, from_disk=entry == disk.get(path))
    added = []
    others = history.untracked() if rules.include else ()
    for path in others:
        if path not in files and is_taken(include, exclude, path.rstrip("/"), anyway=False):
            files[path] = _named(root, path, Disk(os.fsencode(root), algorithm_of(head or "")))
            added.append(path)
    return Parcel(root, files, head, tuple(changed), tuple(added), tuple(left_out))


def _tracked(history: History, path: str, entry: Entry, *, from_disk: bool) -> OutgoingFile:
    if entry.mode not in (FILE, EXECUTABLE, LINK):
        raise _not_sendable(path)
    if from_disk and os.path.lexists(os.path.join(history.root, path)):
        return attrs.evolve(_read(history.root, path), mode=entry.mode, blob=entry.blob)
    content = history.blob(entry.blob)
    target = os.fsdecode(content) if entry.mode == LINK else ""
    sha256 = hashlib.sha256(content).hexdigest()
    return OutgoingFile(entry.mode, len(content), sha256, target, entry.blob, on_disk=False)


def _named(root: str, path: str, disk: Disk) -> OutgoingFile:
    entry = None if path.endswith("/") else disk.entry(os.fsencode(path))
    if entry is None:
        what = "is a repository of its own" if path.endswith("/") else "vanished while it was read"
        raise TransferError(TransferFault.NAMES, f"{path} {what} and cannot be sent; name it in `exclude`")
    return attrs.evolve(_read(root, path), blob=entry.blob)


def _is_empty_submodule(root: str, path: str, entry: Entry) -> bool:
    if entry.mode != SUBMODULE:
        return False
    if os.path.lexists(os.path.join(root, path, ".git")):
        message = f"{path} is a submodule, whose files are not sent; name it in `exclude`, or bring it there by hand"
        raise TransferError(TransferFault.NAMES, message)
    return True


def _of_folder(root: str, rules: SyncRules) -> Parcel:
    """What is sent where there is no git: every file that is not excluded."""
    include, exclude = Patterns(rules.include), Patterns(rules.exclude)
    paths = [path for path in _walk(root) if is_taken(include, exclude, path, anyway=True)]
    return Parcel(root, {path: _read(root, path) for path in sorted(paths, key=os.fsencode)})


def _walk(root: str) -> Iterator[str]:
    for folder, folders, names in os.walk(root, onerror=_refuse):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *links):
            yield os.path.relpath(os.path.join(folder, name), root)


def _refuse(error: OSError) -> None:
    raise StoreError(str(error.filename), f"cannot be read: {error.strerror}")


def _read(root: str, path: str) -> OutgoingFile:
    full = os.path.join(root, path)
    try:
        about = os.lstat(full)
        if stat.S_ISLNK(about.st_mode):
            target = os.readlink(full)
            raw = os.fsencode(target)
            return OutgoingFile(LINK, len(raw), hashlib.sha256(raw).hexdigest(), target)
        if not stat.S_ISREG(about.st_mode):
            raise _not_sendable(path)
        with open(full, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(path, f"cannot be read: {error.strerror}") from error
    return OutgoingFile(EXECUTABLE if about.st_mode & 0o100 else FILE, about.st_size, sha256)


def _not_sendable(path: str) -> TransferError:
    return TransferError(
        TransferFault.NAMES, f"{path} is no regular file and cannot be sent; name it in `exclude`, or remove it"
    )
