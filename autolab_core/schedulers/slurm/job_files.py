"""The files through which a job and who watches it speak to each other, on the machine that the job writes to.

Here that is the repository's own file system; behind ssh it is another one (``far_files``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from autolab_core.io.atomic import make_dirs, write_json
from autolab_core.io.documents import read_source
from autolab_core.io.layout import RunPaths
from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm.evidence import MARKER
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.times import format_utc

__all__ = ["MARKER_BYTES", "JobFiles", "LocalFiles", "Place", "markers_of"]

MARKER_BYTES = 65536


class Place(NamedTuple):
    """A run's folder, relative to ``root``; a root of None is the repository."""

    root: str | None
    folder: str


class JobFiles(Protocol):
    """Reads and writes what lies in the ``logs`` of runs."""

    def absolute(self, place: Place, path: str) -> str:
        """*path*, relative to the place's root, on the machine that runs the job."""

    def prepare(self, places: Sequence[Place]) -> str | None:
        """Make the folders that jobs write their logs to. The folder of a run that has begun already, or None.

        Raises StoreError, RunnerError.
        """

    def markers(self, places: Sequence[Place], now: datetime) -> Sequence[tuple[Answer, ...]]:
        """The markers of each place, as answers: those that are there, word for word, or why one cannot be read.

        Raises RunnerError where it is not known what is there.
        """

    def request_end(self, places: Sequence[Place], token: str, reason: str) -> None:
        """Put the request to end on record, for each place. Raises StoreError, RunnerError."""


def markers_of(folder: str) -> tuple[str, ...]:
    """The paths of the markers of the run in *folder*."""
    paths = RunPaths(folder)
    return (paths.start_marker, paths.exit_marker, paths.signal_marker, paths.cancel_request)


class LocalFiles:
    """The files of the repository *root*, which all nodes see."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def absolute(self, place: Place, path: str) -> str:
        """See ``JobFiles.absolute``."""
        return os.path.join(self._root, path)

    def prepare(self, places: Sequence[Place]) -> str | None:
        """See ``JobFiles.prepare``."""
        for place in places:
            paths = RunPaths(place.folder)
            make_dirs(self._root / paths.logs)
            if os.path.lexists(self._root / paths.start_marker):
                return place.folder
        return None

    def markers(self, places: Sequence[Place], now: datetime) -> Sequence[tuple[Answer, ...]]:
        """See ``JobFiles.markers``."""
        return [self._markers(place.folder, format_utc(now)) for place in places]

    def _markers(self, folder: str, at: str) -> tuple[Answer, ...]:
        found = []
        for path in markers_of(folder):
            absolute = os.path.join(self._root, path)
            try:
                source = read_source(absolute, path, max_bytes=MARKER_BYTES) if os.path.lexists(absolute) else None
            except DocumentError as error:
                found.append(Answer((MARKER, path), 1, "", str(error), at))
                continue
            if source is not None:
                found.append(Answer((MARKER, path), 0, source.decode("utf-8", "replace"), "", at))
        return tuple(found)

    def request_end(self, places: Sequence[Place], token: str, reason: str) -> None:
        """See ``JobFiles.request_end``."""
        for place in places:
            paths = RunPaths(place.folder)
            make_dirs(self._root / paths.logs)
            write_json(self._root / paths.cancel_request, {"token": token, "reason": reason})
