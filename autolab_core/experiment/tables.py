"""A CSV that commands write metrics to: the rows that are new since it was last looked at."""

from __future__ import annotations

import os
from collections.abc import Collection

from autolab_core.experiment.lines import Bad, Item, count_rows, read_csv
from autolab_core.io.documents import read_source
from autolab_core.vocab.errors import DocumentError

__all__ = ["TABLE_MAX", "Table"]

TABLE_MAX = 64 << 20


class Table:
    """The CSV at *path* below *root*, and what stands there already."""

    def __init__(self, root: str, path: str, *, fresh: bool = False) -> None:
        """*fresh*: every row counts, also those that are there already."""
        self._path = path
        self._place = os.path.join(root, path)
        self._before = None if fresh else self._look()

    def new_items(self, metrics: Collection[str]) -> tuple[Item, ...]:
        """What its new rows say: those that were appended, or all of them where the file was written again."""
        try:
            text = _text(self._place, self._path)
        except DocumentError as error:
            return (Bad(str(error)),)
        now = self._identity()
        if self._before is None:
            skip = 0
        elif now == self._before[0]:
            return (Bad(f"{self._path}: was not written by the command"),)
        else:
            identity, before = self._before
            appended = now[0] == identity[0] and text.startswith(before) and len(text) > len(before)
            skip = count_rows(before) if appended else 0
        found = read_csv(text, metrics, skip=skip)
        return tuple(Bad(f"{self._path}: {each.what}") if isinstance(each, Bad) else each for each in found)

    def _look(self) -> tuple[tuple[int, int, int], str] | None:
        try:
            return self._identity(), _text(self._place, self._path)
        except DocumentError:
            return None

    def _identity(self) -> tuple[int, int, int]:
        try:
            status = os.stat(self._place)
        except OSError:
            return 0, 0, 0
        return status.st_ino, status.st_mtime_ns, status.st_size


def _text(place: str, shown: str) -> str:
    source = read_source(place, shown, max_bytes=TABLE_MAX)
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(shown, "is not UTF-8 text", hint="save it as UTF-8") from None
