"""What a storage can do, and how its address is written. Both kinds write whole objects: a reader sees all or none."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text. And nothing that only
# writing, or an address with more than a folder in it, needs: `cloud-run status` reads from here.

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from autolab_core.vocab.errors import AutolabError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "READ_BYTES",
    "Found",
    "Storage",
    "StorageAddress",
    "StorageError",
    "StorageMissing",
    "Told",
    "parse_address",
    "require_readable",
    "writes_once",
]


# A manifest of a million files, twice over. Whoever writes the storage may have put anything there.
READ_BYTES: Final = 512 << 20
# Bytes more; fewer where a request had to be made again.
Told = Callable[[int], None]
# A folder's address that has to be neither taken apart nor unquoted (RFC 3986).
_PLAIN: Final = "folder:///"
_NOT_PLAIN: Final = frozenset("%?#")


class StorageError(AutolabError):
    """The storage did not do what it was asked: the message says what, and what would have to change."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class StorageMissing(StorageError):
    """There is no such object. That is an answer, not a fault of the storage."""


class Found(NamedTuple):
    """An object: its key below the storage's address, and its size in bytes."""

    key: str
    size: int


def require_readable(key: str, size: int) -> None:
    """Raise StorageError where an object of *size* bytes is more than is read at once."""
    if size > READ_BYTES:
        raise StorageError(f"{key} has {size} bytes, which no document of a run has: it is not read")


class Storage(Protocol):
    """Keys are relative paths with ``/``. Every method raises StorageError; a missing object is StorageMissing."""

    @property
    def address(self) -> str:
        """The storage as ``parse_address`` reads it; it holds no secret."""
        ...

    def put_if_absent(self, key: str, data: "bytes | Path", sha256: str, sent: Told | None = None) -> bool:
        """Write the object once; False where one of that key is there already, which stays as it is.

        *sha256* is of *data*: bytes that arrive otherwise are refused. *sent* is told how many bytes more are on their
        way, from any thread, where the storage knows before it is done.
        """
        ...

    def put(self, key: str, data: "bytes | Path", sha256: str) -> None:
        """Write the object, in the place of one that is there."""
        ...

    def get(self, key: str) -> bytes:
        """The object's bytes. One of more than ``READ_BYTES`` is refused: ``get_to`` is for those."""
        ...

    def get_to(self, key: str, path: "Path", come: Told | None = None) -> None:
        """Write the object's bytes to the new file *path*. Nothing is judged: whoever asks knows the hash. *come* is
        told how many bytes more are here, as ``sent`` above."""
        ...

    def list(self, prefix: str) -> Iterator[Found]:
        """The objects whose keys begin with *prefix*, sorted by key."""
        ...

    def head(self, key: str) -> int | None:
        """The object's size in bytes; None where there is none."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine."""
        ...

    def probe(self) -> None:
        """Prove that objects can be written once, read and removed here; raises StorageError that says what cannot."""
        ...


class StorageAddress(NamedTuple):
    """``folder:///path`` or ``s3://bucket/prefix?region=…&endpoint=…``, taken apart."""

    kind: str
    place: str
    prefix: str = ""
    region: str | None = None
    endpoint: str | None = None

    def __str__(self) -> str:
        from urllib.parse import quote

        if self.kind == "folder":
            return f"folder://{quote(self.place)}"
        asked = [f"{name}={quote(value, safe='')}" for name, value in self._options() if value]
        path = f"/{quote(self.prefix)}" if self.prefix else ""
        return f"s3://{self.place}{path}{'?' if asked else ''}{'&'.join(asked)}"

    def _options(self) -> tuple[tuple[str, str | None], ...]:
        return ("region", self.region), ("endpoint", self.endpoint)


def parse_address(text: str) -> StorageAddress:
    """The address *text* taken apart. Raises UsageError."""
    if text.startswith(_PLAIN) and text.isprintable() and not _NOT_PLAIN.intersection(text):
        return StorageAddress("folder", text[len(_PLAIN) - 1 :])
    from urllib.parse import parse_qs, unquote, urlsplit

    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise UsageError(f"the storage {text!r} is refused: {error}") from None
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "folder" and not parts.netloc and parts.path.startswith("/") and not asked:
        return StorageAddress("folder", unquote(parts.path))
    known = {"region", "endpoint"}
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and not asked.keys() - known:
        prefix = unquote(parts.path).strip("/")
        return StorageAddress("s3", parts.netloc, prefix, asked.get("region"), asked.get("endpoint"))
    raise UsageError(f"the storage {text!r} is refused: write folder:///PATH or s3://BUCKET/PREFIX?region=REGION")


def writes_once(storage: Storage) -> bool:
    """Whether *storage* keeps what is written under a new key from being written over, tried with a key of its own.

    The key is taken away again. Raises StorageError.
    """
    import secrets

    from autolab_core.io.digest import sha256_of_bytes

    key, data = f"probe/{secrets.token_hex(8)}", b"autolab"
    first = storage.put_if_absent(key, data, sha256_of_bytes(data))
    second = storage.put_if_absent(key, b"other", sha256_of_bytes(b"other"))
    same = storage.get(key) == data
    storage.delete(key)
    return first and not second and same
