"""Hashing files: in blocks, regular files only, and never half of one content and half of another."""

from __future__ import annotations

import hashlib
import os
import resource
import socket
import subprocess
import sys

import pytest

from autolab_core.io import digest
from autolab_core.io.digest import Measured, measure, sha256_of
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError

BLOCK = 1 << 20


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_a_file_of_any_length_is_hashed(tmp_path, length):
    content = os.urandom(length)
    (tmp_path / "a").write_bytes(content)

    assert measure(tmp_path / "a") == Measured(hashlib.sha256(content).hexdigest(), length)


def test_a_file_longer_than_every_document_is_hashed_in_little_memory(tmp_path):
    with open(tmp_path / "long", "wb") as file:
        file.truncate(100 * BLOCK)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    found = Tree(str(tmp_path)).sha256("long")

    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 30 * BLOCK
    expected = hashlib.sha256()
    for _ in range(100):
        expected.update(bytes(BLOCK))
    assert found == expected.hexdigest()


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "nothing", "dangling"])
def test_what_is_no_file_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "dangling":
        path.symlink_to("nowhere")

    with pytest.raises(DocumentError) as caught:
        sha256_of(path, "runs/x")
    assert caught.value.path == "runs/x"


@pytest.mark.parametrize("change", [b"more", b""])
def test_a_file_that_is_written_to_meanwhile_has_no_hash(tmp_path, monkeypatch, change):
    path = tmp_path / "growing"
    path.write_bytes(b"x" * 10)
    read = os.read

    def reading(descriptor: int, length: int) -> bytes:
        with open(path, "r+b") as file:  # appended to, or written over in place
            file.seek(0, os.SEEK_END if change else os.SEEK_SET)
            file.write(change or b"y")
        os.utime(path, (1, 1))
        monkeypatch.setattr(digest.os, "read", read)
        return read(descriptor, length)

    monkeypatch.setattr(digest.os, "read", reading)

    with pytest.raises(DocumentError, match="changed while it was read"):
        measure(path)


def test_a_tree_hashes_a_file_once_and_what_is_about_to_be_written_first(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    tree = Tree(str(tmp_path), {"b": b"new"})

    first = tree.sha256("a")
    (tmp_path / "a").write_bytes(b"changed")

    assert tree.sha256("a") == first == hashlib.sha256(b"old").hexdigest()
    assert tree.sha256("b") == hashlib.sha256(b"new").hexdigest()
    assert Tree(str(tmp_path)).sha256("a") == hashlib.sha256(b"changed").hexdigest()


def test_a_tree_hashes_nothing_outside(tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "link").symlink_to("../secret")
    tree = Tree(str(tmp_path / "repository"))

    for path in ("link", "../secret", "/etc/hostname"):
        with pytest.raises(DocumentError):
            tree.sha256(path)


def test_hashing_leaves_no_descriptor_open(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "d").mkdir()
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(20):
        sha256_of(tmp_path / "a")
        with pytest.raises(DocumentError):
            sha256_of(tmp_path / "d")

    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("known", ["pass", "import hashlib", "digest.load_openssl()"])
def test_the_hash_is_the_same_whoever_computes_it(tmp_path, known):
    lengths = [0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1]
    code = (
        f"import sys; from autolab_core.io import digest; {known}\n"
        "found = []\n"
        f"for length in {lengths}:\n"
        "    open(sys.argv[1], 'wb').write(b'a' * length)\n"
        "    found += [digest.sha256_of_bytes(b'a' * length), digest.sha256_of(sys.argv[1])]\n"
        "print(*found)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a"], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [hashlib.sha256(b"a" * length).hexdigest() for length in lengths for _ in range(2)]


@pytest.mark.parametrize(("length", "loaded"), [(1 << 18, False), ((1 << 18) + 1, True)])
def test_openssl_is_loaded_for_what_is_long(length, loaded):
    code = (
        "import sys; from autolab_core.io.digest import sha256_of_bytes\n"
        f"sha256_of_bytes(bytes({length})); print('hashlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == f"{loaded}\n"


def test_an_interpreter_that_was_built_without_its_own_hashes_with_openssl():
    code = (
        "import sys; sys.modules['_sha256'] = sys.modules['_sha2'] = None\n"
        "from autolab_core.io.digest import sha256_of_bytes; print(sha256_of_bytes(b''), 'hashlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [hashlib.sha256(b"").hexdigest(), "True"]
