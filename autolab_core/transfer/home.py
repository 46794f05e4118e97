"""Bringing a run's files home with proof: what lies there is listed, copied, hashed here, and swapped in whole.

Nothing in the run's folder changes before every hash is equal to the one that the far side computed, and a second look
there has found every file as it was in the first.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from autolab_core.io.atomic import store_error
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.kernel import sync_file_system
from autolab_core.io.layout import RunPaths
from autolab_core.models.manifest import ArtifactSync, SyncFault
from autolab_core.models.remote import SyncRules
from autolab_core.transfer.base import FarFolder, Progress, Transfer, TransferError
from autolab_core.transfer.choosing import automatic
from autolab_core.transfer.far_side import FarList, Survey, survey
from autolab_core.transfer.listing import Listing
from autolab_core.transfer.patterns import shown
from autolab_core.transfer.proof import RunList, list_of_run, list_that_is_there, prove, proven_already
from autolab_core.transfer.selection import Selection, select
from autolab_core.transfer.swap import compose, swap, take_back
from autolab_core.vocab.errors import DocumentError, StoreError
from autolab_core.vocab.states import SyncStatus
from autolab_core.vocab.transfers import TransferFault

__all__ = ["Homecoming", "bring_home", "not_home", "would_bring"]

_ANEW: Final = frozenset({TransferFault.CHANGED, TransferFault.VANISHED, TransferFault.CONNECTIVITY})
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_CLOSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@attrs.frozen
class Homecoming:
    """What is brought home, from where and how. ``transfer`` None: rsync where both sides have it, sftp otherwise.

    ``run_folder`` and ``staging`` are absolute and on one file system; ``paths`` are those of the run in its
    repository. ``diagnostic``: of a run that failed, whose logs alone come home, and prove nothing. A state that
    changes, or a connection that is cut, is tried for *attempts* times, with back-off of which *sleep* is told.
    """

    far: FarFolder
    paths: RunPaths
    run_folder: Path
    staging: Path
    transfer: Transfer | None = None
    rules: SyncRules = attrs.field(factory=SyncRules)
    diagnostic: bool = False
    attempts: int = 3
    sleep: Callable[[float], None] = time.sleep

    @property
    def incoming(self) -> Path:
        """Where the transfer writes; what is in it when it fails is taken up by the next one."""
        return self.staging / "incoming"

    @property
    def composed(self) -> Path:
        """What becomes the run's folder."""
        return self.staging / "home"


def would_bring(home: Homecoming) -> Selection:
    """What ``bring_home`` would copy now; nothing is copied. Raises TransferError."""
    return select(survey(home.far).files, home.paths, home.rules, diagnostic=home.diagnostic)


def bring_home(home: Homecoming, progress: Progress | None = None) -> ArtifactSync:
    """Bring the files home, and say what came of it: never raises for what can go wrong with a transfer.

    ``ok``: every file is here, is what the far side's list says, and is on the disk; the run's folder holds that list
    (``far_checksums``) and the run's own. Otherwise it is as it was, with the reason as ``fault`` and ``diagnosis``.
    Called again after any end, a kill too, it goes on where it was.
    """
    began = time.monotonic()
    method = home.transfer.name if home.transfer is not None else None
    try:
        done = _with_patience(home, progress)
    except TransferError as error:
        done = not_home(error, method, diagnostic=home.diagnostic)
    return attrs.evolve(done, duration_seconds=round(time.monotonic() - began, 3))


def not_home(error: TransferError, method: str | None = None, *, diagnostic: bool = False) -> ArtifactSync:
    """What the manifest says of files that did not come home because of *error*."""
    fault = SyncFault(error.kind.value, error.transient, error.program_exit, error.last_lines)
    words = f"diagnostic: {error}" if diagnostic else str(error)
    return ArtifactSync(SyncStatus.FAILED, method, diagnosis=words, fault=fault)


def _with_patience(home: Homecoming, progress: Progress | None) -> ArtifactSync:
    for attempt in range(1, home.attempts + 1):
        try:
            return _once(home, progress)
        except TransferError as error:
            if attempt == home.attempts or not error.transient or error.kind not in _ANEW:
                raise
        except (OSError, StoreError, DocumentError) as error:
            raise _here(home, error) from error
        home.sleep(min(8.0, 0.5 * 2**attempt))
    raise AssertionError("the last attempt returned or raised")


