"""Guards without waiting for an interpreter: a process of each user has the tool loaded and forks for every command.

What runs in the fork is the tool's own command line. Only the interpreter's start and the imports are saved, which
would be most of a battery of two thousand guards.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from tests.battery.somebody import Somebody

__all__ = ["SUPERVISOR", "Starter", "serve"]

SUPERVISOR = "supervisor"
"""The file below ``$O`` that holds the supervisor's process id."""
_LOADED = ("autolab_cli.main", "autolab_cli.commands.guard.running", "autolab_core.io.documents", "ctypes")
_GIVEN = 60
_BYTES = 1 << 17


class Starter:
    """The process of one user. Calls may come from several threads."""

    def __init__(self, who: Somebody, path: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        begin = "from tests.battery.starter import serve"
        start = f"import sys; sys.path[:0] = {list(path)!r}; {begin}; serve({theirs.fileno()})"
        with theirs:
            self._process = subprocess.Popen(
                [who.python, "-P", "-c", start],
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                **who.as_them(),  # type: ignore[call-overload]
            )

    def run(
        self,
        words: Sequence[str],
        *,
        cwd: str,
        environment: Mapping[str, str],
        standard_input: int,
        output: int,
        given: Sequence[int],
        seconds: float,
    ) -> int | None:
        """``autolab *words*`` in a process of its own; its exit code, -n for signal n, None when it took too long.

        The descriptors *given* are handed on; the first is ``$FD``.
        """
        reading, writing = os.pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        standard_input = nothing if standard_input == subprocess.DEVNULL else standard_input
        request = json.dumps({"words": list(words), "cwd": cwd, "environment": dict(environment)}).encode()
        try:
            socket.send_fds(self._socket, [request], [writing, standard_input, output, *given])
        finally:
            os.close(writing)
            os.close(nothing)
        with open(reading, "rb", buffering=0) as answers:
            pid = int.from_bytes(answers.read(4), "little")
            if not select.select([answers], [], [], seconds)[0]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return None
            return os.waitstatus_to_exitcode(int.from_bytes(answers.read(4), "little"))

    def stop(self) -> None:
        """End it; the commands that it started have ended."""
        self._socket.close()
        self._process.wait()


def serve(control: int) -> None:
    """Fork for every request until the other side is gone."""
    for name in _LOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=control) as asked:
        while True:
            request, descriptors, _, _ = socket.recv_fds(asked, _BYTES, 16)
            if not request:
                return
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                asked.close()
                _attend(json.loads(request), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def _attend(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Start the command, say its number, wait for it, say how it ended."""
    answers = descriptors[0]
    pid = os.fork()
    if pid == 0:
        _become(request, descriptors)
    os.write(answers, pid.to_bytes(4, "little"))
    os.write(answers, os.waitpid(pid, 0)[1].to_bytes(4, "little"))
    os._exit(0)


def _become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    code = 70
    try:
        os.setsid()
        for number, descriptor in enumerate((*descriptors[1:3], descriptors[2])):
            os.dup2(descriptor, number)
        for number, descriptor in enumerate(descriptors[3:], _GIVEN):
            os.dup2(descriptor, number)
        os.closerange(3, _GIVEN)
        os.environ.clear()
        os.environ.update(request["environment"])
        if len(descriptors) > 3:
            os.environ["FD"] = str(_GIVEN)
        os.chdir(request["cwd"])
        # Some attempts are directed at the supervisor; outside a namespace of its own they find it by this.
        with open(os.path.join(os.environ["O"], SUPERVISOR), "w") as held:
            held.write(str(os.getpid()))
        code = _autolab(request["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _autolab(words: list[str]) -> int:
    from autolab_cli.main import main

    return main(words)
