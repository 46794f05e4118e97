"""Ask somebody outside the guard to do it. What stands there is in ``services.py``; its process id is ``$PID``."""

from __future__ import annotations

import ctypes
import os
import signal
import socket

from tests.battery.attempt import CHANGED, Place, attempt, best_effort, read, shell, write
from tests.battery.kernel import libc, ok, syscall

GROUP = "somebody outside"
MEMORY = "a process outside"
GIVEN = "given by the caller"
_SERVICE = "a process outside runs as you and does what it is told; only its not being reachable would help"


def _ask_unix(address: str, kind: int = socket.SOCK_STREAM) -> None:
    asking = socket.socket(socket.AF_UNIX, kind)
    asking.settimeout(1)
    asking.connect(address)
    asking.send(b"please")


def _take_descriptor(address: str) -> None:
    asking = socket.socket(socket.AF_UNIX)
    asking.settimeout(1)
    asking.connect(address)
    _, descriptors, _, _ = socket.recv_fds(asking, 1, 1)
    os.truncate(descriptors[0], 0)
    os.write(descriptors[0], CHANGED)


def _abstract(place: Place) -> str:
    return "\0autolab-battery" + place.repo


def _port() -> int:
    with open(os.environ["ADDRESS"]) as held:
        return int(held.read())


def _service() -> int:
    return int(os.environ["PID"])


@attempt(GROUP, service="a socket in /tmp", lasting=0.3)
def a_socket_in_tmp(place: Place) -> None:
    """A service that listens in /tmp, as tmux and editors do."""
    _ask_unix(os.environ["SOCKET"])


@attempt(GROUP, service="a socket in /dev/shm", lasting=0.3)
def a_socket_in_shared_memory(place: Place) -> None:
    """A service that listens in /dev/shm, which work with several processes needs to write."""
    _ask_unix(os.environ["SOCKET"])


@attempt(GROUP, service="a socket in the run folder", lasting=0.3, limit=_SERVICE)
def a_socket_in_a_writable_folder(place: Place) -> None:
    """A service that listens in a folder that the command may write."""
    _ask_unix(os.environ["SOCKET"])


@attempt(GROUP, service="an abstract socket", lasting=0.3)
def an_abstract_socket(place: Place) -> None:
    """A service behind an abstract socket, as X servers and D-Bus have."""
    _ask_unix(_abstract(place))


@attempt(GROUP, service="abstract datagrams", lasting=0.3)
def an_abstract_datagram(place: Place) -> None:
    """A datagram to an abstract socket."""
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    asking.sendto(b"please", _abstract(place))


@attempt(GROUP, service="a socket that gives descriptors in /tmp", lasting=0.3)
def a_descriptor_from_a_socket_in_tmp(place: Place) -> None:
    """A service in /tmp hands over a descriptor that can write."""
    _take_descriptor(os.environ["SOCKET"])


@attempt(GROUP, service="an abstract socket that gives descriptors", lasting=0.3)
def a_descriptor_from_an_abstract_socket(place: Place) -> None:
    """A service behind an abstract socket hands over a descriptor that can write."""
    _take_descriptor(_abstract(place))


@attempt(GROUP, service="tcp", lasting=0.3, limit=_SERVICE + ": `--network none` closes it")
def a_local_port(place: Place) -> None:
    """A service on a TCP port of this machine, as notebook servers and ssh have."""
    with socket.create_connection(("127.0.0.1", _port()), timeout=1) as asking:
        asking.send(b"please")


