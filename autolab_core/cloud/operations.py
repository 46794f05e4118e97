"""What `cloud-run` does, a function each, for a repository as its policy sets it up.

Every function takes the repository's folder. They raise UsageError, DocumentError and StoreError as the rest of the
library does, EngineError and StorageError for what others did not do, and ExperimentRefused for the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import attrs

from autolab_core.cloud import ending, looking
from autolab_core.cloud.counting import Progress
from autolab_core.cloud.engines.base import Capabilities, EngineFinding
from autolab_core.cloud.job import lacks_of
from autolab_core.cloud.looking import Looked
from autolab_core.cloud.models import CloudIntent, RunRequest
from autolab_core.cloud.observers import Observers
from autolab_core.cloud.places import Places
from autolab_core.cloud.pulling.pull import Pulled
from autolab_core.cloud.pulling.pull import pull as pull_from
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.running import Submission, silent, submit
from autolab_core.cloud.storage.base import StorageError, parse_address
from autolab_core.models.job import CancelOutcome
from autolab_core.models.policy import BackendPolicy
from autolab_core.vocab.errors import DocumentError, EngineError, UsageError
from autolab_core.vocab.states import Severity

__all__ = ["Checked", "check", "gc", "last_words", "logs", "ls", "pull", "run", "status", "terminate", "wait"]


@attrs.frozen
class Checked:
    """An engine that the policy names. ``can`` is None where it does not say; ``lacks`` is what keeps it from what was
    asked for, and ``storage_fault`` why its storage cannot be used (None where it can)."""

    name: str
    kind: str
    storage: str | None
    can: Capabilities | None
    findings: tuple[EngineFinding, ...]
    lacks: tuple[str, ...]
    storage_fault: str | None

    @property
    def able(self) -> bool:
        """Whether a run can be sent there."""
        wrong = any(finding.severity is Severity.ERROR for finding in self.findings)
        return self.can is not None and not self.lacks and self.storage_fault is None and not wrong


def run(
    root: Path,
    request: RunRequest,
    how: Submission | None = None,
    *,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda line: None,
) -> CloudIntent:
    """Send the full phase of the request's spec to its engine (None: the policy's first); see ``running.submit``."""
    places = Places(root)
    backend = places.backend(request.engine)
    places.require_allowed(backend, request)
    engine, storage = places.engine(backend.name), places.storage(places.address(backend))
    return submit(root, request, engine, storage, how or Submission(), progress=progress, say=say)


def status(root: Path, run_id: str | None = None) -> Looked:
    """Where the run *run_id* (None: the newest) stands."""
    observers = Observers(root)
    return looking.look(root, run_id, observers.engine, observers.storage)


def wait(
    root: Path, run_id: str, *, every: float = 5.0, seen: Callable[[Looked], None] = lambda looked: None
) -> Looked:
    """Where it stands once nothing more will happen; it is looked at every so many seconds."""
    observers = Observers(root)
    return looking.wait(root, run_id, observers.engine, observers.storage, every=every, seen=seen)


def last_words(root: Path, run_id: str) -> tuple[str, ...]:
    """What the engine has of the job's last lines; none where it cannot be asked."""
    return looking.last_words(CloudRecords(root).known(run_id), Places(root).engine)


def logs(root: Path, run_id: str | None = None, *, follow: bool = False) -> Iterator[tuple[bytes, bool]]:
    """The run's log, a piece at a time, and whether it is of standard error."""
    places = Places(root)
    return looking.read_log(root, run_id, places.engine, places.storage, follow=follow)


def ls(root: Path, *, broken: Callable[[DocumentError], None] = lambda error: None) -> tuple[Looked, ...]:
    """Every run that this repository knows, the newest first. Of a record that cannot be read *broken* is told."""
    observers = Observers(root)
    return looking.look_at_all(root, observers.engine, observers.storage, broken=broken)


def pull(
    root: Path,
    run_id: str | None = None,
    *,
    output_dir: str | None = None,
    partial: bool = False,
    force: bool = False,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda line: None,
) -> Pulled:
    """Bring the results home; see ``pulling.pull.pull``. What the job left with its engine is taken away then."""
    places = Places(root)
    done = pull_from(
        root,
        run_id,
        places.storage,
        output_dir=output_dir,
        partial=partial,
        force=force,
        progress=progress,
        say=say,
    )
    if done.merged is not None and done.merged.merged:
        # Everything is here. An engine that does not do it leaves a little behind, and nothing else.
        with suppress(EngineError, UsageError):
            known = CloudRecords(root).known(done.intent.run_id)
            places.engine(known.engine).forget(looking.handle_of(known))
    return done


def terminate(root: Path, run_id: str | None = None) -> tuple[CloudIntent, CancelOutcome | None]:
    """End the run's job; what it was, and what became of the job (None where there was none)."""
    places = Places(root)
    return ending.terminate(root, run_id, places.engine, places.storage)


def gc(root: Path, *, dry_run: bool = False, fault: Callable[[str], None] | None = None) -> tuple[ending.Outlived, ...]:
    """End the jobs that outlived their runs, on every engine that the policy names.

    An engine that cannot be asked is handed to *fault* as a line, and the others are asked all the same; without it
    its error is raised.
    """
    places, records = Places(root), CloudRecords(root)
    found: list[ending.Outlived] = []
    for backend in places.backends():
        try:
            engine = places.engine(backend.name)
            found += ending.collect_garbage(engine, places.storage, records, dry_run=dry_run)
        except (EngineError, UsageError) as error:
            if fault is None:
                raise
            fault(f"{backend.name}: {error}")
    return tuple(found)


def check(root: Path, request: RunRequest | None = None, *, name: str | None = None) -> tuple[Checked, ...]:
    """What every engine here (or the one called *name*) could run, what is missing, and what keeps *request* from it.

    A storage is tried, which writes an object and removes it.
    """
    places = Places(root)
    chosen = places.backends() if name is None else (places.backend(name),)
    return tuple(_checked(places, backend, request) for backend in chosen)


def _checked(places: Places, backend: BackendPolicy, request: RunRequest | None) -> Checked:
    address: str | None = None
    fault: str | None = None
    can: Capabilities | None = None
    findings: tuple[EngineFinding, ...] = ()
    lacks: tuple[str, ...] = ()
    try:
        address = places.address(backend)
        places.storage(address).probe()
    except (StorageError, UsageError) as error:
        fault = str(error)
    try:
        findings = places.engine(backend.name).check()
        can = places.capabilities(backend)
        if address is not None:
            asked = request or RunRequest(spec="", output_dir="", image=can.default_image)
            lacks = lacks_of(can, parse_address(address).kind, asked)
    except (EngineError, UsageError) as error:
        lacks = (str(error),)
    return Checked(backend.name, backend.kind, address, can, findings, lacks, fault)
