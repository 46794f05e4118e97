"""What several verifiers ask of a run's manifest, whoever wrote it. A value of the wrong type is never a crash."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Any

from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import HostMode, RunStatus
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.run_facts import run_status
from autolab_verifiers.contract.values import value_at

__all__ = ["on_slurm", "status_of", "statuses"]


def status_of(context: VerifyContext) -> RunStatus:
    """The run's status. Raises Skip when it is no canonical word: RH002 says so, and nothing follows from it."""
    return context.manifest_facts.status


def on_slurm(manifest: dict[str, Any]) -> bool:
    """True when the manifest says that the run happens on Slurm (``host_mode``, or ``launch_mode`` in its absence)."""
    mode = value_at(manifest, "/host_mode")
    return bool((value_at(manifest, "/launch_mode") if mode is None else mode) == HostMode.SLURM)


def statuses(context: VerifyContext) -> Iterator[tuple[str, RunStatus]]:
    """Each run of the iteration with its status, in order, as far as manifests can be read and say one of our words."""
    tree = context.tree
    names = set(tree.names(context.iteration.runs)) | ({context.run_id} if context.run_id is not None else set())
    for name in sorted(names):
        try:
            status = run_status(tree.value(context.iteration.run(name).manifest, "status"))
        except (DocumentError, UsageError):
            continue  # it is judged when that run is judged
        if status is not None:
            yield name, status
