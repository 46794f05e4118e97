"""What this repository knows of its runs in the cloud: a file each, replaced whole at every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from autolab_core.cloud.models import CloudIntent
from autolab_core.io.atomic import make_dirs, write_json
from autolab_core.io.codec import structure, unstructure
from autolab_core.io.documents import read_json
from autolab_core.io.experiment_layout import CLOUD_LOCKS, CLOUD_RECORDS, cloud_lock, cloud_record
from autolab_core.io.lock import Lock, acquire
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import id_problem

__all__ = ["CloudRecords"]


class CloudRecords:
    """The records below *root*."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, intent: CloudIntent) -> CloudIntent:
        """Put *intent* on the disk, in the place of what was known before; it. Raises StoreError."""
        make_dirs(self._root / CLOUD_RECORDS)
        write_json(self._root / cloud_record(intent.run_id), unstructure(intent))
        return intent

    def load(self, run_id: str) -> CloudIntent:
        """What is known of *run_id*. Raises UsageError where that is nothing, DocumentError."""
        path = cloud_record(run_id)
        if not os.path.lexists(self._root / path):
            raise UsageError(f"there is no run {run_id} in this repository; `cloud-run ls` names those that there are")
        return structure(read_json(self._root / path, path), CloudIntent)

    def every(self) -> Iterator[CloudIntent]:
        """Every run that is known, the newest first. A record that cannot be read is passed over."""
        try:
            names = sorted(os.listdir(self._root / CLOUD_RECORDS), reverse=True)
        except OSError:
            return
        for name in names:
            run_id, dot, kind = name.rpartition(".")
            if dot and kind == "json" and id_problem(run_id) is None:
                try:
                    yield self.load(run_id)
                except DocumentError:
                    continue

    def of_spec(self, spec: str) -> tuple[CloudIntent, ...]:
        """The runs of *spec*, the newest first."""
        return tuple(each for each in self.every() if each.spec == spec)

    def chosen(self, run_id: str | None) -> CloudIntent:
        """The run that somebody named, whole or by its beginning; without a name the newest. Raises UsageError."""
        if run_id is not None and os.path.lexists(self._root / cloud_record(run_id)):
            return self.load(run_id)
        found = [each for each in self.every() if run_id is None or each.run_id.startswith(run_id)]
        if run_id is not None and len(found) > 1:
            raise UsageError(f"{run_id} may be any of {', '.join(each.run_id for each in found)}: name one of them")
        if not found:
            what = "no run in the cloud is known" if run_id is None else f"there is no run {run_id} in this repository"
            raise UsageError(f"{what}; `cloud-run ls` names those that there are")
        return found[0]

    def lock(self, name: str, what: str, wait: float = 0.0) -> Lock:
        """The lock of the run or spec *name*. Raises LockHeld."""
        make_dirs(self._root / CLOUD_LOCKS)
        return acquire(self._root / cloud_lock(name), what=what, wait=wait)
