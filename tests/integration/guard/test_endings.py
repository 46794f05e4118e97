"""How a guarded command ends, and what is left when its supervisor is killed: nothing."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel

# It and a child of its own, which hears only what the whole group is told.
COUNTING = """
import os, signal, sys, time
child = os.fork()
seen = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda which, frame: seen.append(signal.Signals(which).name))
if child:
    time.sleep(0.2)
    print("ready", flush=True)
until = time.monotonic() + 30
while "SIGTERM" not in seen and time.monotonic() < until:
    time.sleep(0.02)
if child:
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
print("command" if child else "child", "saw", *seen, flush=True)
os._exit(9)
"""


def processes(mark: str) -> list[int]:
    """The processes that have *mark* in their environment or their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


@pytest.mark.parametrize("level", STRONGEST_FIRST)
def test_a_signal_from_the_terminal_or_from_kill_reaches_the_command_once(place, level):
    ours, theirs = pty.openpty()
    argv = ["setsid", "--ctty", *place.guarded("/usr/bin/python3", "-c", COUNTING, level=level)]
    child = place.start(argv, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)

    said = read_until(ours, b"ready")
    os.write(ours, b"\x03")
    said += read_until(ours, b"^C")
    time.sleep(0.2)
    child.send_signal(signal.SIGUSR1)
    time.sleep(0.2)
    child.send_signal(signal.SIGTERM)
    said += read_until(ours, b"SIGUSR1 SIGTERM\r\n")

    assert b"child saw SIGINT SIGTERM\r\n" in said
    assert b"command saw SIGINT SIGUSR1 SIGTERM\r\n" in said
    assert child.wait(20) == 9
    os.close(ours)


def read_until(descriptor: int, wanted: bytes) -> bytes:
    said = b""
    while wanted not in said:
        said += os.read(descriptor, 1000)
    return said


@pytest.mark.parametrize("level", STRONGEST_FIRST)
@pytest.mark.parametrize("profile", ["agent", "run"])
def test_a_supervisor_that_is_killed_leaves_nothing(place, level, profile):
    mark = uuid.uuid4().hex
    command = "(setsid sleep 300 &); sleep 300 & echo began > out/began; sleep 300"
    argv = place.guarded("sh", "-c", command, level=level, more=("--profile", profile))
    child = place.start(argv, env={"MARK": mark}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until((place.root / "out/began").exists)
    taken = place.spec.stat().st_mode & 0o777

    os.kill(child.pid, signal.SIGKILL)
    child.wait()

    assert taken == (0o644 if level.enforced else 0o444)
    until(lambda: processes(mark) == [])
    assert place.spec.stat().st_mode & 0o777 == 0o644
    assert str(place.root) not in Path("/proc/self/mountinfo").read_text()
    until(lambda: os.listdir(place.root / "temporary") == [])
    assert place.record()["after"] is None


def test_modes_that_a_killed_guard_took_are_given_back_by_the_next(place):
    mark = uuid.uuid4().hex
    argv = place.guarded("sh", "-c", "echo > out/began; sleep 300", level=GuardLevel.NONE)
    child = place.start(argv, env={"MARK": mark}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until((place.root / "out/began").exists)

    for pid in (child.pid, *processes(mark)):  # the supervisor, its keeper and the command
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.wait()

    assert place.spec.stat().st_mode & 0o777 == 0o444
    assert "gave back" in place.run(place.argv("check")).stdout
    assert place.spec.stat().st_mode & 0o777 == 0o644


def test_of_two_guards_that_took_a_mode_the_last_one_gives_it_back(place):
    argv = [
        place.guarded("sh", "-c", f"echo > out/{name}; while [ ! -e out/end{name} ]; do sleep 0.05; done",
                      level=GuardLevel.NONE, run_id=name)
        for name in ("a", "b")
    ]  # fmt: skip
    children = [place.start(each, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for each in argv]
    until(lambda: (place.root / "out/a").exists() and (place.root / "out/b").exists())

    (place.root / "out/enda").touch()
    assert children[0].wait(20) == 0
    between = place.spec.stat().st_mode & 0o777
    (place.root / "out/endb").touch()
    assert children[1].wait(20) == 0

    assert between == 0o444
    assert place.spec.stat().st_mode & 0o777 == 0o644
    assert all(place.record(name)["after"]["seals_ok"] for name in ("a", "b"))


@pytest.mark.parametrize("level", STRONGEST_FIRST)
def test_what_the_command_left_running_is_gone_before_the_seals_are_taken(place, level):
    mark = uuid.uuid4().hex

    done = place.run(place.guarded("sh", "-c", "(setsid sleep 300 &); sleep 300 &", level=level), env={"MARK": mark})

    assert done.returncode == 0
    assert processes(mark) == []
    assert place.record()["after"]["seals_ok"] is True


@pytest.mark.parametrize("level", [GuardLevel.MOUNT_LANDLOCK, GuardLevel.LANDLOCK])
def test_a_keeper_that_is_killed_takes_everything_with_it(own_place, level):
    mark = uuid.uuid4().hex
    argv = own_place.guarded("sh", "-c", "(setsid sleep 300 &); echo > out/began; sleep 300", level=level)
    child = own_place.start(argv, env={"MARK": mark}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until((own_place.root / "out/began").exists)

    for pid in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split():
        with suppress(FileNotFoundError):  # one that has just ended
            if "python" in os.readlink(f"/proc/{pid}/exe"):
                os.kill(int(pid), signal.SIGKILL)

    assert child.wait(30) == 128 + signal.SIGKILL
    assert processes(mark) == []
    assert own_place.record()["signal"] == "SIGKILL"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -TERM $$"), 128 + signal.SIGTERM),
        (("there-is-no-such-program",), 127),
        (("/etc/passwd",), 126),
    ],
)
def test_the_code_is_the_commands_own_as_a_shell_has_it(own_place, command, code):
    assert own_place.run(own_place.guarded(*command)).returncode == code
