"""Files replaced whole or not at all, also when the disk is full, the folder read-only or the process killed."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autolab_core.io.atomic import make_dirs, sweep, write_bytes, write_json, write_together
from autolab_core.io.documents import read_json
from autolab_core.vocab.errors import StoreError

pytestmark = pytest.mark.timeout(60)


def child(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run *code* in a process of its own, and give back what it printed; a StoreError is printed."""
    head = (
        "import os, resource, sys\nfrom pathlib import Path\n"
        "from autolab_core.io.atomic import make_dirs, sweep, write_bytes\n"
        "from autolab_core.vocab.errors import StoreError\n"
        "def attempt(action, *rest):\n"
        "    try: action(*rest); print('done')\n"
        "    except StoreError as error: print(error)\n"
    )
    command = [sys.executable, "-c", head + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


# For a process that root started: permissions bind nobody else. The folder is entered before the rights are lost.
UNPRIVILEGED = (
    "os.chdir(sys.argv[1])\n"
    "if os.geteuid() == 0: os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_new_file_holds_the_bytes_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_bytes(tmp_path / "f", b"new\x00")

    assert (tmp_path / "f").read_bytes() == b"new\x00"
    assert names(tmp_path) == ["f"]


def test_a_long_text_is_written_to_its_end(tmp_path: Path) -> None:
    data = os.urandom(5_000_000)
    write_bytes(tmp_path / "f", data)

    assert (tmp_path / "f").read_bytes() == data


def test_json_is_written_as_documents_are(tmp_path: Path) -> None:
    write_json(tmp_path / "f", {"b": 1, "a": ["é"]})

    assert (tmp_path / "f").read_text() == '{\n  "b": 1,\n  "a": [\n    "é"\n  ]\n}\n'
    assert read_json(tmp_path / "f").data == {"b": 1, "a": ["é"]}


def test_data_that_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")

    with pytest.raises(StoreError, match=f"^{re.escape(str(tmp_path))}/f: cannot be written as JSON"):
        write_json(tmp_path / "f", {"a": float("nan")})
    assert (tmp_path / "f").read_text() == "old"


def test_the_old_file_is_replaced_and_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    os.link(tmp_path / "f", tmp_path / "other")
    with (tmp_path / "f").open() as reader:
        write_bytes(tmp_path / "f", b"new")

        assert reader.read() == "old"
    assert (tmp_path / "other").read_text() == "old"
    assert (tmp_path / "f").read_text() == "new"


def test_readers_see_the_old_bytes_or_the_new_and_nothing_between(tmp_path: Path) -> None:
    path, stop, seen = tmp_path / "f", threading.Event(), set()
    values = [bytes([65 + i]) * 100_000 for i in range(2)]
    write_bytes(path, values[0])

    def look() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(50):
        write_bytes(path, values[number % 2])
    stop.set()
    reader.join()

    assert seen <= set(values)


@pytest.mark.parametrize("old", [0o600, 0o640, 0o444, 0o755])
def test_a_file_keeps_its_mode(tmp_path: Path, old: int) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "f").chmod(old)
    write_bytes(tmp_path / "f", b"new")

    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == old


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_gets_what_the_umask_allows(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "f", b"")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == mode


@pytest.mark.parametrize("exists", [True, False])
def test_a_mode_that_is_asked_for_is_given_whatever_the_umask(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "f").touch(0o600)
    write_bytes(tmp_path / "f", b"#!/bin/sh\n", mode=0o777)

    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o777


def test_a_name_as_long_as_the_system_allows_can_be_written(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("n" * 255), b"x")

    assert names(tmp_path) == ["n" * 255]


@pytest.mark.parametrize("mode", [None, 0o644])
@pytest.mark.parametrize("target", ["file", "nowhere", "loop"])
def test_a_symbolic_link_is_refused_and_what_it_names_stays(tmp_path: Path, target: str, mode: int | None) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "loop").symlink_to(target)

    with pytest.raises(StoreError, match="cannot be written: it is a symbolic link"):
        write_bytes(tmp_path / "loop", b"new", mode=mode)
    assert (tmp_path / "loop").is_symlink()
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == ["file", "loop"]


def test_what_cannot_be_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    for name, words in (
        ("folder", "it is a folder"),
        ("fifo", "it is not a regular file"),
        ("missing/f", "its folder does not exist"),
        ("file/f", "a part of its path is a file, not a folder"),
        ("n" * 256, "its name is longer than the file system allows"),
        ("nul\0", "it is not a path that a file can have"),
    ):
        with pytest.raises(StoreError) as caught:
            write_bytes(tmp_path / name, b"new")
        assert caught.value.message == f"cannot be written: {words}"
        assert caught.value.path == str(tmp_path / name)
    assert names(tmp_path) == ["fifo", "file", "folder"]