def _once(home: Homecoming, progress: Progress | None) -> ArtifactSync:
    home.incoming.mkdir(parents=True, exist_ok=True)
    found = survey(home.far)
    chosen = _chosen(home, found)
    transfer = home.transfer or automatic(rsync_there=found.has_rsync)
    take_back(home.composed, home.incoming, chosen.files)
    listing = Listing(home.far, chosen.wanted)
    # A list at home says that an earlier call got as far as the swap, and died before its caller could write it down.
    again = not home.diagnostic and (home.run_folder / _below(home.paths, home.paths.far_checksums)).exists()
    if again and proven_already(home.run_folder, home.paths, chosen, listing.wait()):
        _look_again(home, found, chosen)
        shutil.rmtree(home.staging)
        return _ok(transfer.name, list_that_is_there(home.run_folder, home.paths))
    _check_space(home, chosen)
    transfer.fetch(home.far, chosen.wanted, home.incoming, progress)
    far = listing.wait()
    with ThreadPoolExecutor(2) as pool:  # one waits for the far side, one for the disk, while the third hashes here
        looking = pool.submit(_look_again, home, found, chosen)
        writing = pool.submit(sync_file_system, str(home.incoming))
        prove(home.incoming, far)
        looking.result()
        writing.result()  # what could not be written is told once: the later look at the same disk would not see it
    return _diagnosis(home, transfer.name, chosen) if home.diagnostic else _results(home, transfer.name, chosen, far)


def _chosen(home: Homecoming, found: Survey) -> Selection:
    folds = (home.staging / home.incoming.name.upper()).exists()
    chosen = select(found.files, home.paths, home.rules, diagnostic=home.diagnostic, folds=folds)
    if not chosen.files:
        what = "no logs" if home.diagnostic else "no files"
        message = f"{home.far.shown}: has {what}; see whether the job wrote there, and what the profile excludes"
        raise TransferError(TransferFault.REMOTE_PATH, message)
    return chosen


def _look_again(home: Homecoming, found: Survey, before: Selection) -> None:
    """Raise TransferError unless everything there is as it was before the first file was copied.

    What changed comes anew, whole: a transfer may know what is here by its length, or its time in seconds, alone.
    """
    again = survey(home.far, found)
    if again is found:
        return
    after = _chosen(home, again)
    changed = sorted(name for name in {*before.files, *after.files} if before.files.get(name) != after.files.get(name))
    for name in changed:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(home.incoming / name)
    if changed or before.links != after.links:
        what = f"{changed[0]!r} changed" if changed else "a symbolic link changed"
        message = f"{home.far.shown}: {what} while it was brought home: wait until nothing writes there any more"
        raise TransferError(TransferFault.CHANGED, message, transient=True)


def _results(home: Homecoming, method: str, chosen: Selection, far: FarList) -> ArtifactSync:
    """Swap the files in with both lists: what is listed is a result."""
    own = list_of_run(home.run_folder, home.paths, chosen, far)
    lists = {
        _below(home.paths, home.paths.far_checksums): far.source,
        _below(home.paths, home.paths.checksums): own.source,
    }
    _swap_in(home, chosen, lists)
    return _ok(method, own)


def _diagnosis(home: Homecoming, method: str, chosen: Selection) -> ArtifactSync:
    """Swap the logs of a run that failed in, without a list."""
    _swap_in(home, chosen, {})
    left = f"; left there: {', '.join(chosen.left)}" if chosen.left else ""
    words = f"diagnostic: the logs of a run that failed; nothing of it is a result{left}"
    return ArtifactSync(SyncStatus.OK, method, len(chosen.files), chosen.wanted.bytes, diagnosis=words)


def _swap_in(home: Homecoming, chosen: Selection, lists: Mapping[str, bytes]) -> None:
    home.run_folder.mkdir(parents=True, exist_ok=True)
    compose(home.composed, home.incoming, chosen.files, chosen.links, lists, home.run_folder)
    swap(home.composed, home.run_folder, (_below(home.paths, home.paths.exit_marker), *lists))
    shutil.rmtree(home.staging)


def _ok(method: str, own: RunList) -> ArtifactSync:
    return ArtifactSync(SyncStatus.OK, method, own.files, own.bytes, checksums_sha256=sha256_of_bytes(own.source))


def _check_space(home: Homecoming, chosen: Selection) -> None:
    """Raise TransferError where the disk here cannot take what is to come: better now than when it is full."""
    there = sum(each.st_size for each in _staged(home.incoming))
    about = os.statvfs(home.staging)
    free, needed = about.f_bavail * about.f_frsize, chosen.wanted.bytes - there
    if needed > free:
        message = f"{home.staging}: {shown(needed)} are to come, and {shown(free)} are free here: free some space"
        raise TransferError(TransferFault.DISK_SPACE, message)


def _staged(folder: Path) -> Iterator[os.stat_result]:
    for above, _, names in os.walk(folder):
        for name in names:
            yield os.lstat(os.path.join(above, name))


def _below(paths: RunPaths, path: str) -> str:
    return path.removeprefix(f"{paths.folder}/")


def _here(home: Homecoming, error: OSError | StoreError | DocumentError) -> TransferError:
    """The error for what went wrong on this machine."""
    if not isinstance(error, OSError):
        return TransferError(TransferFault.UNKNOWN, str(error))
    kind = TransferFault.DISK_SPACE if error.errno in _FULL else TransferFault.UNKNOWN
    kind = TransferFault.PERMISSION if error.errno in _CLOSED else kind
    words = store_error(error.filename or home.staging, "cannot be written", error)
    if error.errno == errno.EXDEV:
        return TransferError(kind, f"{home.staging} and {home.run_folder} have to lie on one file system")
    return TransferError(kind, str(words))
