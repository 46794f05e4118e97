"""What lies in a folder on the far side, and its checksum list: POSIX ``sh`` and the GNU tools, no Python.

The survey is taken before and after the files are copied: where both say the same of every file (its length, its inode,
both its times as the far side's own clock has them), the copy is of one state. No clock of ours is compared with it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.io.checksums import Entry, parse
from autolab_core.io.documents import MAX_BYTES
from autolab_core.transfer.base import FarFolder, TransferError, Wanted
from autolab_core.transfer.words import last_lines, of_text, unreachable
from autolab_core.vocab.errors import DocumentError, RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["FILES_MAX", "FarFile", "FarList", "Survey", "checksums", "survey"]

FILES_MAX: Final = 1_000_000
_SURVEY_SECONDS: Final = 300.0
# A disk that is read by many at once; who is slower than that is told so, and tries again.
_BYTES_A_SECOND: Final = 4_000_000
_NO_FOLDER, _NO_TOOL, _CLOSED = 66, 69, 77

# Records of three fields, each ended by a NUL: facts, name, and where a link leads to.
_SURVEY: Final = f"""\
for tool in find xargs sha256sum; do command -v "$tool" >/dev/null || {{ echo "$tool" >&2; exit {_NO_TOOL}; }}; done
[ -d "$1" ] || exit {_NO_FOLDER}
cd -- "$1" && [ -r . ] || exit {_CLOSED}
if command -v rsync >/dev/null; then printf 'rsync\\0'; else printf 'none\\0'; fi
LC_ALL=C find . -mindepth 1 ! -type d -printf '%y %s %i %T@ %C@\\0%P\\0%l\\0'
"""
# $1 the folder, $2 the list, $3 a name of its own for what is written, $4 how many names standard input has, each ended
# by a NUL: where we were killed meanwhile they are fewer, and no such list may take the place of a whole one. OpenSSL
# is six times as fast as sha256sum where the processor has instructions for it; only plain names ($5) does it write as
# sha256sum would, and it does not notice a full disk: cat does.
_LIST: Final = f"""\
cd -- "$1" || exit {_NO_FOLDER}
umask 077
list=$2 new=$3 count=$4 names=$5
trap 'rm -f -- "$new"' EXIT
fast=; [ "$names" = plain ] && fast=$(openssl dgst -sha256 -r </dev/null 2>/dev/null)
case $fast in
  *' *stdin') set -- openssl dgst -sha256 -r ;;
  *) set -- sha256sum -- ;;