def test_a_folder_that_cannot_be_written_is_named_and_its_file_stays(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o666)
    tmp_path.chmod(0o555)
    try:
        done = child(UNPRIVILEGED + "attempt(write_bytes, Path('f'), b'new')", tmp_path)
    finally:
        tmp_path.chmod(0o755)

    assert done.stdout == "f: cannot be written: permission denied (check who owns the folder and its mode)\n"
    assert (tmp_path / "f").read_text() == "old"
    assert names(tmp_path) == ["f"]


def test_a_file_system_that_nobody_writes_to_is_a_store_error() -> None:
    with pytest.raises(StoreError, match=r"permission denied|read-only"):
        write_bytes(Path("/sys/autolab"), b"new")


def test_a_file_too_large_for_the_process_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    code = (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\nattempt(write_bytes, Path(sys.argv[1]), b'x' * 9999)"
    )
    done = child(code, tmp_path / "f")

    assert "cannot be written: the file would be larger than" in done.stdout
    assert (tmp_path / "f").read_text() == "old"
    assert names(tmp_path) == ["f"]


def mounted(tmp_path: Path, options: str, code: str) -> str:
    """What *code* prints in a mount name space of its own where argv[1] is a small tmpfs that holds ``f``."""
    tmpfs = (
        "import ctypes, os\n"
        "libc, uid, gid = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()\n"
        "if libc.unshare(0x00020000 | (0 if uid == 0 else 0x10000000)): sys.exit('no name spaces')\n"
        "if uid:\n"
        "    for name, text in (('setgroups', 'deny'), ('uid_map', f'0 {uid} 1'), ('gid_map', f'0 {gid} 1')):\n"
        "        open('/proc/self/' + name, 'w').write(text)\n"
        "def mount(flags, options):\n"
        "    if libc.mount(b'none', sys.argv[1].encode(), b'tmpfs', flags, options): sys.exit('no mounts')\n"
        "libc.mount(None, b'/', None, 0x44000, None)\n"
        "mount(0, b'size=64k')\n"
        "target = Path(sys.argv[1]) / 'f'; target.write_text('old')\n"
    )
    done = child(tmpfs + options + code + "\nprint(target.read_text(), sorted(os.listdir(sys.argv[1])))", tmp_path)
    if done.returncode and done.stderr.strip() in ("no name spaces", "no mounts"):
        pytest.skip("this system lets nobody mount; RLIMIT_FSIZE and /sys are tested instead")
    assert done.stderr == ""
    return done.stdout


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    out = mounted(tmp_path, "", "attempt(write_bytes, target, b'x' * 100_000)")

    assert "cannot be written: the disk is full (free some space and try again)\nold ['f']\n" in out


def test_a_read_only_file_system_leaves_the_old_file(tmp_path: Path) -> None:
    out = mounted(tmp_path, "mount(0x21, b'size=64k')\n", "attempt(write_bytes, target, b'new')")

    assert "cannot be written: the file system is read-only\nold ['f']\n" in out


def test_an_interrupt_leaves_a_whole_file_and_hardly_ever_litter(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    # A timer fires somewhere in an endless row of writes: between two system calls, or at the end of one. Between the
    # system call that makes the temporary file and the line that would remove it nothing can be done; that is swept.
    code = (
        "import signal\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGALRM, stop)\n"
        "try:\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.05)\n"
        "    while True: write_bytes(Path(sys.argv[1]), b'x' * 3_000_000)\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    litter = 0
    for _ in range(6):
        assert child(code, tmp_path / "f").stdout == "interrupted\n"
        litter += sweep(tmp_path)
        assert names(tmp_path) == ["f"]
        assert (tmp_path / "f").read_bytes() in (b"old", b"x" * 3_000_000)

    assert litter <= 3


def test_a_killed_writer_leaves_the_old_bytes_or_the_new_and_litter_that_is_swept(tmp_path: Path) -> None:
    write_bytes(tmp_path / "f", b"a" * 300_000)
    code = (
        "from autolab_core.io.atomic import write_bytes\nimport sys\nfrom pathlib import Path\n"
        "while True:\n"
        "    for letter in b'ab': write_bytes(Path(sys.argv[1]), bytes([letter]) * 300_000)\n"
    )
    for delay in range(8):
        writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "f")])
        while len(names(tmp_path)) < 2 and writer.poll() is None:  # until it is writing
            pass
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(delay / 700)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        data = (tmp_path / "f").read_bytes()
        assert len(data) == 300_000
        assert len(set(data)) == 1

    left = len(names(tmp_path)) - 1
    assert sweep(tmp_path) == left
    assert names(tmp_path) == ["f"]


def litter(pid: int, name: str = "") -> str:
    """The name that a writer *pid* on this machine gives to its temporary file, seen in a real one."""
    return re.sub(r"^\.autolab-\d+-", f".autolab-{pid}-", name)


