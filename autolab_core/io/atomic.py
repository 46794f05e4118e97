"""Files replaced whole or not at all.

A temporary file in the same folder, fsync, ``os.replace``, fsync of the folder: after a crash at any moment the
file holds the old bytes or the new ones. What goes wrong is a ``StoreError`` in plain words, with the old file
untouched and the temporary one gone.
"""

from __future__ import annotations

import binascii
import errno
import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from autolab_core.io.documents.write import dump_json
from autolab_core.vocab.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path  # not at run time: importing it costs half an interpreter

__all__ = [
    "is_temporary",
    "make_dirs",
    "remove",
    "store_error",
    "sweep",
    "sync_folder",
    "write_bytes",
    "write_json",
    "write_together",
]

# The pid says whose it is, the host where that pid means anything (folders are shared between machines), the rest
# that nobody guesses it. Its length does not depend on the target's name, which may be as long as the system allows.
_LEFTOVER: Final = r"\.autolab-([0-9]+)-([0-9a-f]{8})-[0-9a-f]{16}\.tmp"
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# What an fsync of a folder says where the file system knows no such thing; the rename is then as safe as it can be.
_NO_FOLDER_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})

_WORDS: Final = {
    errno.ENOSPC: ("the disk is full", "free some space and try again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and try again"),
    errno.EFBIG: ("the file would be larger than this process or file system allows", "see ulimit -f"),
    errno.EROFS: ("the file system is read-only", ""),
    errno.EACCES: ("permission denied", "check who owns the folder and its mode"),
    errno.EPERM: ("permission denied", "check who owns the folder and its mode"),
    errno.ENOENT: ("its folder does not exist", ""),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", ""),
    errno.EISDIR: ("it is a folder", ""),
    errno.ELOOP: ("a part of its path is a symbolic link that leads back to itself", ""),
    errno.ENAMETOOLONG: ("its name is longer than the file system allows", ""),
    errno.EMFILE: ("this process has too many files open", "see ulimit -n"),
    errno.EIO: ("the disk reported an error", "nothing more is known; check the disk"),
}


def store_error(path: Path | str, doing: str, error: OSError) -> StoreError:
    """The ``StoreError`` for *error*, which came up while *doing* (``cannot be written``, say) on *path*."""
    words, hint = _WORDS.get(error.errno or 0, ((error.strerror or str(error)).lower(), ""))
    return StoreError(str(path), f"{doing}: {words}", hint=_under_a_guard(error) or hint)


def _under_a_guard(error: OSError) -> str:
    """What to do where the guard that this runs under is the likely reason; empty where there is none."""
    from autolab_core.vocab.guard import LEVEL_VARIABLE, PROFILE_VARIABLE, GuardLevel

    level = os.environ.get(LEVEL_VARIABLE, GuardLevel.NONE)
    if level == GuardLevel.NONE or error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
        return ""
    profile = os.environ.get(PROFILE_VARIABLE, "unknown")
    return (
        f"this runs under the guard, by the policy of the profile {profile} at the level {level}, and what that "
        "protects is read-only in here: start this command outside of the guard"
    )


def remove(path: Path | str) -> None:
    """Remove the file *path* where it is there; raises ``StoreError`` when that cannot be done."""
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
    except OSError as error:
        raise store_error(path, "cannot be removed", error) from error


def write_json(path: Path | str, data: object, *, sync: bool = True) -> None:
    """Replace *path* by *data* as ``dump_json`` writes it; raises ``StoreError`` and leaves the old file otherwise.

    *sync*: see ``write_bytes``.
    """
    write_bytes(path, dump_json(data, str(path)), sync=sync)


def write_bytes(path: Path | str, data: bytes | Iterable[bytes], *, mode: int | None = None, sync: bool = True) -> None:
    """Replace *path* by *data*, whole or in pieces; when this returns the bytes are on the disk under that name.

    *mode* is what the file gets; without it an existing file keeps its own, and a new one gets what the umask
    allows. Without *sync* every process sees the new bytes at once, and a machine that loses its power may lose them:
    for what is worth nothing once the processes are gone. Raises ``StoreError`` when that cannot be done, and for a
    symbolic link or anything else that is not a regular file: a link could lead anywhere.
    """
    parent, name = os.path.split(path)
    try:
        folder = os.open(parent or os.curdir, _FOLDER)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from error
    try:
        kept = _present_mode(path, name, folder)
        temporary = _write_beside(folder, data, kept if mode is None else mode, sync=sync)
        try:
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _unlink_quietly(temporary, folder)
            raise
        if sync:
            _sync_folder(folder)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from error
    finally:
        os.close(folder)