esac
failed=$({{ {{ xargs -0 -r "$@" || echo x >&3; }} | cat >"$new" || echo x >&3; }} 3>&1)
[ -z "$failed" ] && [ "$(wc -l <"$new")" -eq "$count" ] && cat -- "$new" && mv -f -- "$new" "$list"
"""


@attrs.frozen
class FarFile:
    """*kind* is find's letter: ``f`` a regular file, ``l`` a symbolic link to *target*, others are special.

    *stamp* changes when the file does.
    """

    kind: str
    bytes: int
    stamp: str
    target: str = ""


@attrs.frozen
class Survey:
    """Every file below a folder, and whether rsync is there. ``source`` is the answer as it came."""

    files: Mapping[str, FarFile]
    has_rsync: bool
    source: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen
class FarList:
    """The checksum list as the far side wrote it, and its hashes by name."""

    source: bytes
    sha256: Mapping[str, str]


def survey(far: FarFolder, before: Survey | None = None) -> Survey:
    """What lies in the folder *far* now: the very object *before* where nothing has changed since. Raises
    TransferError."""
    done = _run(far, Command(("sh", "-c", _SURVEY, "sh", far.path), timeout=_SURVEY_SECONDS))
    if done.exit_code != 0:
        raise _failure(far, done)
    if before is not None and done.stdout == before.source:
        return before  # reading ten thousand names again takes longer than asking for them
    head, *fields = done.stdout.split(b"\0")
    try:
        if len(fields) % 3 != 1 or fields[-1]:
            raise ValueError("the last record has no end")
        records = [fields[place : place + 3] for place in range(0, len(fields) - 1, 3)]
        files = {os.fsdecode(name): _file(facts, target) for facts, name, target in records}
    except ValueError:
        message = f"{far.shown}: its list of files arrived in pieces"
        raise TransferError(TransferFault.UNKNOWN, message, transient=True) from None
    if len(files) != len(records):
        raise TransferError(TransferFault.NAMES, f"{far.shown}: names a file twice")
    if len(files) > FILES_MAX:
        message = f"{far.shown}: has {len(files)} files, more than {FILES_MAX}: pack them into archives"
        raise TransferError(TransferFault.LIMITS, message)
    return Survey(files, head == b"rsync", done.stdout)


def _file(facts: bytes, target: bytes) -> FarFile:
    kind, length, stamp = facts.decode("ascii").split(" ", 2)
    return FarFile(kind, int(length), stamp, os.fsdecode(target))


def checksums(far: FarFolder, wanted: Wanted) -> FarList:
    """Have the checksum list of *wanted* written beside the folder, and read it. Raises TransferError.

    ``wanted`` must not be empty: a list of nothing proves nothing.
    """
    names = b"".join(os.fsencode(name) + b"\0" for name in sorted(wanted.files, key=os.fsencode))
    seconds = _SURVEY_SECONDS + wanted.bytes / _BYTES_A_SECOND
    kind = "plain" if all(_is_plain(name) for name in wanted.files) else "odd"
    own = f"{far.path}.sha256.{secrets.token_hex(8)}"
    argv = ("sh", "-c", _LIST, "sh", far.path, f"{far.path}.sha256", own, str(len(wanted.files)), kind)
    done = _run(far, Command(argv, stdin=names, timeout=seconds))
    if done.exit_code != 0:
        raise _failure(far, done)
    if len(done.stdout) > MAX_BYTES:
        message = f"{far.shown}: {len(wanted.files)} files are too many for a checksum list of {MAX_BYTES} bytes"
        raise TransferError(TransferFault.LIMITS, f"{message}: pack them into archives")
    try:
        found = dict[str, str](_pairs(parse(done.stdout, f"{far.shown}.sha256")))
    except DocumentError as error:
        raise TransferError(TransferFault.NAMES, str(error)) from error
    if found.keys() != wanted.files.keys():
        message = f"{far.shown}: its checksum list names other files than were asked about"
        raise TransferError(TransferFault.CHANGED, message, transient=True)
    return FarList(done.stdout, found)


def _is_plain(name: str) -> bool:
    return name.isprintable() and "\\" not in name and not name.startswith("-")


def _pairs(entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
    return [(entry.name, entry.sha256) for entry in entries]


def _run(far: FarFolder, command: Command) -> CommandResult:
    try:
        return far.runner.run(command)
    except RunnerError as error:
        raise unreachable(error) from error


def _failure(far: FarFolder, done: CommandResult) -> TransferError:
    said = done.stderr.decode("utf-8", "replace")
    lines = last_lines(said)
    if done.exit_code == _NO_TOOL:
        message = (
            f"{far.shown}: {done.complaint} is not there; have it installed, or put it on the PATH of that machine"
        )
        return TransferError(TransferFault.REMOTE_PATH, message, program_exit=done.exit_code)
    if done.exit_code == _NO_FOLDER:
        message = f"{far.shown}: is no folder there; see `root` of the profile, and whether something removes old files"
        return TransferError(TransferFault.REMOTE_PATH, message, program_exit=done.exit_code)
    if done.exit_code == _CLOSED:
        message = f"{far.shown}: may not be read there; check who owns it and its mode"
        return TransferError(TransferFault.PERMISSION, message, program_exit=done.exit_code, last_lines=lines)
    return of_text(f"{far.shown}: its files could not be listed", said, there=True, program_exit=done.exit_code)
