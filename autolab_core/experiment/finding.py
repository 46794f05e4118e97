"""Which experiments of a repository have a record, and the one that is open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import attrs

from autolab_core.io.experiment_layout import EXPERIMENT_RECORDS, ExperimentPaths
from autolab_core.io.journal import Journal, read_journal
from autolab_core.models.experiment.state import ExperimentState, fold
from autolab_core.vocab.errors import DocumentError, UsageError

__all__ = ["Recorded", "open_experiment", "recorded"]


@attrs.frozen
class Recorded:
    """An experiment with a journal: its spec's path, the journal, and where it stands."""

    spec: str
    journal: Journal
    state: ExperimentState


def recorded(root: Path, spec: str) -> Recorded | None:
    """The record of the experiment of *spec*; None where it has none. Raises DocumentError where it cannot be read."""
    path = ExperimentPaths(spec).journal
    if not os.path.lexists(root / path):
        return None
    journal = read_journal(root / path, path)
    return Recorded(spec, journal, fold(journal.entries))


def open_experiment(root: Path) -> str:
    """The spec of the one experiment that was begun and has not ended. Raises UsageError when there is none, or more
    than one."""
    found = sorted(each.spec for each in _every(root) if each.state.end is None)
    if not found:
        raise UsageError("no experiment is open; name the spec (--spec experiments/exp-NNN-name.md)")
    if len(found) > 1:
        raise UsageError(f"{len(found)} experiments are open ({', '.join(found)}); name the spec (--spec)")
    return found[0]


def _every(root: Path) -> Iterator[Recorded]:
    try:
        names = sorted(os.listdir(root / EXPERIMENT_RECORDS))
    except OSError:
        return
    for name in names:
        path = f"{ExperimentPaths(f'{name}.md').journal}"
        try:
            journal = read_journal(root / path, path)
        except DocumentError:
            continue
        state = fold(journal.entries)
        spec = (state.sealed or {}).get("spec")
        if isinstance(spec, str) and ExperimentPaths(spec).id == name:
            yield Recorded(spec, journal, state)
