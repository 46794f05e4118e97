"""What this repository knows of its runs in the cloud: a file each, replaced whole at every step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from autolab_core.cloud.facts import KnownRun, known_run
from autolab_core.cloud.versions import require_known
from autolab_core.io.documents import Document, read_json
from autolab_core.io.experiment_layout import CLOUD_LOCKS, CLOUD_RECORDS, ExperimentPaths, cloud_lock, cloud_record
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import id_problem

if TYPE_CHECKING:
    from pathlib import Path

    from autolab_core.cloud.models import CloudIntent
    from autolab_core.io.lock import Lock

    _Run = TypeVar("_Run", CloudIntent, KnownRun)  # compiled from text, it would cost more than a look at the records

__all__ = ["CloudRecords"]


def _passed_over(error: DocumentError) -> None:
    """Nobody is told of the record."""


def _unknown(run_id: str) -> UsageError:
    return UsageError(f"there is no run {run_id} in this repository; `cloud-run ls` names those that there are")


class CloudRecords:
    """The records below *root*. ``known`` and ``every_known`` read as much as a look needs, and import no models."""

    def __init__(self, root: Path | str) -> None:
        self._root = str(root)

    def save(self, intent: CloudIntent) -> CloudIntent:
        """Put *intent* on the disk, in the place of what was known before; it. Raises StoreError."""
        from pathlib import Path

        from autolab_core.io.atomic import make_dirs, write_json
        from autolab_core.io.codec import unstructure

        make_dirs(Path(self._root, CLOUD_RECORDS))
        write_json(Path(self._root, cloud_record(intent.run_id)), unstructure(intent))
        return intent

    def load(self, run_id: str) -> CloudIntent:
        """What is known of *run_id*. Raises UsageError where that is nothing, DocumentError for a record that cannot be
        read, or that a later Autolab wrote."""
        from autolab_core.cloud.models import CloudIntent
        from autolab_core.io.codec import structure

        return structure(self._document(run_id), CloudIntent)

    def every(self, broken: Callable[[DocumentError], None] = _passed_over) -> Iterator[CloudIntent]:
        """Every run that is known, the newest first. Of a record that cannot be read *broken* is told."""
        return self._each(self.load, broken)

    def every_known(self, broken: Callable[[DocumentError], None] = _passed_over) -> Iterator[KnownRun]:
        """As ``every``, for a look."""
        return self._each(self._known, broken)

    def of_spec(self, spec: str) -> tuple[CloudIntent, ...]:
        """The runs of *spec*, the newest first. Raises DocumentError for a record of its experiment that cannot be
        read: that run may go on."""

        def broken(error: DocumentError) -> None:
            # What comes between the time and the random end of an id is the experiment's name.
            if f"-{ExperimentPaths(spec).id[:60]}-" in os.path.basename(error.path):
                error.hint = f"{error.hint or 'its run may go on'}; mend the record, or move it away"
                raise error

        return tuple(each for each in self.every(broken) if each.spec == spec)

    def chosen(self, run_id: str | None) -> CloudIntent:
        """The run that somebody named, whole or by its beginning; without a name the newest. Raises UsageError, and
        DocumentError where its record cannot be read."""
        return self._chosen(run_id, self.load)

    def known(self, run_id: str | None) -> KnownRun:
        """As ``chosen``, for a look."""
        return self._chosen(run_id, self._known)

    def lock(self, name: str, what: str, wait: float = 0.0) -> Lock:
        """The lock of the run or spec *name*. Raises LockHeld."""
        from pathlib import Path

        from autolab_core.io.atomic import make_dirs
        from autolab_core.io.lock import acquire

        make_dirs(Path(self._root, CLOUD_LOCKS))
        return acquire(Path(self._root, cloud_lock(name)), what=what, wait=wait)

    def _document(self, run_id: str) -> Document:
        path = cloud_record(run_id)
        if not os.path.lexists(os.path.join(self._root, path)):
            raise _unknown(run_id)
        return require_known(read_json(os.path.join(self._root, path), path))

    def _known(self, run_id: str) -> KnownRun:
        return known_run(self._document(run_id))

    def _run_ids(self) -> list[str]:
        """The runs that have a record, the newest first."""
        try:
            names = sorted(os.listdir(os.path.join(self._root, CLOUD_RECORDS)), reverse=True)
        except OSError:
            return []
        found = (name.removesuffix(".json") for name in names if name.endswith(".json"))
        return [run_id for run_id in found if id_problem(run_id) is None]

    def _each(self, load: Callable[[str], _Run], broken: Callable[[DocumentError], None]) -> Iterator[_Run]:
        for run_id in self._run_ids():
            try:
                yield load(run_id)
            except DocumentError as error:
                broken(error)

    def _chosen(self, run_id: str | None, load: Callable[[str], _Run]) -> _Run:
        if run_id is not None and os.path.lexists(os.path.join(self._root, cloud_record(run_id))):
            return load(run_id)
        found = [each for each in self._run_ids() if run_id is None or each.startswith(run_id)]
        if run_id is not None and len(found) > 1:
            raise UsageError(f"{run_id} may be any of {', '.join(found)}: name one of them")
        if not found:
            if run_id is None:
                raise UsageError("no run in the cloud is known; `cloud-run run` sends one")
            raise _unknown(run_id)
        return load(found[0])
