"""``consistency``: state, backlog, design, review and manifest speak of one experiment, and tell one course of events.

The links between manifest, metrics and folder are ``run_health``'s and ``result_sanity``'s; what cannot be read or has
not its schema's shape is ``schema_checks``'.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from autolab_core.io.layout import BACKLOG, STATE
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import SYNC_SYNONYMS, ReviewStatus, Severity, Stage, StageOutcome, SyncStatus
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON, by_a_person, made_by_a_stage
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import list_at, number_at, show, text_at, value_at, word_at

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("consistency", "The iteration's files speak of one experiment and one course of events.")

_LAUNCHED: Final = frozenset({Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS, Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT})
_REVIEWED: Final = "/reviewed/design_sha256"
_LEADS_TO: Final = {StageOutcome.HUMAN_REVIEW: Stage.HUMAN_REVIEW, StageOutcome.STOP: Stage.STOP}


def _read(context: VerifyContext, path: str) -> dict[str, Any]:
    """The document *path*. Raises Skip when it is not there or cannot be read: SC001 says so."""
    try:
        return context.mapping(path)
    except DocumentError as error:
        raise Skip(f"{path} cannot be read (SC001)") from error


def _manifest(context: VerifyContext) -> dict[str, Any]:
    try:
        return context.manifest()
    except DocumentError as error:
        raise Skip(f"{context.run.manifest} cannot be read (SC001)") from error


class _Review:
    """What the rules about a run ask of the review, found once for all runs of the iteration."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.status = word_at(data, "/status", ReviewStatus)
        self.blocking = len(list_at(data, "/blocking_findings"))
        self.design_sha256 = text_at(data, _REVIEWED)


def _reviewed(context: VerifyContext) -> _Review:
    """The review. Raises Skip as ``_read``."""
    path = context.iteration.review
    try:
        if context.tree.exists(path):
            return context.tree.derived(path, _Review)
    except DocumentError as error:
        raise Skip(f"{path} cannot be read (SC001)") from error
    raise Skip(f"{path} does not exist")


def _design(context: VerifyContext) -> dict[str, Any]:
    return _read(context, context.iteration.design)


def _state(context: VerifyContext) -> dict[str, Any]:
    """The state. Raises Skip when it stands at another iteration."""
    state = _read(context, STATE)
    if value_at(state, "/iteration_id") != context.iteration_id:
        raise Skip("the state stands at another iteration")
    return state


def _entry(context: VerifyContext, experiment: str | None) -> tuple[str, dict[str, Any]]:
    """Pointer and entry of *experiment* in the backlog. Raises Skip when there is not exactly one (CN002)."""
    entries = list_at(_read(context, BACKLOG), "/experiments")
    found = [(f"/experiments/{index}", entry) for index, entry in enumerate(entries) if _is(entry, experiment)]
    if experiment is None or len(found) != 1:
        raise Skip("the backlog does not have exactly one entry for the design's experiment (CN002)")
    return found[0]


def _is(entry: object, wanted: str | None) -> bool:
    return isinstance(entry, dict) and wanted is not None and entry.get("id") == wanted


@VERIFIER.rule(
    "CN001",
    "the design names the iteration whose folder it lies in",
    hint="do not copy designs as they are",
    scopes=(Scope.ITERATION,),
)
def design_is_the_iterations(context: VerifyContext) -> Iterator[Finding]:
    """Scripts and manifests take the iteration's id from the design: a copied design would run as another iteration."""
    found = value_at(_design(context), "/iteration_id")
    if found != context.iteration_id:
        message = f"`iteration_id` is {show(found)}, but the folder says {show(context.iteration_id)}"
        yield context.at(context.iteration.design, "/iteration_id", message)


@VERIFIER.rule(
    "CN002",
    "state, design and backlog name one experiment",
    hint="use the backlog's id in all of them",
    scopes=(Scope.ITERATION,),
)
def experiment_is_one(context: VerifyContext) -> Iterator[Finding]:
    """Whether an experiment is closed is looked up by this id. With two of them a closed one could be run again."""
    path, experiment = context.iteration.design, text_at(_design(context), "/id")
    if experiment is None:
        raise Skip("the design names no experiment")
    if context.tree.exists(STATE):
        state = _read(context, STATE)
        planned = text_at(state, "/experiment_id")
        if planned not in (None, experiment) and value_at(state, "/iteration_id") == context.iteration_id:
            yield context.at(
                STATE, "/experiment_id", f"is {show(planned)}, but the design's `id` is {show(experiment)}"
            )
    backlog = _read(context, BACKLOG)
    count = sum(_is(entry, experiment) for entry in list_at(backlog, "/experiments"))
    if count == 0:
        yield context.at(path, "/id", f"{show(experiment)} is no experiment of {BACKLOG}")
    elif count > 1:
        yield context.at(BACKLOG, "/experiments", f"has {count} entries for {show(experiment)}")
    else:
        pointer, entry = _entry(context, experiment)
        owner = text_at(entry, "/iteration_id")
        if owner not in (None, context.iteration_id):
            message = f"{show(experiment)} is said to be of iteration {show(owner)}, not {show(context.iteration_id)}"
            yield context.at(BACKLOG, f"{pointer}/iteration_id", message)


