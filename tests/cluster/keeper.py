"""The process that owns a private cluster, so that nothing of it is left whoever dies.

Every daemon is its child, and so is every process that a job leaves behind (it is a "child subreaper", prctl(2)).
When the process that started it closes the pipe or dies, by SIGKILL too, it kills everything below itself and
removes the cluster's folders. Should the keeper itself be killed, the daemons end with it (PR_SET_PDEATHSIG); what
jobs and folders are then left is removed when the next cluster starts.

A program of its own: ``python -m tests.cluster.keeper OWNER BASE UID GID NODE…``. It reads one request a line, a JSON
list, and answers each with one line: ``["start", name, argv, environment, log]`` → pid, ``["signal", name, number]`` →
whether there was such a process, ``["exit_code", name]`` → null while it runs, ``["end_jobs", node]`` → how many
processes of that node's jobs (of all, when it is empty) were killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cluster import leftovers

_LIBC = ctypes.CDLL(None, use_errno=True)
_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36


def _end_with_parent() -> None:
    _LIBC.prctl(_SET_PDEATHSIG, signal.SIGKILL)


class Keeper:
    """The daemons of one cluster, by name."""

    def __init__(self, base: Path, nodes: list[str]) -> None:
        self.base = base
        self.nodes = nodes
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: list[str], environment: dict[str, str], log: str) -> int:
        with open(log, "ab") as output:
            child = subprocess.Popen(
                argv,
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  (this program has no threads)
            )
        self.children[name] = child
        return child.pid

    def signal(self, name: str, number: int) -> bool:
        child = self.children[name]
        child.send_signal(number)  # looks first whether it has ended
        return child.returncode is None

    def exit_code(self, name: str) -> int | None:
        return self.children[name].poll()

    def end_jobs(self, node: str = "") -> int:
        """Kill every slurmstepd and what runs below it, or those of *node* alone."""
        first = self._jobs(node)
        leftovers.thaw([node] if node else self.nodes)
        leftovers.end_processes(lambda: [pid for pid in self._jobs(node) if not node or pid in first], self.reap)
        return len(first)

    def _jobs(self, node: str) -> list[int]:
        # slurmd lets go of a slurmstepd, so that it becomes a child of the keeper; what is still below a daemon is
        # the daemon's own.
        known = leftovers.children()
        daemons = {child.pid for child in self.children.values() if child.poll() is None}
        found: list[int] = []
        for pid, state in known.get(os.getpid(), []):
            if pid not in daemons and state not in "ZX":
                tree = [pid, *leftovers.descendants(pid, known)]
                if not node or any(leftovers.mentions(each, f"SLURMD_NODENAME={node}\0") for each in tree):
                    found += tree
        return found

    def reap(self) -> None:
        """Take leave of orphans that have ended; the daemons' exit codes stay with their Popen objects."""
        daemons = {child.pid: child for child in self.children.values() if child.returncode is None}
        while ended := _ended_child():
            if ended in daemons:
                daemons[ended].poll()
            else:
                os.waitpid(ended, 0)

    def end(self) -> None:
        leftovers.thaw(self.nodes)
        leftovers.end_processes(lambda: leftovers.descendants(os.getpid()), self.reap)
        self.reap()
        leftovers.remove(self.base, self.nodes)


def _ended_child() -> int | None:
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return ended.si_pid if ended else None


def _serve(keeper: Keeper, owner: int) -> None:
    """Answer requests until the owner closes the pipe or is gone."""
    buffer = b""
    while os.getppid() == owner:
        ready, _, _ = select.select([0], [], [], 0.5)
        keeper.reap()
        if not ready:
            continue
        data = os.read(0, 65536)
        if not data:
            return
        *requests, buffer = (buffer + data).split(b"\n")
        for request in requests:
            os.write(1, json.dumps(_answer(keeper, json.loads(request))).encode() + b"\n")


def _answer(keeper: Keeper, request: list[Any]) -> Any:
    name, *arguments = request
    try:
        return getattr(keeper, name)(*arguments)
    except OSError as error:
        return {"error": str(error)}


def main() -> None:
    owner, base, uid, gid, *nodes = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.chdir("/")
    if os.geteuid() == 0 and int(uid) != 0:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    keeper = Keeper(Path(base), nodes)
    lock = leftovers.claim(keeper.base, nodes)
    try:
        _serve(keeper, int(owner))
    except BrokenPipeError:
        pass
    finally:
        keeper.end()
        lock.close()


if __name__ == "__main__":
    main()