@attempt(GROUP, service="udp", lasting=0.3, limit=_SERVICE + ": `--network none` closes it", long=True)
def a_local_datagram(place: Place) -> None:
    """A service on a UDP port of this machine."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"please", ("127.0.0.1", _port()))


@attempt(GROUP, service="tcp", lasting=0.3, network="none")
def a_local_port_without_network(place: Place) -> None:
    """The same when the policy says `network: none`."""
    a_local_port(place)


@attempt(GROUP, service="a fifo in /tmp", lasting=0.3)
def a_fifo_in_tmp(place: Place) -> None:
    """A process reads a FIFO in /tmp."""
    with open(os.open(os.environ["SOCKET"], os.O_WRONLY | os.O_NONBLOCK), "wb") as asking:
        asking.write(b"please")


@attempt(GROUP, service="a fifo in the run folder", lasting=0.3, limit=_SERVICE)
def a_fifo_in_a_writable_folder(place: Place) -> None:
    """A process reads a FIFO in a folder that the command may write."""
    a_fifo_in_tmp(place)


@attempt(GROUP, service="a spool in /tmp", lasting=0.4)
def a_spool_in_tmp(place: Place) -> None:
    """Something like at or cron runs what it finds in a folder below /tmp."""
    _leave_a_job()


@attempt(GROUP, service="a spool in the run folder", lasting=0.4, limit=_SERVICE)
def a_spool_in_a_writable_folder(place: Place) -> None:
    """Something like at or cron runs what it finds in a folder that the command may write."""
    _leave_a_job()


def _leave_a_job() -> None:
    write(os.environ["SPOOL"] + "/job", b'echo changed > "$S"\n')


@attempt(GROUP, service="a message queue", lasting=0.3)
def a_message_queue(place: Place) -> None:
    """A process waits at a System V message queue."""
    queue = ok(libc.msgget(int(os.environ["KEY"]), 0))
    message = ctypes.create_string_buffer((1).to_bytes(8, "little") + b"please")
    ok(libc.msgsnd(queue, message, ctypes.c_size_t(6), 0))


@attempt(GROUP, service="a signal", lasting=0.3)
def a_signal_to_a_process(place: Place) -> None:
    """A process that acts on SIGUSR1."""
    os.kill(_service(), signal.SIGUSR1)


@attempt(GROUP, service="a signal", lasting=0.3, long=True)
def a_signal_by_pidfd(place: Place) -> None:
    """The same by pidfd_send_signal(2)."""
    signal.pidfd_send_signal(os.pidfd_open(_service()), signal.SIGUSR1)


@attempt(GROUP, service="a signal", lasting=0.3)
def a_signal_by_a_descriptor_of_ours(place: Place) -> None:
    """fcntl(F_SETOWN): let the kernel send the signal when data arrives on a pipe."""
    import fcntl

    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, _service())
    fcntl.fcntl(reading, 10, signal.SIGUSR1)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writing, b"x")


shell(
    GROUP,
    "tmux outside",
    "A tmux server that runs outside types for us.",
    'tmux -S "$SOCKET" send-keys "echo changed > \'$S\'" Enter',
    service="tmux in /tmp",
    lasting=1.0,
    programs=("tmux",),
)


@attempt(MEMORY, service="an editor", lasting=0.3)
def the_memory_of_a_process(place: Place) -> None:
    """/proc/PID/mem of an editor that has the file open."""
    with open(f"/proc/{_service()}/mem", "r+b", buffering=0) as memory:
        memory.seek(_port())
        memory.write(CHANGED + b"\0")


@attempt(MEMORY, service="an editor", lasting=0.3)
def process_vm_writev(place: Place) -> None:
    """process_vm_writev(2) into an editor that has the file open."""

    class Span(ctypes.Structure):
        _fields_ = (("at", ctypes.c_void_p), ("length", ctypes.c_size_t))

    held = ctypes.create_string_buffer(CHANGED)
    here = Span(ctypes.addressof(held), len(CHANGED) + 1)
    there = Span(_port(), len(CHANGED) + 1)
    ok(libc.process_vm_writev(_service(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0))


@attempt(MEMORY, service="an editor", lasting=0.3)
def ptrace_a_process(place: Place) -> None:
    """ptrace(PTRACE_POKEDATA) into an editor that has the file open."""
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    pid = _service()
    ok(libc.ptrace(16, pid, None, None))
    try:
        os.waitpid(pid, 0x40000000)
        ok(libc.ptrace(5, pid, _port(), int.from_bytes(b"changed\0", "little")))
    finally:
        libc.ptrace(17, pid, None, None)


@attempt(MEMORY, service="an open file")
def the_descriptor_of_a_process(place: Place) -> None:
    """/proc/PID/fd/N of a process that holds the file open for writing."""
    write(f"/proc/{_service()}/fd/40")


@attempt(MEMORY, service="an open file")
def steal_a_descriptor(place: Place) -> None:
    """pidfd_getfd(2) from a process that holds the file open for writing."""
    os.write(syscall("pidfd_getfd", os.pidfd_open(_service()), 40, 0), CHANGED)


@attempt(MEMORY, service="an open file")
def the_root_of_a_process(place: Place) -> None:
    """/proc/PID/root of a process outside, which sees other mounts."""
    write(f"/proc/{_service()}/root{place.spec}")


@attempt(MEMORY, service="an open file")
def the_working_directory_of_a_process(place: Place) -> None:
    """/proc/PID/cwd of a process that stands in the folder."""
    write(f"/proc/{_service()}/cwd/spec.yaml")


@attempt(MEMORY, service="an open file", long=True)
def the_mapped_file_of_a_process(place: Place) -> None:
    """Every /proc/PID of this user: fd, cwd and root, whichever leads to the spec."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for way in (f"/proc/{pid}/root{place.spec}", f"/proc/{pid}/cwd/spec.yaml", f"/proc/{pid}/fd/40"):
            try:
                if os.path.realpath(way).endswith(place.spec) and read(way).startswith(b"task:"):
                    write(way)
            except OSError:
                continue


