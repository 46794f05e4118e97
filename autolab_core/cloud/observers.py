"""Who is asked where a run stands. Light where the engine has a light part; another one is made whole (``Places``)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from autolab_core.cloud.engines.rows import EMBEDDED_KIND, Row, row_called, written_rows
from autolab_core.cloud.storage.opening import open_storage
from autolab_core.io.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from autolab_core.cloud.engines.observing import Observer
    from autolab_core.cloud.places import Places
    from autolab_core.cloud.storage.base import Storage

__all__ = ["Observers"]


class Observers:
    """The engines and storages of the repository *root*, for looking: each is made when it is first asked for."""

    def __init__(self, root: Path | str) -> None:
        self._root = str(root)
        self._engines: dict[str, Observer] = {}
        self._storages: dict[str, Storage] = {}

    def engine(self, name: str) -> Observer:
        """The engine called *name*, or the part of it that looks. Raises what ``Places.engine`` does."""
        if name not in self._engines:
            self._engines[name] = self._light(name) or self._places.engine(name)
        return self._engines[name]

    def storage(self, address: str) -> Storage:
        """The storage at *address*. Raises what ``open_storage`` does."""
        if address not in self._storages:
            self._storages[address] = open_storage(address)
        return self._storages[address]

    @cached_property
    def _places(self) -> Places:
        from pathlib import Path

        from autolab_core.cloud.places import Places

        return Places(Path(self._root))

    @cached_property
    def _rows(self) -> tuple[Row, ...] | None:
        return written_rows(Tree(self._root))

    def _light(self, name: str) -> Observer | None:
        """None where the whole policy has to be read: it does not fit, or another distribution brings the engine."""
        if self._rows is None:
            return None
        row = row_called(self._rows, name)
        if row is None and name == EMBEDDED_KIND:
            row = Row(EMBEDDED_KIND, EMBEDDED_KIND, {})
        if row is None:
            return None
        return _podman(row) if row.kind == EMBEDDED_KIND and _suits(row.settings) else _built_in(row, self._root)


def _suits(settings: Mapping[str, Any]) -> bool:
    """Whether podman's engine would take *settings*; of others the table says what is wrong."""
    from autolab_core.cloud.engines.podman.observer import SETTINGS

    return all(key in SETTINGS and isinstance(value, str | None) for key, value in settings.items())


def _podman(row: Row) -> Observer:
    from autolab_core.cloud.engines.podman.observer import PodmanObserver
    from autolab_core.exec.local import LocalRunner

    return PodmanObserver(LocalRunner(), row.name)


def _built_in(row: Row, root: str) -> Observer | None:
    from pathlib import Path

    from autolab_core.cloud.engines.table import ENGINES
    from autolab_core.exec.local import LocalRunner

    return ENGINES[row.kind](row, Path(root), LocalRunner()) if row.kind in ENGINES else None
