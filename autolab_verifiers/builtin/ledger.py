"""``ledger``: the list of Slurm jobs only ever grew, and says of each run what the run's manifest says.

The hashes are evidence, not proof: who rewrites every row of a file can make a new chain. What they show is what came
between two copies of it that are known, two commits say.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from autolab_core.io.layout import LEDGER
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import SYNC_SYNONYMS, RunStatus, Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import show, text_at

if TYPE_CHECKING:
    from autolab_core.io.ledger.survey import LastRow, Survey
    from autolab_core.io.tree import Tree

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "ledger", "The ledger of Slurm jobs only ever grew, and agrees with the manifests.", scope=Scope.REPOSITORY
)

_SHOWN: Final = 20
_APPEND: Final = "`autolab ledger append --manifest FILE` says what the manifest says"
_NO_JOB_YET: Final = frozenset({RunStatus.PENDING, RunStatus.FAILED})


def _survey(tree: "Tree") -> "Survey":
    from autolab_core.io.ledger.survey import survey  # loads OpenSSL; who has no ledger need not

    return survey(tree.absolute(LEDGER), LEDGER)


def _surveyed(context: VerifyContext) -> "Survey":
    """The ledger, read once for all runs. Raises Skip when there is none, DocumentError when it cannot be read."""
    if not context.tree.exists(LEDGER):
        raise Skip("there is no ledger")
    return context.tree.once(_survey)


def _at(line: int, message: str, *, severity: Severity = Severity.ERROR, hint: str | None = None) -> Finding:
    return Finding(message, LEDGER, severity=severity, line=line, hint=hint)


@VERIFIER.rule(
    "LG001",
    "every row of the ledger follows the one whose hash it carries",
    hint="bring the ledger back as it was: `git log -p docs/slurm_job_list.md` shows who changed it",
)
def chain_is_intact(context: VerifyContext) -> Iterator[Finding]:
    """A row is what was observed at a time. Whoever edits, removes or moves one makes the list say what nobody saw.

    Each row has the SHA-256 of the line before it, the first row that of the header. The last row is vouched for by no
    other yet: what it says of its run is held against the manifest (LG002). A line that a writer did not finish is
    remarked on: the writer died, and the row after it vouches for what is left.
    """
    found = _surveyed(context)
    for fault in found.faults[:_SHOWN]:
        yield _at(fault.line, fault.message)
    if len(found.faults) > _SHOWN:
        yield context.missing(LEDGER, f"{len(found.faults)} faults; the first {_SHOWN} are named")
    for line in found.cut[:_SHOWN]:
        yield _at(line, "was cut short when its writer died", severity=Severity.NOTE, hint="nothing: leave it there")


@VERIFIER.rule("LG002", "the run's last row says what its manifest says", hint=_APPEND, scopes=(Scope.RUN,))
def last_row_is_the_manifests(context: VerifyContext) -> Iterator[Finding]:
    """Two records of one job that differ are worse than one: run, job id, status and sync status have to agree.

    From its submission on a Slurm run has a job id and a row. Local runs are not in the ledger.
    """
    try:
        facts = context.manifest_facts
    except DocumentError as error:
        raise Skip(f"{context.run.manifest} cannot be read (SC001)") from error
    if not facts.slurm:
        raise Skip("a local run: the ledger is for Slurm jobs")
    status, job_id = facts.status, _job_id(facts.data)
    if job_id is None:
        if status in _NO_JOB_YET:
            raise Skip("the run has no job id: it was not submitted")
        yield context.missing(context.run.manifest, f"`status` is {status} but there is no `job_id` to look for")
        return
    found = _surveyed(context) if context.tree.exists(LEDGER) else None
    last = None if found is None else found.last_row(context.iteration_id or "", context.run_id or "")
    if last is None:
        why = "does not exist" if found is None else f"has no row of the run {show(context.run_id)}"
        yield context.missing(LEDGER, f"{why}, which is job {show(job_id)}")
        return
    yield from _differences(last, {"job_id": job_id, "status": status.value, "sync": _sync(facts.data)})


def _job_id(manifest: dict[str, Any]) -> str | None:
    from autolab_core.io.legacy import normalise_manifest  # other tools put it elsewhere

    return text_at(normalise_manifest(manifest)[0], "/job_id")


def _sync(manifest: dict[str, Any]) -> str:
    return _canonical(text_at(manifest, "/artifact_sync_to_local/status") or "")


def _canonical(word: str) -> str:
    return str(SYNC_SYNONYMS.get(word, word))


def _differences(last: "LastRow", wanted: dict[str, str]) -> Iterator[Finding]:
    said = {"job_id": last.row.job_id, "status": last.row.status, "sync": _canonical(last.row.sync)}
    for name, value in wanted.items():
        if said[name] != value:
            message = f"the run's last row has the {name} {show(said[name])}, the manifest has {show(value)}"
            yield _at(last.line, message)


@VERIFIER.rule("LG003", "no merge of the ledger is left open", hint="close it with `autolab ledger merge`")
def merges_are_closed(context: VerifyContext) -> Iterator[Finding]:
    """Rows that two branches appended both belong in the list, but then it has two ends, and one could be cut off.

    The row that closes a merge carries the hashes of both. Conflict markers that git left are an open merge too.
    """
    found = _surveyed(context)
    for line in found.markers[:_SHOWN]:
        yield _at(line, "is a conflict marker that git left")
    if found.faults and not found.markers:
        raise Skip("the chain is broken (LG001): where it branches cannot be said")
    if found.is_open and not found.markers:
        lines = ", ".join(map(str, found.ends))
        yield _at(min(found.ends), f"{len(found.ends)} branches end here, at the lines {lines}: no row joins them")