@pytest.fixture
def temporary_name(tmp_path: Path) -> str:
    """The name of a temporary file of this process, caught while it exists."""
    folder = tmp_path / "catch"
    folder.mkdir()
    stop, caught = threading.Event(), set()

    def look() -> None:
        while not stop.is_set():
            caught.update(name for name in os.listdir(folder) if name != "f")

    watcher = threading.Thread(target=look)
    watcher.start()
    while not caught:
        write_bytes(folder / "f", b"x" * 100_000)
    stop.set()
    watcher.join()
    return str(caught.pop())


def test_temporary_names_are_hidden_and_tell_whose_they_are(temporary_name: str) -> None:
    assert re.fullmatch(rf"\.autolab-{os.getpid()}-[0-9a-f]{{8}}-[0-9a-f]{{16}}\.tmp", temporary_name)


def test_sweep_takes_what_the_dead_left_here_and_nothing_else(tmp_path: Path, temporary_name: str) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    folder = tmp_path / "sweep"
    folder.mkdir()
    mine = temporary_name
    swept = litter(dead.pid, mine)
    elsewhere = re.sub(r"-[0-9a-f]{8}-", "-00000000-", swept)
    kept = [mine, elsewhere, "f", ".hidden.tmp", swept + "x", litter(1, mine)]
    for name in [swept, *kept]:
        (folder / name).touch()

    assert sweep(folder) == 1
    assert names(folder) == sorted(kept)
    assert sweep(tmp_path / "missing") == 0


def test_folders_are_made_with_those_above_them(tmp_path: Path) -> None:
    make_dirs(tmp_path / "a" / "b" / "c")
    make_dirs(tmp_path / "a" / "b" / "c")

    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_many_may_make_the_same_folders_at_once(tmp_path: Path) -> None:
    errors: list[StoreError] = []

    def make() -> None:
        try:
            make_dirs(tmp_path / "/".join("abcdefgh"))
        except StoreError as error:
            errors.append(error)

    makers = [threading.Thread(target=make) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert errors == []
    assert (tmp_path / "/".join("abcdefgh")).is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, words in (
        ("file", "a file has this name"),
        ("file/below/it", "a file has this name"),
        ("dangling", "a file has this name"),
        ("n" * 256, "its name is longer"),
        ("nul\0/x", "it is not a path"),
    ):
        with pytest.raises(StoreError, match=f"cannot be made.*{words}"):
            make_dirs(tmp_path / name)
    with pytest.raises(StoreError, match="cannot be made: "):
        make_dirs(Path("/sys/autolab/a"))
    assert names(tmp_path) == ["dangling", "file"]


def test_descriptors_are_given_back_and_not_inherited(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    write_bytes(tmp_path / "f", b"x")
    make_dirs(tmp_path / "a/b")
    (tmp_path / "link").symlink_to("f")
    with pytest.raises(StoreError):
        write_bytes(tmp_path / "link", b"x")

    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_the_bytes_the_file_and_the_folder_are_on_the_disk_in_this_order(tmp_path: Path) -> None:
    # No crash can be staged here, so the order of the calls that survive one is what is tested.
    code = (
        "calls = []\n"
        "real = {name: getattr(os, name) for name in ('write', 'fsync', 'replace', 'close')}\n"
        "def spy(name):\n"
        "    def call(*rest, **named):\n"
        "        what = ''\n"
        "        if name == 'fsync': what = ' folder' if os.path.isdir(f'/proc/self/fd/{rest[0]}') else ' file'\n"
        "        calls.append(name + what); return real[name](*rest, **named)\n"
        "    return call\n"
        "for name in real: setattr(os, name, spy(name))\n"
        "write_bytes(Path(sys.argv[1]), b'x')\n"
        "print(*[call for call in calls if call != 'close'], sep=', ')\n"
    )

    assert child(code, tmp_path / "f").stdout == "write, fsync file, replace, fsync folder\n"


def test_files_that_belong_together_are_replaced_together(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    two.write_bytes(b"old")
    two.chmod(0o640)

    write_together({one: b"1", two: b"2"})

    assert (one.read_bytes(), two.read_bytes(), stat.S_IMODE(two.stat().st_mode)) == (b"1", b"2", 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


@pytest.mark.parametrize("order", [1, -1])
def test_when_one_of_them_cannot_be_replaced_none_is_and_nothing_is_left(tmp_path: Path, order: int) -> None:
    good, folder = tmp_path / "good", tmp_path / "folder"
    good.write_bytes(b"old")
    folder.mkdir()

    for bad in (folder, tmp_path / "nowhere" / "file"):
        with pytest.raises(StoreError):
            write_together(dict([(good, b"new"), (bad, b"new")][::order]))

    assert good.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "good"]
