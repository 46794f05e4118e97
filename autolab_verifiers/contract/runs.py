"""What rules about an iteration ask of its runs' manifests. One that cannot be read is left out, never a crash."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator

from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import RunStatus
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.run_facts import run_status

__all__ = ["statuses"]


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
