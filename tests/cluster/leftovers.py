"""What a private cluster leaves on a machine, where to look for it, and how it is taken away.

A cluster's folder is ``/tmp/sl…``; its database lies in a folder of the same name in ``/dev/shm``. ``owner.json`` in
the first is locked (flock) by the keeper for as long as it lives, so a lock that can be had means an owner that died.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

__all__ = [
    "CGROUPS",
    "DATABASES",
    "PLACE",
    "PREFIX",
    "cgroups",
    "children",
    "claim",
    "descendants",
    "end_processes",
    "marked",
    "mentions",
    "remove",
    "sweep",
    "thaw",
]

PREFIX = "sl"
PLACE = Path("/tmp")
DATABASES = Path("/dev/shm")
CGROUPS = Path("/sys/fs/cgroup")

_CLAIM = "owner.json"
_NODE = re.compile(r"[A-Za-z0-9]+")
DEADLINE = 10.0


def claim(base: Path, nodes: Iterable[str]) -> IO[str]:
    """Lock *base* for this process, as the file that is returned is open, and note what must be removed with it."""
    file = (base / _CLAIM).open("a+", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX)
    json.dump({"nodes": list(nodes)}, file)
    file.flush()
    return file


def sweep() -> list[Path]:
    """Remove what clusters left whose keeper was killed; the folders that were removed. Only one's own are touched."""
    found = []
    for base in PLACE.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            # A link, or somebody else's folder, is not ours to empty.
            if base.is_symlink() or os.geteuid() not in {0, base.stat().st_uid}:
                continue
            with (base / _CLAIM).open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                nodes = [node for node in json.load(file)["nodes"] if _NODE.fullmatch(node)]
                end_processes(lambda base=base: marked(base))
                remove(base, nodes)
                found.append(base)
    return found


def marked(base: Path) -> list[int]:
    """Processes that belong to the cluster in *base*: their environment or their command line names the folder."""
    # As part of a path, or as a whole argument.
    names = (f"{base}/", f"{base}\0")
    found = [int(entry.name) for entry in _processes() if any(mentions(entry.name, name) for name in names)]
    return [pid for pid in found if pid != os.getpid()]


def mentions(pid: int | str, text: str) -> bool:
    """Whether *text* stands in the environment or the command line of a process that may be looked at."""
    with contextlib.suppress(OSError):
        folder = Path("/proc", str(pid))
        return os.fsencode(text) in (folder / "environ").read_bytes() + b"\0" + (folder / "cmdline").read_bytes()
    return False


def children() -> dict[int, list[tuple[int, str]]]:
    """Each process that has children: their pids and states, as proc(5) spells them."""
    found: dict[int, list[tuple[int, str]]] = {}
    for entry in _processes():
        with contextlib.suppress(OSError):
            # The command's name is in parentheses and may hold anything.
            state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            found.setdefault(int(parent), []).append((int(entry.name), state))
    return found


def descendants(of: int, known: Mapping[int, Sequence[tuple[int, str]]] | None = None) -> list[int]:
    """Every living process below the process *of*, zombies left out; *known* is what ``children`` said."""
    known = children() if known is None else known
    found, parents = [], [of]
    while parents:
        below = known.get(parents.pop(), [])
        found += [pid for pid, state in below if state not in "ZX"]
        parents += [pid for pid, _ in below]
    return found


def end_processes(living: Callable[[], list[int]], reap: Callable[[], object] = lambda: None) -> list[int]:
    """Kill what *living* lists until it lists nothing; those that are left after ten seconds are returned."""
    deadline = time.monotonic() + DEADLINE
    while (pids := living()) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        reap()
        time.sleep(0.01)
    return pids


def remove(base: Path, nodes: Iterable[str]) -> None:
    """Remove the folders of a cluster whose processes have ended, and the cgroups of its *nodes*."""
    for node in nodes:
        for top in cgroups(node):
            _remove_cgroup(top)
    shutil.rmtree(DATABASES / base.name, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


def cgroups(node: str) -> list[Path]:
    """The cgroups that a slurmd called *node* made, one in each tree (version 1)."""
    return [top for top in CGROUPS.glob(f"*/slurm_{node}") if top.is_dir()]


def thaw(nodes: Iterable[str]) -> None:
    """Let frozen jobs of *nodes* go on: a frozen process does not even take SIGKILL."""
    for node in nodes:
        for state in (CGROUPS / "freezer" / f"slurm_{node}").rglob("freezer.state"):
            with contextlib.suppress(OSError):
                state.write_text("THAWED")


def _remove_cgroup(top: Path) -> None:
    # A process leaves its cgroup a moment after it has ended; until then the folder is busy.
    deadline = time.monotonic() + 2
    while top.is_dir() and time.monotonic() < deadline:
        for folder, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        if top.is_dir():
            time.sleep(0.02)


def _processes() -> Iterator[Path]:
    return (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
