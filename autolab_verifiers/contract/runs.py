"""What rules about an iteration ask of its runs' manifests. One that cannot be read is left out, never a crash."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator

from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.states import ENDED, RunStatus
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.run_facts import run_status
from autolab_verifiers.contract.values import text_at

__all__ = ["statuses"]


def statuses(context: VerifyContext) -> Iterator[tuple[str, RunStatus]]:
    """Each run of the iteration with its status, in order, as far as manifests can be read and say one of our words.

    A replicate that goes on is left out: it is a part of its group.
    """
    tree = context.tree
    names = set(tree.names(context.iteration.runs)) | ({context.run_id} if context.run_id is not None else set())
    for name in sorted(names):
        try:
            status = run_status(tree.value(context.iteration.run(name).manifest, "status"))
        except (DocumentError, UsageError):
            continue  # it is judged when that run is judged
        if status is not None and (status in ENDED or not _is_part(context, name, status)):
            yield name, status


def _is_part(context: VerifyContext, run_id: str, status: RunStatus) -> bool:
    """True for a replicate whose group is there and stands for it, or whose launch ended before it submitted anything.

    The group's manifest is written after its replicates' and before the submission.
    """
    tree, iteration = context.tree, context.iteration
    group = text_at(tree.value(iteration.run(run_id).manifest, "replicate"), "/group")
    if group is None or id_problem(group) is not None:
        return False
    return status is RunStatus.PENDING or tree.exists(iteration.run(group).manifest)
