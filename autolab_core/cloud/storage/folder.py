"""A folder as storage: for a job on this machine, or on a file system that the other machine has, too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from autolab_core.cloud.runner.stores import FolderStore, Missing, StoreFault
from autolab_core.cloud.storage.base import (
    Found,
    StorageAddress,
    StorageError,
    StorageMissing,
    Told,
    require_readable,
    writes_once,
)

if TYPE_CHECKING:
    from pathlib import Path  # not at run time: `cloud-run status` does without

__all__ = ["FolderStorage"]


class FolderStorage:
    """The storage in the folder *root*, which is made when something is first written.

    The runner in the container has the same one, by the same code.
    """

    def __init__(self, root: Path | str) -> None:
        self._store: Final = FolderStore(str(root))

    @property
    def root(self) -> Path:
        """The folder: an engine shows it to the container."""
        from pathlib import Path

        return Path(self._store.root)

    @property
    def address(self) -> str:
        """``folder://`` and the path."""
        return str(StorageAddress("folder", self._store.root))

    def put_if_absent(self, key: str, data: bytes | Path, sha256: str, sent: Told | None = None) -> bool:
        """See ``Storage``."""
        with _translated():
            return self._store.put_if_absent(key, _given(data), sha256)

    def put(self, key: str, data: bytes | Path, sha256: str) -> None:
        """See ``Storage``."""
        with _translated():
            self._store.put(key, _given(data), sha256)

    def get(self, key: str) -> bytes:
        """See ``Storage``."""
        with self._there(), _translated():
            require_readable(key, self._store.head(key) or 0)
            return self._store.get(key)

    def get_to(self, key: str, path: Path, come: Told | None = None) -> None:
        """See ``Storage``."""
        with self._there(), _translated():
            self._store.get_to(key, str(path))

    def list(self, prefix: str) -> Iterator[Found]:
        """See ``Storage``."""
        with _translated():
            yield from (Found(key, size) for key, size in self._store.list(prefix))

    def head(self, key: str) -> int | None:
        """See ``Storage``."""
        with _translated():
            return self._store.head(key)

    def delete(self, key: str) -> None:
        """See ``Storage``."""
        with _translated():
            self._store.delete(key)

    def probe(self) -> None:
        """See ``Storage``."""
        try:
            once = writes_once(self)
        except StorageError as error:
            why = f"the folder {self._store.root} cannot be the storage: {error}"
            raise StorageError(why, transient=error.transient) from error
        if not once:
            raise StorageError(f"the folder {self._store.root} does not keep what is written once: use another one")

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Where the whole folder is away, it is not known whether there is an object."""
        try:
            yield
        except StorageMissing as error:
            if os.path.isdir(self._store.root):
                raise
            why = f"the folder {self._store.root} is not there: see that its disk is mounted"
            raise StorageError(why, transient=True) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Missing as error:
        raise StorageMissing(str(error)) from error
    except StoreFault as error:
        raise StorageError(str(error), transient=error.transient) from error


def _given(data: bytes | Path) -> bytes | str:
    return data if isinstance(data, bytes) else str(data)
