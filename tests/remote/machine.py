"""The far machine of the tests: a network, a file system and an account of its own, on this kernel.

Root gets network and mount namespaces (unshare(1)) behind a pair of virtual network cards: an sshd there listens on an
address that is not this host's, commands run as an account that this host does not know, its home is a file system of
fixed size that is not seen here, and folders of this host are not seen there. All of it is gone with the process that
holds it, and that ends with the tests. Who may make no namespace gets this host once more (``SameMachine``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.cluster.programs import SEARCH_PATH

__all__ = ["FarMachine", "SameMachine", "far_machine"]

ACCOUNT: Final = "autolab-far"
CSH_ACCOUNT: Final = "autolab-far-csh"
HOME_BYTES: Final = 64 * 2**20
_UID: Final = 64123
_NEEDED: Final = ("ip", "unshare", "nsenter", "mount")
# $1 the folder of this machine, $2 the size of its home, $3 the account's number, then what is hidden from it.
_SETUP: Final = """\
set -e
folder=$1; size=$2; uid=$3; shift 3
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group
for each; do mount -t tmpfs -o mode=0755 tmpfs "$each"; done
mount -t tmpfs -o "size=$size,uid=$uid,gid=$uid,mode=0755" tmpfs "$folder/home"
ip link set lo up
echo ready
exec cat
"""


class SameMachine:
    """This host: what lies there lies here, and nothing has to be entered."""

    account: str | None = None
    csh_account: str | None = None
    uid = os.geteuid()
    address = "127.0.0.1"
    inside: int | None = None
    enter: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="autolab-far-"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.shared = self.folder / "shared"
        self.shared.mkdir()
        self.shared.chmod(0o777)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def seen(self, path: str | Path) -> Path:
        """What is *path* there, for this host's eyes."""
        return Path(path)


class FarMachine(SameMachine):
    """A machine of its own. *hidden* are folders of this host that are empty there.

    ``home`` is its file system, ``shared`` a folder that both see. ``enter`` are the words before a command that is to
    run there as root, ``inside`` is the process whose namespaces they are. ``csh_account`` is the same user by another
    name, whose login shell is tcsh.
    """

    account = ACCOUNT
    csh_account = CSH_ACCOUNT
    uid = _UID

    def __init__(self, *hidden: Path) -> None:
        super().__init__()
        self._hidden = hidden
        self._holder: subprocess.Popen[str] | None = None
        self._card = f"far{os.getpid()}"
        self.address = ""

    def __enter__(self) -> Self:
        user = f"x:{_UID}:{_UID}::{self.home}"
        accounts = f"{ACCOUNT}:{user}:/bin/sh\n{CSH_ACCOUNT}:{user}:/bin/tcsh"
        for name, lines in (("passwd", accounts), ("group", f"{ACCOUNT}:x:{_UID}:")):
            known = Path("/etc", name).read_text().rstrip("\n")
            (self.folder / name).write_text(f"{known}\n{lines}\n")
        words = ("sh", "-c", _SETUP, "sh", str(self.folder), str(HOME_BYTES), str(_UID), *map(str, self._hidden))
        self._holder = subprocess.Popen(
            ("unshare", "--net", "--mount", "--propagation", "private", "--", *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n", "the far machine cannot be set up"
        self.inside = self._holder.pid
        self.enter = ("nsenter", f"--target={self.inside}", "--net", "--mount", "--")
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._holder is not None
        self._holder.communicate()
        super().__exit__(kind, error, trace)

    def _connect(self) -> None:
        """Two cards, one on each side, in a network that is for measuring and is nobody's (RFC 2544)."""
        number = os.getpid() % 2**14 * 4
        prefix = f"198.18.{number // 256}" if number < 2**15 else f"198.19.{number // 256 - 128}"
        here, self.address = (f"{prefix}.{number % 256 + end}" for end in (1, 2))
        _ip("link", "add", self._card, "type", "veth", "peer", "name", "near", "netns", str(self.inside))
        _ip("address", "add", f"{here}/30", "dev", self._card)
        _ip("link", "set", self._card, "up")
        for words in (("address", "add", f"{self.address}/30", "dev", "near"), ("link", "set", "near", "up")):
            subprocess.run((*self.enter, "ip", *words), check=True)

    def plug(self, state: str) -> None:
        """The network cable, at its end there: ``down`` and nothing passes any more; ``up`` and it does."""
        subprocess.run((*self.enter, "ip", "link", "set", "near", state), check=True)

    def seen(self, path: str | Path) -> Path:
        return Path(f"/proc/{self.inside}/root{path}")


def far_machine(*hidden: Path) -> SameMachine:
    """A machine to enter with ``with``: its own where this process may make one."""
    return FarMachine(*hidden) if _may_make_one() else SameMachine()


def _may_make_one() -> bool:
    if os.geteuid() != 0 or any(shutil.which(name, path=SEARCH_PATH) is None for name in _NEEDED):
        return False
    card = f"try{os.getpid()}"
    script = f"mount -t tmpfs tmpfs /mnt && ip link add {card} type veth peer name {card}x"
    words = ("unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script)
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True)
