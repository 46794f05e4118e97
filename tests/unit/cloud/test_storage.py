"""What a storage promises, of a folder and of a real S3 server; for the client side and for the runner's."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autolab_core.cloud.runner.credentials import Keys
from autolab_core.cloud.runner.opening import open_store
from autolab_core.cloud.runner.s3 import signed
from autolab_core.cloud.runner.stores import Missing, Store, StoreFault
from autolab_core.cloud.storage.base import Storage, StorageError, StorageMissing, parse_address
from autolab_core.cloud.storage.opening import open_storage
from autolab_core.vocab.errors import UsageError
from tests.cloud.servers import CREDENTIALS, REGION

KINDS = (pytest.param("folder"), pytest.param("s3", marks=pytest.mark.xdist_group("s3")))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def bucket(s3_server):
    """One for all tests: the server keeps volumes for each, and has not many."""
    return s3_server.bucket(f"storage-{os.urandom(4).hex()}")


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return f"folder://{tmp_path / 'a store'}".replace(" ", "%20")
    server = request.getfixturevalue("s3_server")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = request.getfixturevalue("bucket")
    return f"s3://{bucket}/some/{os.urandom(4).hex()}?region={REGION}&endpoint={server.url}"


@pytest.fixture
def storage(address: str) -> Storage:
    return open_storage(address)


@pytest.fixture
def store(address: str) -> Store:
    return open_store(address)


def test_an_object_is_written_once(storage):
    assert storage.put_if_absent("runs/a/run.json", b"one", sha(b"one"))
    assert not storage.put_if_absent("runs/a/run.json", b"two", sha(b"two"))
    assert storage.get("runs/a/run.json") == b"one"

    storage.put("runs/a/run.json", b"three", sha(b"three"))
    assert storage.get("runs/a/run.json") == b"three"
    assert storage.head("runs/a/run.json") == 5

    storage.delete("runs/a/run.json")
    assert storage.head("runs/a/run.json") is None
    with pytest.raises(StorageMissing):
        storage.get("runs/a/run.json")
    storage.delete("runs/a/run.json")


def test_of_many_that_write_at_a_time_one_wins(address):
    won: list[int] = []
    storage = open_storage(address)

    def write(number: int) -> None:
        data = f"writer {number}".encode()
        if storage.put_if_absent("runs/a/lease.json", data, sha(data)):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert storage.get("runs/a/lease.json") == f"writer {won[0]}".encode()


def test_files_go_and_come_back(storage, tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(os.urandom(3 << 20))
    storage.put_if_absent("blobs/x", source, sha(source.read_bytes()))
    storage.get_to("blobs/x", tmp_path / "back.bin")

    assert (tmp_path / "back.bin").read_bytes() == source.read_bytes()


def test_what_is_not_what_its_hash_says_is_not_written(storage, store):
    with pytest.raises(StorageError, match="changed meanwhile"):
        storage.put_if_absent("blobs/x", b"these", sha(b"others"))
    with pytest.raises(StoreFault):
        store.put("blobs/x", b"these", sha(b"others"))
    assert storage.head("blobs/x") is None


def test_a_listing_is_sorted_and_below_its_prefix(storage):
    for key in ("runs/a/log/1/00000002.out", "runs/a/log/1/00000001.err", "runs/a/log/10/00000001.out", "runs/b/x"):
        storage.put(key, key.encode(), sha(key.encode()))

    assert [(found.key, found.size) for found in storage.list("runs/a/log/1/")] == [
        ("runs/a/log/1/00000001.err", 25),
        ("runs/a/log/1/00000002.out", 25),
    ]


def test_the_probe_proves_it_and_leaves_nothing(storage):
    storage.probe()

    assert list(storage.list("")) == []


def test_the_runner_sees_the_same_objects(storage, store, tmp_path):
    assert store.put_if_absent("runs/a/lease.json", b"mine", sha(b"mine"))
    assert not store.put_if_absent("runs/a/lease.json", b"yours", sha(b"yours"))
    assert storage.get("runs/a/lease.json") == b"mine"

    storage.put("runs/a/it's +&%é.bin", b"odd", sha(b"odd"))
    assert store.get("runs/a/it's +&%é.bin") == b"odd"
    store.get_to("runs/a/it's +&%é.bin", str(tmp_path / "odd"))
    assert (tmp_path / "odd").read_bytes() == b"odd"
    assert store.head("runs/a/it's +&%é.bin") == 3
    assert store.head("runs/none") is None
    with pytest.raises(Missing):
        store.get("runs/none")

    file = tmp_path / "file"
    file.write_bytes(b"x" * 100_000)
    store.put("runs/a/file", str(file), sha(file.read_bytes()))
    assert storage.get("runs/a/file") == file.read_bytes()


@pytest.mark.xdist_group("s3")
def test_the_runner_sends_a_large_file_in_parts(s3_server, bucket, tmp_path, monkeypatch):
    from autolab_core.cloud.runner import s3

    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    store = s3.S3Store(bucket, "parts", REGION, s3_server.url, part_bytes=5 << 20)
    file = tmp_path / "file"
    file.write_bytes(os.urandom(11 << 20))

    assert store.put_if_absent("out/x", str(file), sha(file.read_bytes()))
    assert not store.put_if_absent("out/x", str(file), sha(file.read_bytes()))
    assert store.get("out/x") == file.read_bytes()


@pytest.mark.xdist_group("s3")
def test_s3_says_in_one_line_what_is_wrong(s3_server, bucket, monkeypatch):
    endpoint = f"region={REGION}&endpoint={s3_server.url}"
    with pytest.raises(StorageError, match="no credentials were found"):
        open_storage(f"s3://no-such-bucket?{endpoint}").probe()

    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageError, match="there is no such bucket"):
        open_storage(f"s3://no-such-bucket?{endpoint}").probe()
    with pytest.raises(StorageError, match="cannot be written"):
        open_storage(f"s3://b?region={REGION}&endpoint=http://127.0.0.1:9").put("x", b"", sha(b""))
    with pytest.raises(StoreFault) as refused:
        open_store(f"s3://b?region={REGION}&endpoint=http://127.0.0.1:9").get("x")
    assert refused.value.transient

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(StorageError, match="secret key is not the one"):
        open_storage(f"s3://{bucket}?{endpoint}").probe()
    with pytest.raises(StoreFault, match="SignatureDoesNotMatch") as refused:
        open_store(f"s3://{bucket}?{endpoint}").get("x")
    assert not refused.value.transient


def test_a_signature_is_the_one_of_the_published_example():
    """ "Example: GET Object" in the API reference of Amazon S3, "Signature Calculations … Single Chunk"."""
    keys = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None)
    empty = sha(b"")
    at = datetime(2013, 5, 24, tzinfo=UTC)
    found = signed(
        "GET", "examplebucket.s3.amazonaws.com", "/test.txt", "", {"Range": "bytes=0-9"}, empty, keys, "us-east-1", at
    )

    assert found["Authorization"].endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/plain/path",
        "s3://",
        "s3://b?other=1",
        "s3://key:secret@b/p",
        "folder://host/path",
        "folder:relative",
        "ftp://x/y",
    ],
)
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="is refused"):
        parse_address(text)


@pytest.mark.parametrize(
    "text", ["folder:///a%20b/c", "s3://b", "s3://b/p/q?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1%3A9"]
)
def test_an_address_is_written_as_it_was_read(text):
    assert str(parse_address(text)) == text


def test_a_key_cannot_leave_the_folder(tmp_path):
    storage = open_storage(f"folder://{tmp_path / 'store'}")
    for key in ("../x", "/etc/passwd", "a/../../x", ""):
        with pytest.raises(StorageError, match="refused"):
            storage.put(key, b"", sha(b""))


@pytest.mark.parametrize(
    "text", ["folder:///", "folder:///a", "folder:///a b/ü", "folder:///~/.x/é;y=1", "folder:////a"]
)
def test_a_plain_address_is_read_as_every_other(text):
    assert parse_address(text) == parse_address(f"{text}?")


@pytest.mark.parametrize("text", ["folder:///a//b/", "folder:///a/./b", "folder:///a/b/.", "folder:///a/b/"])
def test_a_folder_has_one_address(text):
    assert open_storage(text).address == "folder:///a/b"
