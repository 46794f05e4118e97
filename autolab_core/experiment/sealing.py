"""What is sealed of an experiment before anything runs, and what a spec that was changed since is told."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from autolab_core import __version__
from autolab_core.exec.local import LocalRunner
from autolab_core.experiment.packages import installed, interpreter_of
from autolab_core.experiment.results_index import index_results
from autolab_core.git.commit import commit_at
from autolab_core.git.history import History
from autolab_core.guard.seal import take
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents.source import read_source
from autolab_core.io.experiment_layout import CLOUD_RECORDS, EXPERIMENT_RECORDS, ExperimentPaths
from autolab_core.io.layout import GUARD
from autolab_core.models.experiment.attempts import Entry
from autolab_core.models.experiment.spec import Spec
from autolab_core.vocab.errors import DocumentError, ExperimentRefused

__all__ = ["change_of_spec", "commit_facts", "packages_of", "seal_facts"]


def seal_facts(root: str, spec: Spec, paths: ExperimentPaths, interpreter: str | None) -> dict[str, Any]:
    """The keys of ``sealed``. *interpreter*: whose distributions count, None for the one that the commands name.

    Raises UsageError for a spec that cannot be sealed: a symbolic link, or a file with a second name.
    """
    (seal,) = take((paths.spec,), root, History.at(root))
    return {
        "spec": paths.spec,
        "sha256": seal.sha256,
        "git_blob": seal.git_blob,
        "size": seal.size,
        "commit": commit_facts(root, paths),
        "packages": packages_of(root, spec, interpreter),
        "results": index_results(root, paths.folder),
        "tool": __version__,
        "host": os.uname().nodename,
        "python": platform.python_version(),
    }


def commit_facts(root: str, paths: ExperimentPaths, also: Iterable[str] = ()) -> dict[str, Any]:
    """The commit as the journal has it. What the experiment itself writes is no change, nor what lies in the folders
    *also*."""
    own = [f"{folder.rstrip('/')}/" for folder in (EXPERIMENT_RECORDS, CLOUD_RECORDS, GUARD, paths.folder, *also)]
    commit = commit_at(LocalRunner(), root, own)
    facts = {name: getattr(commit, name) for name in ("sha", "branch", "dirty", "diff_sha256", "untracked")}
    return facts if commit.note is None else {**facts, "note": commit.note}


def packages_of(root: str, spec: Spec, interpreter: str | None) -> dict[str, str]:
    """The distributions of *interpreter*, or of the one that the commands of *spec* name."""
    return installed(interpreter or interpreter_of(_first_words(spec), root, os.environ))


def _first_words(spec: Spec) -> Iterator[str]:
    protocol = spec.protocol
    for line in (*protocol.baseline, *protocol.mve, *protocol.treatment, *protocol.sanity.values()):
        words = shlex.split(line)
        if words:
            yield words[0]


def change_of_spec(root: str, path: str, sealed: Entry) -> str | None:
    """Why the spec *path* is not as *sealed* has it, as a line; None when it is."""
    try:
        now = sha256_of_bytes(read_source(os.path.join(root, path), path))
    except DocumentError as error:
        return f"the spec is not as it was sealed: {error}"
    if now == sealed.get("sha256"):
        return None
    blob = sealed.get("git_blob")
    return (
        f"the spec {path} is not as it was sealed at {sealed.get('at')}: restore it (the sealed bytes are git's blob "
        f"{blob}), or write a new experiment"
    )


def require_unchanged(root: str, path: str, sealed: Entry | None) -> None:
    """Raise ExperimentRefused when the spec is not as *sealed* has it."""
    why = None if sealed is None else change_of_spec(root, path, sealed)
    if why is not None:
        raise ExperimentRefused(why)
