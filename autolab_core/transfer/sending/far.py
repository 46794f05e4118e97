"""The far side's folders: ``<root>/<name>-<hash>/repo.git`` and ``…/runs/<run_id>/tree``. One call of ``sh`` a step.

A tree is made as ``tree.part``, proven, and only then renamed: what is called ``tree`` is whole. Nothing is removed but
half-made trees; a tree that is replaced is kept under another name.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from typing import Final

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.transfer.base import FarFolder, FarRunner, TransferError
from autolab_core.transfer.words import last_lines, of_text, unreachable
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["FarPlace", "FarTree", "executables", "far_call", "repository_name"]

_SECONDS: Final = 120.0
_NO_FOLDER, _NO_TOOL, _CLOSED, _TOO_WIDE = 66, 69, 77, 78

# $1 the profile's root, $2 our folder below it. Answers with the clock, and the folder as it really is.
_PREPARE: Final = f"""\
date +%s.%N
case $1 in
'~/'*) top=$HOME/${{1#??}} ;;
*) top=$1 ;;
esac
mkdir -p -- "$top" || exit {_CLOSED}
cd -- "$top" || exit {_CLOSED}
case $(pwd -P) in
/ | "$(cd && pwd -P)") exit {_TOO_WIDE} ;;
esac
mkdir -p -- "$2/runs" && cd -- "$2" || exit {_CLOSED}
[ -w . ] && [ -w runs ] || exit {_CLOSED}
pwd -P
"""
# $1 the run's folder. Answers with the hash of the tree that lies there already.
_BEGIN: Final = f"""\
mkdir -p -- "$1" && cd -- "$1" || exit {_CLOSED}
if [ -d tree ] && [ -f sent ]; then cat sent; else echo none; fi
if [ -d tree.part ]; then echo part; else echo new; fi
"""
_CLEAR: Final = f"""\
cd -- "$1" || exit {_NO_FOLDER}
rm -rf -- tree.part tree.part.sha256 index && mkdir tree.part
"""
# $1 the run's folder, $2 the hash. An older tree stays under the name of its own hash.
_ADOPT: Final = f"""\
cd -- "$1" || exit {_NO_FOLDER}
if [ -e tree ]; then
    old=unknown
    [ -f sent ] && read -r old <sent
    rm -f sent
    mv -T -- tree "tree.$old.$$" || exit {_CLOSED}
fi
mv -T -- tree.part tree && mv -f -- tree.part.sha256 tree.sha256
printf '%s\\n' "$2" >sent.part && mv -f sent.part sent
"""
_EXECUTABLE: Final = f"""\
cd -- "$1" || exit {_NO_FOLDER}
LC_ALL=C find . -type f -perm -100 -printf '%P\\0'
"""
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@attrs.frozen
class FarTree:
    """Where a run's tree lies. ``sent``: the hash of the tree that is there, None when there is none; ``begun``: a push
    was cut in its middle."""

    runner: FarRunner
    folder: str
    sent: str | None = None
    begun: bool = False

    @property
    def whole(self) -> FarFolder:
        """The tree once it is proven."""
        return FarFolder(self.runner, f"{self.folder}/tree")

    @property
    def part(self) -> FarFolder:
        """The tree while it is made."""
        return FarFolder(self.runner, f"{self.folder}/tree.part")

    def clear(self) -> None:
        """Throw away what a push left half done, and begin ``part`` anew."""
        far_call(self.runner, _CLEAR, self.folder)

    def adopt(self, tree_sha256: str) -> None:
        """Let ``part`` be the run's tree. Raises TransferError."""
        far_call(self.runner, _ADOPT, self.folder, tree_sha256)


@attrs.frozen
class FarPlace:
    """Our folder on the far side, absolute and without links. ``clock_offset``: our clock minus theirs, in seconds."""

    runner: FarRunner
    folder: str
    clock_offset: float | None = None

    @classmethod
    def prepare(cls, runner: FarRunner, root: str, name: str) -> FarPlace:
        """Make the folder *name* below the profile's *root*. Raises TransferError."""
        before = time.time()
        done = far_call(runner, _PREPARE, root, name, where=f"{runner.host.name}:{root}")
        after = time.time()
        clock, _, folder = done.stdout.partition(b"\n")
        path = os.fsdecode(folder).removesuffix("\n")
        if not path.startswith("/") or "\n" in path:
            raise TransferError(TransferFault.REMOTE_PATH, f"{runner.host.name}:{root}: did not say where it lies")
        return cls(runner, path, _offset(clock, before, after))

    def tree(self, run_id: str) -> FarTree:
        """The tree of the run *run_id* (a safe id), as far as it has come."""
        folder = f"{self.folder}/runs/{run_id}"
        words = far_call(self.runner, _BEGIN, folder).text.split()
        sent = next(iter(words), "")
        return FarTree(self.runner, folder, sent if _HASH.fullmatch(sent) else None, words[-1:] == ["part"])


def executables(far: FarFolder) -> frozenset[str]:
    """The regular files below *far* that their owner may execute."""
    done = far_call(far.runner, _EXECUTABLE, far.path)
    return frozenset(map(os.fsdecode, done.stdout.split(b"\0")[:-1]))


def repository_name(root: str) -> str:
    """The folder of the repository at the real path *root*: its own name, as far as every file system takes it, and a
    hash, so that two of the same name do not meet."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:10]
    own = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(root)).strip(".-")[:60]
    return f"{own or 'repository'}-{digest}"


def far_call(
    runner: FarRunner, script: str, *words: str, where: str = "", stdin: bytes = b"", seconds: float = _SECONDS
) -> CommandResult:
    """Run *script* there, by ``sh``, with *words* as its arguments. Raises TransferError unless it ends with 0."""
    try:
        done = runner.run(Command(("sh", "-c", script, "sh", *words), stdin=stdin, timeout=seconds))
    except RunnerError as error:
        raise unreachable(error) from error
    if done.exit_code == 0:
        return done
    shown = where or f"{runner.host.name}:{words[0]}"
    said = done.stderr.decode("utf-8", "replace")
    if done.exit_code == _TOO_WIDE:
        message = f"{shown}: is the home folder or /; name a folder of its own as `root` of the profile"
        raise TransferError(TransferFault.REMOTE_PATH, message, program_exit=done.exit_code)
    if done.exit_code == _NO_TOOL:
        message = f"{shown}: git is not there; have it installed, or set `push.method: rsync`"
        raise TransferError(TransferFault.REMOTE_PATH, message, program_exit=done.exit_code)
    if done.exit_code == _CLOSED and not _tells(said):
        message = f"{shown}: may not be written there; check `root` of the profile, who owns it, and its mode"
        raise TransferError(TransferFault.PERMISSION, message, program_exit=done.exit_code, last_lines=last_lines(said))
    raise of_text(f"{shown}: could not be prepared", said, there=True, program_exit=done.exit_code)


def _tells(said: str) -> bool:
    return any(words in said.lower() for words in ("no space left", "quota", "read-only file system"))


def _offset(clock: bytes, before: float, after: float) -> float | None:
    """Our clock minus theirs; half the way there and back is its error."""
    found = re.fullmatch(rb"([0-9]{1,12})(?:\.([0-9]+|%?N))?", clock.strip())
    if found is None:
        return None
    fraction = found[2] if found[2] and found[2].isdigit() else b"0"
    return round((before + after) / 2 - float(b"%s.%s" % (found[1], fraction)), 3)