@attempt(MEMORY, service="an open file")
def the_mount_namespace_of_a_process(place: Place) -> None:
    """setns(2) into the user and mount namespaces of a process outside, then write."""
    for kind in ("user", "mnt"):
        best_effort(lambda kind=kind: ok(libc.setns(os.open(f"/proc/{_service()}/ns/{kind}", os.O_RDONLY), 0)))
    write(place.spec)


@attempt(GIVEN, service="fd: the spec for writing")
def a_descriptor_that_was_left_open(place: Place) -> None:
    """The caller left a descriptor open that can write the spec."""
    os.write(int(os.environ["FD"]), CHANGED)


@attempt(GIVEN, service="fd: the folder")
def a_folder_that_was_left_open(place: Place) -> None:
    """The caller left a descriptor of the folder open, which leads around every mount."""
    write("spec.yaml", directory=int(os.environ["FD"]))


@attempt(GIVEN, service="fd: the root")
def the_root_left_open(place: Place) -> None:
    """The caller left a descriptor of `/` open."""
    write(place.spec[1:], directory=int(os.environ["FD"]))


@attempt(GIVEN, service="stdin: the spec")
def standard_input_is_the_spec(place: Place) -> None:
    """`command < spec`, then /proc/self/fd/0 for writing."""
    write("/proc/self/fd/0")


shell(
    GIVEN,
    "standard input is the folder",
    "`command < folder`, then chdir to /proc/self/fd/0.",
    "cd /proc/self/fd/0/ && echo changed > spec.yaml",
    service="stdin: the folder",
)


@attempt(GIVEN, service="fd: a socket to an inherited socket", lasting=0.3)
def a_socket_that_was_left_open(place: Place) -> None:
    """The caller left one end of a socket open whose other end does what it is told."""
    os.write(int(os.environ["FD"]), b"please")


@attempt(GIVEN, lasting=0.4)
def the_working_directory_is_the_folder(place: Place) -> None:
    """The command starts within the repository and climbs down by `fchdir`, without a path."""
    os.chdir("experiments")
    os.chdir("task")
    write("spec.yaml")
