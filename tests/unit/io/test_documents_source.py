"""Reading bytes: regular files only, bounded, never a hang."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autolab_core.io.documents import read_json, read_source, read_yaml
from autolab_core.vocab.errors import DocumentError

pytestmark = pytest.mark.timeout(20)


def refusal(path: Path | str, **options: int) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_source(path, "shown.json", **options)
    return caught.value


def test_the_bytes_of_a_file_come_back_unchanged(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a\r\nb\x00\xff")

    assert read_source(tmp_path / "f") == b"a\r\nb\x00\xff"


def test_an_empty_file_is_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").touch()

    assert read_source(tmp_path / "f") == b""


def test_a_file_as_long_as_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")

    assert read_source(tmp_path / "f", max_bytes=5) == b"12345"
    assert refusal(tmp_path / "f", max_bytes=4).message == "is 5 bytes long; the limit is 4 bytes"


def test_a_huge_sparse_file_is_refused_at_once(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.truncate(1 << 30)
    start = time.process_time()

    assert "1073741824 bytes" in refusal(tmp_path / "f").message
    assert time.process_time() - start < 0.1


def test_a_file_whose_status_says_nothing_of_its_length_is_read_to_its_end() -> None:
    assert read_source("/proc/self/status").startswith(b"Name:")


def test_a_file_longer_than_its_status_says_is_bounded_all_the_same() -> None:
    assert refusal("/proc/self/status", max_bytes=20).message == "grew while it was read; the limit is 20 bytes"


def test_a_growing_file_ends(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 4096)
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.is_set() and file.tell() < 1 << 26:
                file.write(b"x" * 65536)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(50):
            try:
                length = len(read_source(path, max_bytes=1 << 20))
            except DocumentError:
                continue
            assert length <= 1 << 20
    finally:
        stop.set()
        writer.join()


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Path]:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("{}")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "to_fifo").symlink_to("fifo")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket is short by law
        server.bind("socket")
        os.chdir(here)
        yield tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fifo", "is a named pipe, not a file"),
        ("to_fifo", "is a named pipe, not a file"),
        ("folder", "is a folder, not a file"),
        ("socket", "is a socket"),
        ("missing", "does not exist"),
        ("missing/below", "does not exist"),
        ("file/below", "does not exist: a part of its path is a file"),
        ("dangling", "is a symbolic link to something that does not exist"),
        ("loop", "is a symbolic link that leads back to itself"),
        ("n" * 300, "does not exist: its name is longer than the file system allows"),
        ("nul\0", "is not a path that a file can have"),
        ("\ud800", "is not a path that a file can have"),
    ],
)
def test_what_is_not_a_file_is_named(odd: Path, name: str, words: str) -> None:
    error = refusal(odd / name)

    assert error.message.startswith(words)
    assert (error.path, error.line) == ("shown.json", None)


def test_a_device_is_refused() -> None:
    assert refusal("/dev/zero").message == "is a device, not a file"


def test_a_link_to_a_file_is_read(odd: Path) -> None:
    assert read_source(odd / "link") == b"{}"


def test_a_file_that_may_not_be_read_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("{}")
    (tmp_path / "f").chmod(0)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys\n"
        "from autolab_core.io.documents import read_source\n"
        "from autolab_core.vocab.errors import DocumentError\n"
        "fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY); os.fchdir(fd)\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "try: read_source('f', 'shown')\n"
        "except DocumentError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)

    assert done.stdout == "shown: may not be read: permission denied\n"


def test_an_error_while_reading_is_named(tmp_path: Path) -> None:
    # Reading another process's memory at address 0 fails although the file is regular and opens.
    assert refusal("/proc/self/mem").message.startswith("cannot be read:")


def test_without_a_shown_name_the_path_itself_is_shown(tmp_path: Path) -> None:
    for read in (read_source, read_json, read_yaml):
        with pytest.raises(DocumentError) as caught:
            read(tmp_path / "missing")
        assert caught.value.path == str(tmp_path / "missing")


def test_descriptors_are_given_back(odd: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for name in ("fifo", "folder", "file", "missing"):
        try:
            read_source(odd / name, max_bytes=1)
        except DocumentError:
            continue

    assert len(os.listdir("/proc/self/fd")) == before


def test_yaml_has_a_smaller_limit_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"#" * (2 * 1024 * 1024 + 1))

    with pytest.raises(DocumentError, match="the limit is 2097152 bytes"):
        read_yaml(tmp_path / "f.yaml")
