"""Processes outside the guard that do for whoever asks: ready after one line, there until the end of their input.

They stand for what an ordinary machine has: a desktop's services, tmux, an editor with the file open, cron, a container
daemon. Each runs as the attempt's own user. What it does when asked is to write the changed bytes into the spec.
"""

from __future__ import annotations

import array
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from tests.battery.attempt import read, write
from tests.battery.kernel import libc, ok

__all__ = ["KINDS"]


def _serve(listening: socket.socket, *, descriptor: bool = False) -> None:
    listening.listen()
    while True:
        asked = listening.accept()[0]
        if descriptor:
            held = array.array("i", [os.open(os.environ["S"], os.O_RDWR)])
            asked.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, held)])
        elif asked.recv(100):
            write(os.environ["S"])
        asked.close()


def _unix(path: str, **options: bool) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    _ready()
    _serve(listening, **options)


def _abstract() -> str:
    return "\0autolab-battery" + os.environ["R"]


def _datagrams() -> None:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(_abstract())
    _ready()
    listening.recv(100)
    write(os.environ["S"])


def _tcp(kind: int) -> None:
    listening = socket.socket(socket.AF_INET, kind)
    listening.bind(("127.0.0.1", 0))
    write(os.environ["ADDRESS"], str(listening.getsockname()[1]).encode())
    _ready()
    if kind == socket.SOCK_DGRAM:
        listening.recv(100)
        write(os.environ["S"])
    else:
        _serve(listening)


def _fifo(path: str) -> None:
    os.mkfifo(path)
    _ready()
    with open(path, "rb") as reading:
        reading.read()
    write(os.environ["S"])


def _spool(folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    _ready()
    while True:
        for name in os.listdir(folder):
            time.sleep(0.05)
            subprocess.run(["sh", os.path.join(folder, name)], check=False)
            os.unlink(os.path.join(folder, name))
        time.sleep(0.02)


def _message_queue() -> None:
    queue = ok(libc.msgget(int(os.environ["KEY"]), 0o1600))
    _ready()
    try:
        ok(libc.msgrcv(queue, ctypes.create_string_buffer(64), ctypes.c_size_t(8), ctypes.c_long(0), 0))
        write(os.environ["S"])
    finally:
        libc.msgctl(queue, 0, None)


def _signal() -> None:
    signal.signal(signal.SIGUSR1, lambda *_: write(os.environ["S"]))
    _ready()
    while True:
        signal.pause()


def _buffer() -> None:
    """An editor: it saves its buffer when the buffer is no longer what was loaded."""
    loaded = read(os.environ["S"])
    buffer = ctypes.create_string_buffer(loaded, 4096)
    write(os.environ["ADDRESS"], str(ctypes.addressof(buffer)).encode())
    _ready()
    while buffer.value == loaded:
        time.sleep(0.01)
    write(os.environ["S"], buffer.value)
    signal.pause()


def _open_file() -> None:
    os.dup2(os.open(os.environ["S"], os.O_RDWR), 40)
    os.chdir(os.environ["D"])
    _ready()
    signal.pause()


def _inherited_socket() -> None:
    held = socket.socket(fileno=int(os.environ["SERVICE_FD"]))
    _ready()
    if held.recv(100):
        write(os.environ["S"])


def _tmux() -> None:
    start = ["tmux", "-S", os.environ["SOCKET"], "-f", "/dev/null", "new-session", "-d", "sh"]
    subprocess.run(start, check=True)
    _ready()


def _end_tmux() -> None:
    subprocess.run(["tmux", "-S", os.environ["SOCKET"], "kill-server"], check=False)


KINDS: dict[str, Callable[[], None]] = {
    "a socket": lambda: _unix(os.environ["SOCKET"]),
    "an abstract socket": lambda: _unix(_abstract()),
    "abstract datagrams": _datagrams,
    "a socket that gives descriptors": lambda: _unix(os.environ["SOCKET"], descriptor=True),
    "an abstract socket that gives descriptors": lambda: _unix(_abstract(), descriptor=True),
    "tcp": lambda: _tcp(socket.SOCK_STREAM),
    "udp": lambda: _tcp(socket.SOCK_DGRAM),
    "a fifo": lambda: _fifo(os.environ["SOCKET"]),
    "a spool": lambda: _spool(os.environ["SPOOL"]),
    "a message queue": _message_queue,
    "a signal": _signal,
    "an editor": _buffer,
    "an open file": _open_file,
    "an inherited socket": _inherited_socket,
    "tmux": _tmux,
}


def _ready() -> None:
    os.write(1, b"ready\n")


def main() -> None:
    """Serve until standard input ends."""
    kind = sys.argv[1]
    # Whoever is the parent in a process tree may be asked by ptrace as well.
    libc.prctl(0x59616D61, ctypes.c_ulong(2**64 - 1), 0, 0, 0)
    threading.Thread(target=_until_the_end, args=(kind,), daemon=True).start()
    KINDS[kind]()
    signal.pause()


def _until_the_end(kind: str) -> None:
    sys.stdin.read()
    if kind == "tmux":
        _end_tmux()
    os._exit(0)
