"""The daemons of a cluster, seen from a test: start, stop, hang and kill, each by name."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ClusterError", "Daemon", "KeeperLink", "until"]

ROOT = Path(__file__).parents[2]
LOG_TAIL = 30


class ClusterError(Exception):
    """The cluster did not do what was asked of it; the text says which part, and ends with its log."""


def until(true: Callable[[], Any], seconds: float, what: str, *, pause: float = 0.03) -> Any:
    """What *true* returns once that counts as true; ClusterError saying *what* was waited for after *seconds*."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > deadline:
            raise ClusterError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)
    return value


class KeeperLink:
    """The pipe to the keeper (``keeper.py``) of the cluster in *base*; the cluster lives as long as it is open.

    *enter* are words before the keeper's own.
    """

    def __init__(self, base: Path, nodes: Sequence[str], uid: int, gid: int, enter: Sequence[str] = ()) -> None:
        owner = str(os.getpid())
        self._process = subprocess.Popen(
            (*enter, sys.executable, "-m", "tests.cluster.keeper", owner, str(base), str(uid), str(gid), *nodes),
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, *request: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or b'{"error": "the keeper has ended"}')
        if isinstance(answer, dict):
            raise ClusterError(f"{request[0]} {request[1:2]}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the cluster; it is gone when this returns."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(30)
        finally:
            self._process.stdout.close()


@dataclass
class Daemon:
    """One program of the cluster, a child of its keeper."""

    keeper: KeeperLink
    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool]
    pid: int = 0

    @property
    def alive(self) -> bool:
        return self.pid != 0 and self.keeper.ask("exit_code", self.name) is None

    def start(self, *, wait: bool = True) -> None:
        """Start it; it answers when this returns, unless *wait* is False."""
        self.pid = self.keeper.ask("start", self.name, self.argv, dict(self.environment), str(self.log))
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds: float = 40) -> None:
        try:
            until(self._is_ready, seconds, f"{self.name} does not answer")
        except ClusterError as error:
            raise ClusterError(f"{error}\n{self.log_tail()}") from None

    def _is_ready(self) -> bool:
        if not self.alive:
            raise ClusterError(f"{self.name} has ended by itself, exit code {self.keeper.ask('exit_code', self.name)}")
        return self.is_ready()

    def finish(self, seconds: float) -> None:
        """Start a program that ends by itself and wait for that; ClusterError when it fails."""
        self.start(wait=False)
        until(lambda: not self.alive, seconds, f"{self.name} does not end")
        code = self.keeper.ask("exit_code", self.name)
        if code != 0:
            raise ClusterError(f"{self.name} failed, exit code {code}\n{self.log_tail()}")

    def signal(self, number: signal.Signals) -> bool:
        """Send *number*; False when it does not run."""
        return self.pid != 0 and self.keeper.ask("signal", self.name, int(number))

    def stop(self, seconds: float = 15) -> None:
        """End it in its own way (SIGTERM); SIGKILL when it does not."""
        self.signal(signal.SIGTERM)
        self.resume()
        try:
            until(lambda: not self.alive, seconds, f"{self.name} does not end")
        except ClusterError:
            self.kill()

    def kill(self) -> None:
        """SIGKILL; it is gone when this returns."""
        self.signal(signal.SIGKILL)
        until(lambda: not self.alive, 10, f"{self.name} survives SIGKILL")

    def hang(self) -> None:
        """SIGSTOP: its port takes connections and nobody answers."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: it goes on after ``hang``."""
        self.signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def log_tail(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
            return "\n".join([f"the end of {self.log.name}:", *lines])
        return f"{self.log}: no log"
