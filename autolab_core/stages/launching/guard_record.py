"""What became of a run's guard: its record in short in the manifest, and the reason when it refused the command."""

from __future__ import annotations

import os
import stat
from typing import Any, Final

import attrs

from autolab_core.guard.comparison import Difference
from autolab_core.guard.record import in_short, problems
from autolab_core.io.layout import RunPaths, guard_record
from autolab_core.io.repository import Repository
from autolab_core.io.tree import Tree
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.vocab.errors import DocumentError, GuardRefused
from autolab_core.vocab.guard import Change
from autolab_core.vocab.jobs import ENDED_JOB_STATES

__all__ = ["with_guard"]

_REFUSED: Final = f"{GuardRefused.exit_code}:0"
_SAYS: Final = "autolab: "
_TAIL_BYTES: Final = 16384
_NAMED_AT_MOST: Final = 3


def with_guard(repository: Repository, run: RunPaths, manifest: RunManifest, seen: JobObservation) -> RunManifest:
    """*manifest* with the gist of its guard's record, once the run has ended; unchanged for a run without a guard.

    A record that is missing, or none, leaves what the launch wrote, which asks for one: then the run does not verify.
    What the launch required stays, whatever a record says. A run that failed because its guard refused the command, or
    saw a change, gets that as its reason.
    """
    if manifest.guard is None or not (manifest.status.ended or seen.state in ENDED_JOB_STATES):
        return manifest
    tree, path = repository.tree(), guard_record(manifest.run_id)
    record = _read(tree, path)
    if record is not None:
        launched = {key: manifest.guard[key] for key in ("require", "policy_sha256") if key in manifest.guard}
        manifest = attrs.evolve(manifest, guard={**in_short(record, path, sha256_of(tree.source(path))), **launched})
    failure = manifest.failure
    if failure is None or failure.exit != _REFUSED or failure.reason.startswith("the guard "):
        return manifest
    reason = _refusal(tree, run) if record is None or record["after"] is None else _changed(record)
    return manifest if reason is None else attrs.evolve(manifest, failure=attrs.evolve(failure, reason=reason))


def _read(tree: Tree, path: str) -> dict[str, Any] | None:
    """The record at *path*; None for one that is not there, or of which nothing can be said."""
    try:
        record = tree.document(path).data if tree.exists(path) else None
    except DocumentError:
        return None
    return record if isinstance(record, dict) and not problems(record) else None


def _changed(record: dict[str, Any]) -> str | None:
    """What the guard saw changed; None where the exit code was the command's own."""
    changes = record["after"]["changes"]
    if record["exit_code"] or not changes:
        return None
    known = list(Change)
    words = [
        str(Difference(each["path"], Change(each["what"]))) if each["what"] in known else each["path"]
        for each in changes[:_NAMED_AT_MOST]
    ]
    more = len(changes) - len(words)
    return f"the guard saw a change: {'; '.join(words)}{f'; and {more} more' if more > 0 else ''}"


def _refusal(tree: Tree, run: RunPaths) -> str | None:
    """What the guard said on standard error, where the run's log has it."""
    path = tree.absolute(run.log("stderr.log"))
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):  # the run may have put something there that never ends
            return None
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().decode(errors="backslashreplace").splitlines()
    except OSError:
        return None
    said = [line.removeprefix(_SAYS) for line in lines if line.startswith(_SAYS)]
    return f"the guard refused the command: {said[-1]}" if said else None
