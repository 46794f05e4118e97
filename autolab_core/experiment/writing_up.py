"""Writing the results of an experiment: metrics first, then the configuration, each replaced whole."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from autolab_core import __version__
from autolab_core.experiment.collect import Surroundings, config_data, metrics_data
from autolab_core.experiment.results_index import index_results
from autolab_core.experiment.sealing import packages_of
from autolab_core.experiment.usage import gpu_source
from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents import dump_json
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import parse_journal
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.experiment import JournalEvent

__all__ = ["results_rest_on", "write_up"]

_OF_THE_WRITING: Final = (JournalEvent.OPENED, JournalEvent.SEALS_COMPARED, JournalEvent.ENDED)


def write_up(
    root: Path, spec: Spec, state: ExperimentState, source: bytes, *, at: str, interpreter: str | None
) -> dict[str, Any]:
    """Write ``metrics.json`` and ``config.json``; the keys of ``ended`` that say what they are. *source*: the journal.

    Whoever is killed on the way does it again: but for the time *at* the bytes are the same. Raises StoreError.
    """
    paths, top = ExperimentPaths(spec.path), str(root)
    packages = packages_of(top, spec, interpreter)
    surroundings = Surroundings(
        at=at,
        versions={"autolab": __version__, "python": platform.python_version(), "platform": platform.platform()},
        packages=packages,
        journal={"path": paths.journal, **results_rest_on(source)},
        gpu_source=gpu_source(os.environ),
    )
    metrics = dump_json(metrics_data(spec, state, at), paths.metrics)
    config = dump_json(config_data(spec, state, paths, surroundings), paths.config)
    make_dirs(root / paths.folder)
    for path, data in ((paths.metrics, metrics), (paths.config, config)):
        write_bytes(root / path, data)
    return {
        "metrics_sha256": sha256_of_bytes(metrics),
        "config_sha256": sha256_of_bytes(config),
        "spec_sha256": (state.sealed or {}).get("sha256"),
        "results": index_results(top, paths.folder),
        "packages": packages,
    }


def results_rest_on(source: bytes) -> Mapping[str, Any]:
    """How many entries of the journal *source* results rest on, and the SHA-256 of the bytes up to the last of them.

    What the writing itself puts on record is none of them, nor is that the experiment was opened again for it.
    """
    journal = parse_journal(source)
    count = len(journal.entries)
    while count and journal.entries[count - 1].get("event") in _OF_THE_WRITING:
        count -= 1
    lines = source.split(b"\n")[: journal.lines[count - 1] if count else 0]
    return {"entries": count, "sha256": sha256_of_bytes(b"".join(line + b"\n" for line in lines))}