@VERIFIER.rule(
    "CN003",
    "the design tests the backlog's hypothesis",
    hint="use one `hypothesis_id` in both",
    scopes=(Scope.ITERATION,),
)
def hypothesis_is_one(context: VerifyContext) -> Iterator[Finding]:
    """A result counts for the hypothesis that the backlog lists; under another id it counts for none, or for two."""
    path, design = context.iteration.design, _design(context)
    wanted = text_at(design, "/hypothesis_id")
    if wanted is None:
        raise Skip("the design names no hypothesis")
    if not any(_is(entry, wanted) for entry in list_at(_read(context, BACKLOG), "/hypotheses")):
        yield context.at(path, "/hypothesis_id", f"{show(wanted)} is no hypothesis of {BACKLOG}")
    pointer, entry = _entry(context, text_at(design, "/id"))
    listed = text_at(entry, "/hypothesis_id")
    if listed not in (None, wanted):
        message = f"is {show(listed)}, but the design's `hypothesis_id` is {show(wanted)}"
        yield context.at(BACKLOG, f"{pointer}/hypothesis_id", message)


@VERIFIER.rule(
    "CN004",
    "the runs that the state names are there",
    hint="`autolab launch` takes up a launch cut short",
    scopes=(Scope.ITERATION,),
)
def runs_of_the_state_exist(context: VerifyContext) -> Iterator[Finding]:
    """The next step looks for the run by these ids. A pending one is a launch whose end nobody has recorded."""
    state = _state(context)
    last, pending = text_at(state, "/last_run_id"), text_at(state, "/pending_run_id")
    if last is not None:
        try:
            there = context.tree.is_folder(context.iteration.run(last).folder)
        except (UsageError, DocumentError):
            there = False
        if not there:
            yield context.at(STATE, "/last_run_id", f"there is no run {show(last)} in {context.iteration.runs}")
    stage = word_at(state, "/stage", Stage)
    if pending is not None and stage in _LAUNCHED:
        yield context.at(
            STATE, "/pending_run_id", f"the stage is {stage}, but the launch of {show(pending)} is pending"
        )


@VERIFIER.rule("CN005", "the state believes of the artifacts what the manifest says", hint="run `autolab extract`")
def sync_status_is_the_manifests(context: VerifyContext) -> Iterator[Finding]:
    """A stage advances on the state's word. It is only remarked on: the manifest, which RH006 judges, may be ahead."""
    state = _state(context)
    if context.run_id is None or text_at(state, "/last_run_id") != context.run_id:
        raise Skip("the run is not the state's last one")
    said = _sync(state, "/sync_status")
    found = _sync(_read(context, context.run.manifest), "/artifact_sync_to_local/status")
    if said is SyncStatus.OK and found is not None and found is not said:
        message = f"is '{said}', but the manifest's `artifact_sync_to_local.status` is '{found}'"
        yield context.at(STATE, "/sync_status", message, severity=Severity.WARNING)


def _sync(data: dict[str, Any], pointer: str) -> SyncStatus | None:
    return word_at(data, pointer, SyncStatus) or SYNC_SYNONYMS.get(text_at(data, pointer) or "")


@VERIFIER.rule(
    "CN006",
    "the state's history leads to its stage",
    hint="history is appended to, never edited",
    scopes=(Scope.ITERATION,),
)
def history_leads_to_the_stage(context: VerifyContext) -> Iterator[Finding]:
    """Retries are counted from it. An outcome that leads elsewhere than its name says was not written by a stage.

    A gap is only remarked on: people and other tools move the stage too.
    """
    state = _state(context)
    history = list_at(state, "/history")
    if not history:
        raise Skip("the state has no history yet")
    reached: Stage | None = None
    for index, entry in enumerate(history):
        pointer, outcome = f"/history/{index}", word_at(entry, "/status", StageOutcome)
        before, after = word_at(entry, "/stage_before", Stage), word_at(entry, "/stage_after", Stage)
        leads_to = before if outcome is StageOutcome.STAY else _LEADS_TO.get(outcome) if outcome else None
        if leads_to is not None and after is not None and after is not leads_to:
            yield context.at(STATE, f"{pointer}/stage_after", f"is {after}, but {outcome} leads to {leads_to}")
        if reached is not None and before is not None and before is not reached:
            message = f"is {before}, but the entry before it ended at {reached}"
            yield context.at(STATE, f"{pointer}/stage_before", message, severity=Severity.WARNING)
        reached = after or reached
    stage = word_at(state, "/stage", Stage)
    if None not in (stage, reached) and stage is not reached:
        message = f"is {stage}, but the history ends at {reached}"
        yield context.at(STATE, "/stage", message, severity=Severity.WARNING)