def write_together(files: Mapping[Path, bytes]) -> None:
    """Replace all of *files*, or none of them: every new content is on the disk before the first name changes.

    Renames are all that is left then: a machine that dies between two of them leaves the first file new and the last
    one old. Raises ``StoreError`` as ``write_bytes`` does; then nothing has changed, unless a rename itself failed.
    """
    written: list[tuple[int, str, str]] = []
    try:
        for path, data in files.items():
            written.append(_written_beside(path, data))
        for path, (folder, temporary, name) in zip(files, written, strict=True):
            try:
                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
                _sync_folder(folder)
            except OSError as error:
                raise _refused(path, error) from error
    finally:
        for folder, temporary, _ in written:
            _unlink_quietly(temporary, folder)  # gone already, unless something failed
            os.close(folder)


def _written_beside(path: Path, data: bytes) -> tuple[int, str, str]:
    """The open folder of *path*, the temporary file in it that holds *data*, and the name that it is to get."""
    parent, name = os.path.split(path)
    try:
        folder = os.open(parent or os.curdir, _FOLDER)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from error
    try:
        return folder, _write_beside(folder, data, _present_mode(path, name, folder), sync=True), name
    except (OSError, ValueError) as error:
        os.close(folder)
        raise _refused(path, error) from error
    except BaseException:
        os.close(folder)
        raise


def make_dirs(path: Path) -> None:
    """Make the folder *path* and what is missing above it, each on the disk when this returns.

    A folder that is there already is fine, also when somebody else makes it meanwhile. Raises ``StoreError``.
    """
    missing = []
    try:
        while path != path.parent and not path.is_dir():
            missing.append(path)
            path = path.parent
        for folder in reversed(missing):
            path = folder
            try:
                folder.mkdir()
            except FileExistsError:
                if not folder.is_dir():
                    raise StoreError(str(folder), "cannot be made a folder: a file has this name") from None
            sync_folder(folder.parent)
    except (OSError, ValueError) as error:
        raise _refused(path, error, "cannot be made") from error


def sync_folder(path: Path) -> None:
    """Let the names in the folder *path* be on the disk when this returns. Raises ``OSError``."""
    descriptor = os.open(path, _FOLDER)
    try:
        _sync_folder(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> int:
    """Remove the temporary files in *folder* that writers of this machine left when they died; how many.

    A file of a living process stays, and so does one of another machine: only there its pid means anything.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    removed = 0
    for name in names:
        found = re.fullmatch(_LEFTOVER, name)
        if found and found[2] == _host() and not _alive(int(found[1])):
            try:
                os.unlink(folder / name)
            except OSError:
                continue
            removed += 1
    return removed


def is_temporary(name: str) -> bool:
    """True for the name of a file that a writer of this module is at work on, or left when it died."""
    return name.startswith(".autolab-") and re.fullmatch(_LEFTOVER, name) is not None


def _present_mode(path: Path | str, name: str, folder: int) -> int | None:
    """The mode of the file that is to be replaced, None when there is none; ``StoreError`` when it is not a file."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISREG(status.st_mode):
        return stat.S_IMODE(status.st_mode)
    what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a folder" if stat.S_ISDIR(status.st_mode) else ""
    raise StoreError(str(path), f"cannot be written: it is {what or 'not a regular file'}")


def _write_beside(folder: int, data: bytes | Iterable[bytes], mode: int | None, *, sync: bool) -> str:
    """Write *data* to a new temporary file in *folder*, with *sync* safe on the disk, and return its name."""
    name = f".autolab-{os.getpid()}-{_host()}-{os.urandom(8).hex()}.tmp"
    # Never wider than the target, not even for a moment; without a target the kernel applies the umask.
    descriptor = os.open(name, _CREATE, 0o666 if mode is None else mode & 0o600, dir_fd=folder)
    try:
        try:
            for piece in (data,) if isinstance(data, bytes) else data:
                rest = memoryview(piece)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            if mode is not None:
                os.fchmod(descriptor, mode)
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)  # on a network file system this is where a full disk may show
    except BaseException:
        _unlink_quietly(name, folder)
        raise
    return name


def _sync_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def _unlink_quietly(name: str, folder: int) -> None:
    with suppress(OSError):  # the error that brought us here is the one to tell
        os.unlink(name, dir_fd=folder)


def _refused(path: Path | str, error: OSError | ValueError, doing: str = "cannot be written") -> StoreError:
    if isinstance(error, OSError):
        return store_error(path, doing, error)
    return StoreError(str(path), f"{doing}: it is not a path that a file can have")  # a NUL, a lone surrogate


def _host() -> str:
    return f"{binascii.crc32(os.fsencode(os.uname().nodename)):08x}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
