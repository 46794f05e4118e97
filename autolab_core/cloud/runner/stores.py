"""The storage as the runner sees it: bytes under keys. One that is a folder is here; ``opening`` has all kinds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Protocol

__all__ = ["FolderStore", "Missing", "Store", "StoreFault", "sha256_of"]

_BLOCK: Final = 1 << 20
_PART: Final = ".autolab-part-"


class StoreFault(Exception):
    """The storage did not do what it was asked. ``transient``: asking again may help."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class Missing(StoreFault):
    """There is no such object."""


class Store(Protocol):
    """Keys are relative paths. Every method raises StoreFault; *data* is bytes, or the path of a file."""

    def put_if_absent(self, key: str, data: bytes | str, sha256: str) -> bool:
        """Write the object once; False where there is one already."""
        ...

    def put(self, key: str, data: bytes | str, sha256: str) -> None:
        """Write the object, in the place of one that is there."""
        ...

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises Missing."""
        ...

    def get_to(self, key: str, path: str) -> None:
        """Write the object's bytes to the file *path*. Raises Missing."""
        ...

    def head(self, key: str) -> int | None:
        """The object's size; None where there is none."""
        ...


def sha256_of(path: str) -> tuple[str, int]:
    """The SHA-256 in hex and the length of what the file *path* holds. Raises OSError."""
    import hashlib

    digest, length = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            length += len(block)
    return digest.hexdigest(), length


class FolderStore:
    """A folder. An object appears under its name when it is whole and on the disk."""

    def __init__(self, root: str) -> None:
        self.root: Final = root

    def put_if_absent(self, key: str, data: bytes | str, sha256: str) -> bool:
        """Write the object once. Of several that try at a time, the file system lets one have the name (link(2))."""
        path = self._path(key)
        if os.path.lexists(path):
            return False
        try:
            temporary = self._write(path, data, sha256)
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
            finally:
                os.unlink(temporary)
            _sync(os.path.dirname(path))
        except OSError as error:
            raise _fault(key, "written", error) from error
        return True

    def put(self, key: str, data: bytes | str, sha256: str) -> None:
        """Write the object, in the place of one that is there."""
        path = self._path(key)
        try:
            temporary = self._write(path, data, sha256)
            os.replace(temporary, path)
            _sync(os.path.dirname(path))
        except OSError as error:
            raise _fault(key, "written", error) from error

    def get(self, key: str) -> bytes:
        """The object's bytes."""
        try:
            with open(self._path(key), "rb") as file:
                return file.read()
        except OSError as error:
            raise _fault(key, "read", error) from error

    def get_to(self, key: str, path: str) -> None:
        """Write the object's bytes to the file *path*."""
        import shutil

        try:
            with open(self._path(key), "rb") as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target, _BLOCK)
        except OSError as error:
            raise _fault(key, "read", error) from error

    def head(self, key: str) -> int | None:
        """The object's size; None where there is none."""
        try:
            return os.stat(self._path(key)).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _fault(key, "read", error) from error

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Key and size of the objects whose keys begin with *prefix*, sorted."""
        folder = prefix.rpartition("/")[0]
        found = []
        for top, _, names in os.walk(self._path(folder) if folder else self.root):
            for name in names:
                key = os.path.relpath(os.path.join(top, name), self.root)
                if key.startswith(prefix) and not name.startswith(_PART):
                    with suppress(FileNotFoundError):
                        found.append((key, os.stat(os.path.join(top, name)).st_size))
        yield from sorted(found)

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine."""
        try:
            with suppress(FileNotFoundError):
                os.unlink(self._path(key))
        except OSError as error:
            raise _fault(key, "removed", error) from error

    def _path(self, key: str) -> str:
        if not key or key.startswith("/") or ".." in key.split("/") or "\0" in key:
            raise StoreFault(f"the key {key!r} is refused")
        return os.path.join(self.root, key)

    def _write(self, path: str, data: bytes | str, sha256: str) -> str:
        """Write *data* to a new file beside *path*, on the disk; its name. What is not *sha256* is refused."""
        import hashlib  # OpenSSL, for which whoever only reads does not wait
        import secrets

        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = os.path.join(os.path.dirname(path), f"{_PART}{secrets.token_hex(8)}")
        digest = hashlib.sha256()
        try:
            with open(temporary, "xb") as file:
                for block in _blocks(data):
                    digest.update(block)
                    file.write(block)
                if digest.hexdigest() != sha256:
                    raise StoreFault(f"what was to be written to {os.path.basename(path)} changed meanwhile")
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        return temporary


def _blocks(data: bytes | str) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with open(data, "rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some file systems know no such thing
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fault(key: str, what: str, error: OSError) -> StoreFault:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Missing(f"there is no object {key!r}")
    return StoreFault(f"{key!r} cannot be {what}: {error.strerror or error}")