@VERIFIER.rule("CN007", "what was launched has a review that passes", hint="have it reviewed; launch only what passed")
def launched_runs_are_reviewed(context: VerifyContext) -> Iterator[Finding]:
    """The gate before the launch. A review that was passed then, as the manifest recorded, may be reopened later."""
    manifest, path = _manifest(context), context.iteration.review
    review = _reviewed(context)
    if review.status is None:
        raise Skip("the review's status is no word of ours (SC003)")
    if review.status is ReviewStatus.PASS and not review.blocking:
        return
    passed = word_at(manifest, "/review/status", ReviewStatus) is ReviewStatus.PASS
    severity = Severity.WARNING if passed else Severity.ERROR
    if review.status is not ReviewStatus.PASS:
        message = f"a run was launched, but the review says {review.status}"
        yield context.at(path, "/status", message, severity=severity)
    else:
        message = f"a run was launched, but the review lists {review.blocking} blocking findings"
        yield context.at(path, "/blocking_findings", message, severity=severity)


@VERIFIER.rule("CN008", "the design is the one that was reviewed", hint="`autolab review approve`, then launch again")
def design_is_the_reviewed_one(context: VerifyContext) -> Iterator[Finding]:
    """The run's evidence is about the design as it was. A warning: the change may be meant for the next run."""
    _manifest(context)
    recorded = _reviewed(context).design_sha256
    if recorded is None:
        raise Skip("the review records no hash of the design")
    try:
        context.design()
    except DocumentError as error:
        raise Skip(f"{context.iteration.design} cannot be read (SC001)") from error
    if context.tree.sha256(context.iteration.design) != recorded.removeprefix("sha256:"):
        message = "is not the sha256 of design.yaml, which was changed after its review"
        yield context.at(context.iteration.review, _REVIEWED, message, severity=Severity.WARNING)


@VERIFIER.rule(
    "CN009",
    "the seeds of the command are the replicates'",
    hint="list each seed of `replicates` once",
    scopes=(Scope.ITERATION,),
)
def seeds_are_the_replicates(context: VerifyContext) -> Iterator[Finding]:
    """A seed that the command is not given has no result. A warning: what ``seeds`` means is the command's own."""
    design, pointer = _design(context), "/entrypoint/args/seeds"
    count, seeds = number_at(design, "/replicates/count"), value_at(design, pointer)
    base = number_at(design, "/replicates/base_seed") or 0
    if not isinstance(count, int) or not isinstance(base, int) or not isinstance(seeds, list):
        raise Skip("the design has no `replicates`, or its command no list of `seeds`")
    if text_at(design, "/replicates/seed_strategy") == "increment":
        good = len(seeds) == count and sorted(map(str, seeds)) == sorted(map(str, range(base, base + len(seeds))))
    else:
        good = len(seeds) == count == len(set(map(str, seeds)))
    if not good:
        message = f"are {len(seeds)} seeds that are not the {count} of `replicates`, each once"
        yield context.at(context.iteration.design, pointer, message, severity=Severity.WARNING)


def _history(context: VerifyContext) -> tuple[list[Any], int]:
    """The entries of the state's history, and the index of the first that knows of ``who``: the versions before wrote
    none. Raises Skip where there is no history."""
    history = list_at(_state(context), "/history")
    if not history:
        raise Skip("the state has no history yet")
    known = (index for index, entry in enumerate(history) if isinstance(entry, dict) and "who" in entry)
    return history, next(known, len(history))


def _severity(index: int, since: int) -> Severity:
    return Severity.ERROR if index >= since else Severity.WARNING


@VERIFIER.rule(
    "CN010",
    "every move of the state's history is one that stages make",
    hint="docs/states.md has the moves; only the commands write the state",
    scopes=(Scope.ITERATION,),
)
def history_makes_legal_moves(context: VerifyContext) -> Iterator[Finding]:
    """A stage that was skipped was never verified. The moves are those of the table that the stages themselves obey.

    Entries that an older version or another tool wrote are only remarked on.
    """
    history, since = _history(context)
    for index, entry in enumerate(history):
        before, after = word_at(entry, "/stage_before", Stage), word_at(entry, "/stage_after", Stage)
        outcome = word_at(entry, "/status", StageOutcome)
        if before is None or after is None or outcome is None:
            continue  # SC006 says so
        if made_by_a_stage(before, outcome, after) or by_a_person(before, after):
            continue
        message = f"{outcome} does not lead from {before} to {after}"
        yield context.at(STATE, f"/history/{index}", message, severity=_severity(index, since))


@VERIFIER.rule(
    "CN011",
    "who left human_review or stop is on record, and why",
    hint="leave them by `autolab resume` or `autolab reopen`",
    scopes=(Scope.ITERATION,),
)
def persons_are_on_record(context: VerifyContext) -> Iterator[Finding]:
    """These two stages end by a person's decision alone. Older versions named nobody: their entries are remarked on."""
    history, since = _history(context)
    for index, entry in enumerate(history):
        before, after = word_at(entry, "/stage_before", Stage), word_at(entry, "/stage_after", Stage)
        if before not in LEFT_BY_A_PERSON or after is None or after is before:
            continue
        lacking = [key for key in ("who", "why") if not (text_at(entry, f"/{key}") or "").strip()]
        if lacking:
            message = f"{before} was left for {after} without {' and '.join(f'`{key}`' for key in lacking)}"
            yield context.at(STATE, f"/history/{index}", message, severity=_severity(index, since))
