"""The ledger of Slurm jobs: rows from manifests, and what can be asked of the file.

The manifest is the intent and the row the effect: whoever dies between the two appends the row the next time, because
a row is appended whenever the run's last one says something else than the manifest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autolab_core.io.documents import read_source
from autolab_core.io.layout import LEDGER, LEDGER_LOCK, LEDGER_SEAL, RunPaths
from autolab_core.io.ledger.append import Entry, append
from autolab_core.io.ledger.merge import Merged, merge
from autolab_core.io.ledger.rows import parse_row
from autolab_core.io.ledger.seal import broken_at, read_seal
from autolab_core.io.ledger.survey import Fault, Survey, survey
from autolab_core.io.legacy import normalise_manifest
from autolab_core.io.repository import Repository
from autolab_core.models.ledger import LedgerRow
from autolab_core.models.manifest import RunManifest
from autolab_core.vocab.errors import RunnerError, StoreError, UsageError
from autolab_core.vocab.states import HostMode
from autolab_core.vocab.times import format_utc, parse_timestamp

if TYPE_CHECKING:
    from autolab_core.io.tree import Tree

__all__ = ["Appended", "append_to_ledger", "merge_ledger", "read_ledger", "record", "row_of", "survey_ledger"]

# The clocks of the machines that share a repository differ by less.
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_MAX_BYTES: Final = 1 << 30


class Appended(NamedTuple):
    """What ``append_to_ledger`` did. ``refused``: the manifest is one that must not be in the ledger as it is."""

    written: bool
    refused: bool
    run_id: str
    said: str


def row_of(manifest: RunManifest, now: datetime, notes: str | None = None) -> LedgerRow:
    """What *manifest* says at the time *now* (aware). The default of *notes* is the reason of a failure, if any."""
    said = manifest.scheduler or {}
    sync = manifest.artifact_sync_to_local
    if notes is None:
        notes = manifest.failure.reason if manifest.failure else ""
    return LedgerRow(
        time=format_utc(now),
        iteration_id=manifest.iteration_id,
        run_id=manifest.run_id,
        job_id=manifest.job_id or "",
        host=_host(manifest),
        status=manifest.status.value,
        native_state=str(said.get("state") or ""),
        sync=sync.status.value if sync else "",
        notes=notes,
    )


def record(
    repository: Repository,
    manifests: Iterable[RunManifest],
    now: datetime,
    *,
    notes: Mapping[str, str] | None = None,
    doc: str = LEDGER,
) -> tuple[bool, ...]:
    """Append a row for each of *manifests* whose last row says something else; for each whether there was one.

    All of them in one write, under the ledger's lock. *notes*: run id to what else was seen (a probe that failed, say);
    for a run that is named there a change of the notes alone is worth a row, "" meaning that it is over. Local runs,
    and Slurm runs that have no job id yet, are passed over. Raises as ``io.ledger.append``.
    """
    asked = list(manifests)
    kept = [index for index, manifest in enumerate(asked) if manifest.on_slurm and manifest.job_id]
    entries = []
    for manifest in (asked[index] for index in kept):
        given = None if notes is None else notes.get(manifest.run_id)
        entries.append(Entry(row_of(manifest, now, given), _since(manifest), whatever_the_notes=given is None))
    written = [False] * len(asked)
    if entries:
        seal = repository.absolute(LEDGER_SEAL) if doc == LEDGER else None
        done = append(repository.absolute(doc), entries, lock=repository.absolute(LEDGER_LOCK), seal=seal)
        for index, new in zip(kept, done, strict=True):
            written[index] = new
    return tuple(written)


def append_to_ledger(
    root: Path, manifest: str, *, doc: str = LEDGER, notes: str | None = None, now: datetime | None = None
) -> Appended:
    """Let the ledger *doc* say what the manifest of the path *manifest* says; both are relative to *root*.

    Nothing is written for a local run, nor when the run's last row says the same already. A Slurm run without a job
    id is refused. Raises DocumentError for a manifest that cannot be read, UsageError for a path that is none, and as
    ``io.ledger.append``.
    """
    repository = Repository(root)
    paths = RunPaths(manifest.rpartition("/")[0])
    if paths.manifest != manifest:
        raise UsageError(f"{manifest} is not a run's manifest: it is called {RunPaths('').manifest[1:]}")
    raw = _raw(repository.tree(), manifest)
    run_id = str(raw.get("run_id", ""))
    if not _on_slurm(raw):
        return Appended(False, False, run_id, f"{manifest}: a local run; the ledger is for Slurm jobs, nothing to do")
    if not raw.get("job_id"):
        said = (
            f"{manifest}: job_id is missing: a Slurm run without one cannot be in the ledger (record what sbatch said)"
        )
        return Appended(False, True, run_id, said)
    found = repository.manifest(paths)
    (written,) = record(
        repository, [found], now or datetime.now(UTC), notes={} if notes is None else {found.run_id: notes}, doc=doc
    )
    end = f"job {found.job_id} is {found.status.value}"
    said = f"appended to {doc}" if written else f"nothing to append: {doc} says so already"
    return Appended(written, False, found.run_id, f"{found.run_id}: {end}; {said}")


def survey_ledger(root: Path, *, doc: str = LEDGER) -> Survey:
    """Whether the chain of the ledger *doc* holds, and where its branches end. Raises DocumentError.

    The row that this machine appended last has to be there as it was, too, unless the file is the last commit's own.
    """
    repository = Repository(root)
    path = repository.absolute(doc)
    found = survey(path, doc)
    seal = read_seal(repository.absolute(LEDGER_SEAL)) if doc == LEDGER else None
    if seal is None:
        return found
    source = read_source(path, doc, max_bytes=_MAX_BYTES)
    line = broken_at(seal, source)
    if line is None or source == _committed(root, doc):
        return found
    fault = Fault(line, "was changed or removed since it was appended here, as the last row")
    return found._replace(faults=tuple(sorted({*found.faults, fault})))


def _committed(root: Path, doc: str) -> bytes | None:
    """The ledger of the commit that is checked out, None where there is none."""
    from autolab_core.git.history import History

    try:
        history = History.at(str(root))
        head = history.commit("HEAD")
        return None if head is None else history.contents(doc, [head])[head]
    except (RunnerError, StoreError):
        return None


def read_ledger(root: Path, *, doc: str = LEDGER, run_id: str | None = None) -> tuple[LedgerRow, ...]:
    """The rows of the ledger *doc*, or those of the run *run_id*, as far as they can be read. Raises DocumentError."""
    from autolab_core.io.documents import read_source

    source = read_source(Repository(root).absolute(doc), doc, max_bytes=_MAX_BYTES)
    rows = [row for line in source.split(b"\n") if (row := parse_row(line)) is not None]
    return tuple(row for row in rows if run_id in (None, row.run_id))


def merge_ledger(root: Path, *, doc: str = LEDGER, now: datetime | None = None) -> Merged:
    """Close the merge that git left in the ledger *doc*; see ``io.ledger.merge.merge``."""
    repository = Repository(root)
    time, host = format_utc(now or datetime.now(UTC)), os.uname().nodename
    path = repository.absolute(doc)
    return merge(path, shown=doc, time=time, host=host, lock=repository.absolute(LEDGER_LOCK))


def _raw(tree: Tree, path: str) -> dict[str, Any]:
    """The manifest as far as it can be read before it is judged: without a job id it would not pass."""
    raw: dict[str, Any] = normalise_manifest(tree.mapping(path))[0]
    return raw


def _on_slurm(raw: Mapping[str, Any]) -> bool:
    mode = raw.get("host_mode")
    return bool((raw.get("launch_mode") if mode is None else mode) == HostMode.SLURM)


def _host(manifest: RunManifest) -> str:
    """The host that launched the run, as its probe answered."""
    probe = manifest.host.get("hostname")
    if probe is not None and probe.stdout.strip():
        return probe.stdout.strip().splitlines()[0]
    return (manifest.submission.host if manifest.submission else None) or ""


def _since(manifest: RunManifest) -> str:
    """No row is older than the run, whatever the clocks of its machines say; empty when nobody knows its age."""
    created = parse_timestamp(manifest.timestamps.created_at or "")
    return "" if created is None else format_utc(created - _CLOCKS_DIFFER)
