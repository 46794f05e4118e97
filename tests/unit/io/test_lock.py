"""One holder at a time, across real processes: the lock dies with its last holder and is never stolen."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autolab_core.io.lock import acquire, holder
from autolab_core.vocab.errors import LockHeld, StoreError

pytestmark = pytest.mark.timeout(60)

HEAD = (
    "import os, subprocess, sys, time\nfrom pathlib import Path\n"
    "from autolab_core.io.lock import acquire, holder\n"
    "from autolab_core.vocab.errors import LockHeld, StoreError\n"
    "path = Path(sys.argv[1])\n"
)


class Process:
    """A Python process that runs *code* and talks in lines."""

    def __init__(self, code: str, *arguments: str | Path) -> None:
        command = [sys.executable, "-u", "-c", HEAD + code, *map(str, arguments)]
        self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self) -> str:
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().strip()

    def end(self) -> None:
        self.popen.kill()
        self.popen.communicate()


@pytest.fixture
def run() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(code: str, *arguments: str | Path) -> Process:
        started.append(Process(code, *arguments))
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "launch.lock"


HOLD = "lock = acquire(path, what='launching r1')\nprint('held')\nsys.stdin.read()"
TRY = "try:\n    acquire(path, what='try'); print('got it')\nexcept LockHeld as error: print(error)\n"


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


def test_a_free_lock_is_held_until_the_block_ends(path: Path) -> None:
    with acquire(path, what="launching r1"):
        assert holder(path) is not None
    assert holder(path) is None

    with acquire(path, what="again") as lock:
        assert lock.path == path


def test_the_file_says_who_holds_the_lock_since_when_and_what_for(path: Path) -> None:
    path.write_text("x" * 5000)  # what an earlier holder wrote is gone, however long it was
    with acquire(path, what="launching r1"):
        note = json.loads(path.read_text())

        assert (note["pid"], note["host"], note["what"]) == (os.getpid(), os.uname().nodename, "launching r1")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", note["since"])
        assert abs(time.mktime(time.strptime(note["since"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time()) < 60
        assert holder(path) == f"pid {note['pid']} on {note['host']} since {note['since']} (launching r1)"


def test_who_comes_second_is_told_who_was_first(path: Path, run: Callable[..., Process]) -> None:
    first = run(HOLD, path)
    assert first.line() == "held"

    with pytest.raises(LockHeld) as caught:
        acquire(path, what="me too")
    assert caught.value.path == str(path)
    assert caught.value.holder == holder(path)
    assert re.fullmatch(rf"pid {first.popen.pid} on \S+ since \S+Z \(launching r1\)", caught.value.holder)
    assert json.loads(path.read_text())["pid"] == first.popen.pid


def test_one_process_cannot_hold_a_lock_twice_either(path: Path) -> None:
    with acquire(path, what="one"), pytest.raises(LockHeld):
        acquire(path, what="two")


def test_a_lock_that_is_held_is_refused_at_once_without_a_wait(path: Path) -> None:
    with acquire(path, what="one"):
        start = time.monotonic()
        with pytest.raises(LockHeld):
            acquire(path, what="two")
        assert time.monotonic() - start < 0.2


def test_a_killed_holder_frees_the_lock(path: Path, run: Callable[..., Process]) -> None:
    first = run(HOLD, path)
    assert first.line() == "held"
    first.popen.send_signal(signal.SIGKILL)
    first.popen.wait()

    assert holder(path) is None
    acquire(path, what="next").release()


def test_a_child_that_inherits_the_descriptor_holds_the_lock_when_its_parent_is_dead(
    path: Path, run: Callable[..., Process]
) -> None:
    parent = run(
        "lock = acquire(path, what='supervising')\n"
        "child = subprocess.Popen(['sleep', '60'], pass_fds=[lock.fileno()], stdout=subprocess.DEVNULL)\n"
        "print(child.pid)\nsys.stdin.read()",
        path,
    )
    child = int(parent.line())
    parent.popen.send_signal(signal.SIGKILL)
    parent.popen.wait()
    try:
        with pytest.raises(LockHeld, match="supervising"):
            acquire(path, what="next")
        assert holder(path) is not None
    finally:
        os.kill(child, signal.SIGKILL)

    assert eventually(lambda: holder(path) is None)
    acquire(path, what="next").release()


def test_a_release_by_the_parent_leaves_the_lock_with_the_child(path: Path) -> None:
    with acquire(path, what="launching") as lock:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[lock.fileno()])
    try:
        assert holder(path) is not None
    finally:
        child.kill()
        child.wait()

    assert holder(path) is None


def test_a_child_that_was_given_nothing_does_not_hold_the_lock(path: Path) -> None:
    with acquire(path, what="launching"):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        assert holder(path) is None
    finally:
        child.kill()
        child.wait()


def test_releasing_twice_is_fine_and_a_released_lock_has_no_descriptor(path: Path) -> None:
    lock = acquire(path, what="x")
    lock.release()
    other = os.open(path, os.O_RDONLY)  # takes the number that was freed: it must not be closed
    lock.release()

    os.fstat(other)
    os.close(other)
    with pytest.raises(ValueError, match="released"):
        lock.fileno()


def test_the_file_stays_when_the_lock_is_released(path: Path) -> None:
    acquire(path, what="x").release()

    assert path.exists()


def test_a_wait_ends_when_the_holder_does(path: Path, run: Callable[..., Process]) -> None:
    first = run("lock = acquire(path, what='short')\nprint('held')\ntime.sleep(0.4)", path)
    assert first.line() == "held"
    start = time.monotonic()
    with acquire(path, what="next", wait=30):
        assert time.monotonic() - start < 10


def test_a_wait_is_as_long_as_it_was_asked_for(path: Path) -> None:
    with acquire(path, what="one"):
        start = time.monotonic()
        with pytest.raises(LockHeld):
            acquire(path, what="two", wait=0.3)
        assert 0.3 <= time.monotonic() - start < 2


def test_a_wall_clock_that_stands_still_or_jumps_back_changes_no_wait(path: Path, run: Callable[..., Process]) -> None:
    # In a process of its own, where every clock that can be set goes backwards.
    code = (
        "now = [1e9]\n"
        "def back(*_): now[0] -= 3600; return now[0]\n"
        "time.time = back; gmtime = time.gmtime; time.gmtime = lambda *_: gmtime(back())\n"
        "start = time.monotonic()\n"
        "try: acquire(path, what='two', wait=0.2)\n"
        "except LockHeld: print(0.2 <= time.monotonic() - start < 5)\n"
    )
    with acquire(path, what="one"):
        assert run(code, path).line() == "True"


def test_waiting_costs_next_to_no_cpu(path: Path) -> None:
    with acquire(path, what="one"):
        start = time.process_time()
        with pytest.raises(LockHeld):
            acquire(path, what="two", wait=1.0)
        assert time.process_time() - start < 0.1


def test_asking_who_holds_it_never_makes_an_acquirer_fail(path: Path, run: Callable[..., Process]) -> None:
    path.touch()
    for _ in range(3):
        assert run("print('looking')\nwhile True: holder(path)", path).line() == "looking"
    for _ in range(300):
        acquire(path, what="x").release()


def test_many_processes_exclude_one_another(path: Path, tmp_path: Path, run: Callable[..., Process]) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    code = (
        "for _ in range(40):\n"
        "    with acquire(path, what='count', wait=60):\n"
        "        counter = Path(sys.argv[2]); number = int(counter.read_text())\n"
        "        counter.write_text(str(number + 1))\n"
        "print('done')\n"
    )
    counters = [run(code, path, counter) for _ in range(4)]
    assert [process.line() for process in counters] == ["done"] * 4

    assert counter.read_text() == "160"


def test_only_one_of_many_that_do_not_wait_gets_it(path: Path, run: Callable[..., Process]) -> None:
    code = "print('ready'); sys.stdin.readline()\n" + TRY + "sys.stdin.read()"
    rivals = [run(code, path) for _ in range(4)]
    assert [rival.line() for rival in rivals] == ["ready"] * 4
    for rival in rivals:
        assert rival.popen.stdin is not None
        rival.popen.stdin.write("\n")
        rival.popen.stdin.flush()
    answers = [rival.line() for rival in rivals]

    assert answers.count("got it") == 1
    assert all("held by" in answer for answer in answers if answer != "got it")


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\n", b"not json", b"[]", b"{}", b'"x"', b"[" * 4000, b"\xff\xfe\x00", b'{"pid": 1}', b"x" * 99999],
)
def test_a_note_that_cannot_be_read_is_an_unknown_holder(path: Path, garbage: bytes) -> None:
    with acquire(path, what="x"):
        path.write_bytes(garbage)

        assert holder(path) == "another process, which has not written its name"
        with pytest.raises(LockHeld, match="held by another process"):
            acquire(path, what="y")


def test_a_note_cannot_write_to_the_terminal(path: Path) -> None:
    with acquire(path, what="a\nb\x1b[2J"):
        words = holder(path)

        assert words is not None
        assert words.endswith("(a?b?[2J)")


def test_what_an_earlier_holder_wrote_is_nobody(path: Path) -> None:
    path.write_text('{"pid": 1, "host": "h", "since": "2026-02-01T12:00:00Z", "what": "old"}\n')

    assert holder(path) is None
    assert holder(path.with_name("missing")) is None


def test_a_lock_file_that_was_removed_under_its_holder_gives_a_new_lock_to_wait_for(
    path: Path, run: Callable[..., Process]
) -> None:
    with acquire(path, what="old"):
        waiting = run(
            "print('ready')\nlock = acquire(path, what='new', wait=30)\nprint('got it')\nsys.stdin.read()", path
        )
        assert waiting.line() == "ready"
        time.sleep(0.3)  # it waits for the file that stands there
        path.unlink()
    assert waiting.line() == "got it"

    # It holds the file of this name, not the one that is gone.
    words = holder(path)
    assert words is not None
    assert f"pid {waiting.popen.pid} " in words


def test_what_cannot_be_a_lock_file_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("file")
    for name, words in (
        ("folder", "it is a folder"),
        ("fifo", "it is not a regular file"),
        ("link", "it is a symbolic link"),
        ("missing/lock", "its folder does not exist"),
        ("file/lock", "a part of its path is a file"),
    ):
        with pytest.raises(StoreError, match=f"cannot be locked: {words}"):
            acquire(tmp_path / name, what="x")
    with pytest.raises(StoreError):
        acquire(Path("/sys/autolab"), what="x")
    with pytest.raises(StoreError):
        holder(tmp_path / "link")


def test_a_note_that_cannot_be_written_frees_the_lock(path: Path, run: Callable[..., Process]) -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try: acquire(path, what='x')\n"
        "except StoreError as error: print(error)\n"
        "sys.stdin.read()"
    )
    assert "cannot be locked: the file would be larger" in run(code, path).line()

    assert holder(path) is None


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_said_so(path: Path, number: int, run: Callable[..., Process]) -> None:
    # No such file system can be mounted everywhere: the system call itself answers as one would.
    code = (
        "import fcntl\n"
        "def flock(*_): raise OSError(int(sys.argv[2]), 'no')\n"
        "fcntl.flock = flock\n"
        "try: acquire(path, what='x')\n"
        "except StoreError as error: print(error)\n"
    )
    said = run(code, path, str(number)).line()

    assert said.startswith(f"{path}: cannot be locked: its file system has no locks (")


def test_descriptors_are_given_back(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with acquire(path, what="x"):
        for _ in range(5):
            holder(path)
            with pytest.raises(LockHeld):
                acquire(path, what="y")

        assert len(os.listdir("/proc/self/fd")) == before + 1
    assert len(os.listdir("/proc/self/fd")) == before


def test_threads_wait_for_one_another(path: Path) -> None:
    inside, worst = [0], [0]

    def work() -> None:
        for _ in range(20):
            with acquire(path, what="thread", wait=60):
                inside[0] += 1
                worst[0] = max(worst[0], inside[0])
                time.sleep(0.0005)
                inside[0] -= 1

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert worst == [1]
