"""The one step in which a run's folder becomes the one with the files that came home.

The new folder is made beside the staged files: those, the run's lists, and by hard links whatever lies in the run's
folder and came from nowhere else (the manifest, what schedulers answered, the scripts). Then both folders change their
names, which the kernel does whole or not at all. Where the file system knows no such exchange, file after file gets its
name, the exit marker and the lists last; who reads the sync status sees neither, because it is written afterwards.
The caller holds the lock of the stage: nobody else writes into the run's folder meanwhile, but for `autolab cancel`.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from autolab_core.io.atomic import sync_folder
from autolab_core.io.kernel import exchange, sync_file_system

__all__ = ["compose", "swap", "take_back"]


def take_back(composed: Path, staged: Path, names: Iterable[str]) -> None:
    """Undo a ``compose`` that was cut short: *names* go back to the folder *staged*, the rest of it is removed.

    Raises OSError.
    """
    if composed.is_dir():
        for name in names:
            with suppress(FileNotFoundError, NotADirectoryError):
                if stat.S_ISREG(os.lstat(composed / name).st_mode) and not os.path.lexists(staged / name):
                    (staged / name).parent.mkdir(parents=True, exist_ok=True)
                    os.rename(composed / name, staged / name)
        shutil.rmtree(composed)


def compose(
    composed: Path,
    staged: Path,
    names: Iterable[str],
    links: Mapping[str, str],
    lists: Mapping[str, bytes],
    run_folder: Path,
) -> None:
    """Make the folder *composed* of *staged*: its files *names*, *links*, the files *lists*, and what else lies in
    *run_folder*. Nothing else of *staged* is left.

    Raises OSError.
    """
    _prune(str(staged), frozenset(names))
    os.rename(staged, composed)
    composed.chmod(stat.S_IMODE(run_folder.stat().st_mode))
    made = {""}
    for name, target in links.items():
        _folder(composed, name, made)
        os.symlink(target, composed / name)
    for name, source in lists.items():
        (composed / name).write_bytes(source)
    for name in _entries(run_folder):
        _carry(run_folder / name, composed / name)


def swap(composed: Path, run_folder: Path, last: tuple[str, ...]) -> None:
    """Let *composed* be *run_folder*, on the disk when this returns; *last*: the names whose files come last where it
    cannot be done in one step. Raises OSError."""
    sync_file_system(str(composed))
    if exchange(str(composed), str(run_folder)):
        _bring_late_ones(composed, run_folder)
    else:
        names = [
            name for name in _entries(composed) if not (composed / name).is_dir() or (composed / name).is_symlink()
        ]
        made = {""}
        for name in (*(name for name in names if name not in last), *(name for name in last if name in names)):
            _folder(run_folder, name, made)
            os.replace(composed / name, run_folder / name)
        sync_file_system(str(run_folder))
    sync_folder(run_folder.parent)
    shutil.rmtree(composed)


def _prune(root: str, names: frozenset[str]) -> None:
    """Remove everything below *root* but the files *names* and the folders they lie in. No link is followed."""
    folders: set[str] = set()
    for name in names:
        while (name := name.rpartition("/")[0]) and name not in folders:
            folders.add(name)
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(f"{root}/{prefix}") as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                if not entry.is_dir(follow_symlinks=False):
                    if name not in names:
                        os.unlink(entry.path)
                elif name in folders:
                    waiting.append(f"{name}/")
                else:
                    shutil.rmtree(entry.path)


def _folder(root: Path, name: str, made: set[str]) -> None:
    above = name.rpartition("/")[0]
    if above not in made:
        (root / above).mkdir(parents=True, exist_ok=True)
        made.add(above)


def _entries(folder: Path) -> Iterator[str]:
    """Every file and folder below *folder*, relative to it, a folder before what lies in it. No link is followed."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                yield f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{prefix}{entry.name}/")


def _carry(source: Path, target: Path) -> None:
    """The file, link or folder *source* under the name *target* too, unless that is there already."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir(exist_ok=True)
    elif not os.path.lexists(target):
        try:
            os.link(source, target, follow_symlinks=False)
        except FileNotFoundError:
            return  # ended meanwhile: a temporary file, say
        except OSError:  # no hard links here
            shutil.copy2(source, target, follow_symlinks=False)


def _bring_late_ones(before: Path, run_folder: Path) -> None:
    """What was written into the run's folder between ``compose`` and the exchange goes where it belongs."""
    for name in _entries(before):
        old, new = before / name, run_folder / name
        with suppress(FileNotFoundError):
            about = os.lstat(old)
            if not stat.S_ISDIR(about.st_mode) and not os.path.lexists(new):
                new.parent.mkdir(parents=True, exist_ok=True)
                os.rename(old, new)
