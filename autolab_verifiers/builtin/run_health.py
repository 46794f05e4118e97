"""``run_health``: the manifest is there, speaks our words, and agrees with itself and with the files beside it.

The promises come from the launch and monitor stages: what a manifest must hold, which words it may use, and that
nothing is called a result which the job itself did not report to have ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from autolab_core.vocab.states import ENDED, LEGAL_RUN_MOVES, SYNC_SYNONYMS, RunStatus, Severity, Stage, SyncStatus
from autolab_core.vocab.times import parse_timestamp
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.run_facts import ManifestFacts, run_status
from autolab_verifiers.contract.runs import statuses
from autolab_verifiers.contract.values import list_at, mapping_at, show, text_at, value_at, word_at

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("run_health", "The run's manifest tells one true, complete story.")

_STATUS: Final = "/status"
_SYNC: Final = "/artifact_sync_to_local/status"
_JOB_ID: Final = "/job_id"
# Where other tools put the job id; read, and reported once as a note.
_FOREIGN_JOB_IDS: Final = ("/slurm/job_id", "/resource_request/job_id", "/resource_request/slurm/job_id")
_MEANT: Final = {
    SyncStatus.PENDING: RunStatus.PENDING,
    SyncStatus.SYNCING: RunStatus.RUNNING,
    SyncStatus.OK: RunStatus.COMPLETED,
    SyncStatus.FAILED: RunStatus.FAILED,
}
_AFTER_EXTRACTION: Final = frozenset(
    {Stage.EXTRACT_RESULTS, Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT, Stage.HUMAN_REVIEW, Stage.STOP}
)


@VERIFIER.rule("RH001", "the run has a manifest", hint="run `autolab launch`; a run without a manifest is no run")
def manifest_exists(context: VerifyContext) -> Iterator[Finding]:
    """Every launch writes ``run_manifest.json`` before it starts anything: the intent is on disk before the effect.

    A run folder without one was made by hand, or the launch never happened; nothing about it can be proven.
    """
    path = context.run.manifest
    if not context.tree.exists(path):
        yield context.missing(path, "does not exist")


@VERIFIER.rule("RH002", "`status` is a canonical run status", hint=f"one of: {', '.join(RunStatus)}")
def status_is_canonical(context: VerifyContext) -> Iterator[Finding]:
    """Other tools decide by this word: a word that is almost right makes them decide wrongly, or not at all."""
    facts = context.manifest_facts
    if facts.word is not None:
        return
    path, value = facts.path, facts.data.get("status")
    if value is None:
        yield context.at(path, _STATUS, "`status` is missing")
        return
    word = value.strip().lower().replace("-", "_") if isinstance(value, str) else ""
    meant = run_status(word) or (_MEANT[SYNC_SYNONYMS[word]] if word in SYNC_SYNONYMS else None)
    hint = f"write '{meant}'" if meant else None
    yield context.at(path, _STATUS, f"`status` is {show(value)}, which is not a canonical run status", hint=hint)


@VERIFIER.rule("RH003", "an ended run says when it ended", hint="set `timestamps.completed_at`, UTC, RFC 3339")
def ended_runs_have_an_end(context: VerifyContext) -> Iterator[Finding]:
    """How long a run took, and which of two came last, is read from here. Partial runs have ended too."""
    facts = context.manifest_facts
    if facts.status in ENDED and facts.time("completed_at") is None:
        message = f"`status` is {facts.status} but `completed_at` is missing"
        yield context.at(facts.path, "/timestamps/completed_at", message)


@VERIFIER.rule(
    "RH004", "the manifest names the run and iteration whose folder it lies in", hint="do not copy manifests"
)
def ids_match_folders(context: VerifyContext) -> Iterator[Finding]:
    """Ids join manifest, metrics, ledger and state; a copied manifest would lend one run's evidence to another."""
    facts = context.manifest_facts
    for key, wanted in (("run_id", context.run_id), ("iteration_id", context.iteration_id)):
        found = facts.data.get(key)
        if found != wanted:
            said = "is missing" if found is None else f"is {show(found)}"
            yield context.at(facts.path, f"/{key}", f"`{key}` {said}, but the folder says {show(wanted)}")


@VERIFIER.rule(
    "RH005", "`host_mode` is what the probes, the launch and the design say", hint="launch again on that host"
)
def host_mode_agrees(context: VerifyContext) -> Iterator[Finding]:
    """``sinfo`` and ``squeue`` both succeed: slurm; otherwise local; ``compute.location`` must agree (launch stage)."""
    facts = context.manifest_facts
    mode, path = facts.host_mode, facts.path
    if mode is None:
        message = f"`host_mode` is {show(facts.data.get('host_mode'))}, not local or slurm"
        yield context.at(path, "/host_mode", message)
        return
    launched = facts.data.get("launch_mode")
    if launched is not None and launched != mode:
        yield context.at(path, "/launch_mode", f"`launch_mode` is {show(launched)} but `host_mode` is '{mode}'")
    if facts.allocation is not None and not facts.slurm:
        message = f"`submission.allocation` is {show(facts.allocation)} but `host_mode` is '{mode}'"
        yield context.at(path, "/submission/allocation", message)
    if facts.probed not in (None, mode):
        yield context.at(path, "/host", f"the probes say '{facts.probed}' but `host_mode` is '{mode}'")
    if context.tree.exists(context.iteration.design):
        planned = context.design_facts.location
        if planned is not None and planned != mode:
            message = f"the design's `compute.location` is {show(planned)} but `host_mode` is '{mode}'"
            yield context.at(path, "/host_mode", message, hint="mend the design, or launch on that host")


def _is_zero(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == 0


@VERIFIER.rule(
    "RH006", "the sync status is canonical and good enough for the run's status", hint="sync the artifacts again"
)
def sync_status_fits(context: VerifyContext) -> Iterator[Finding]:
    """What is still on the cluster is no result yet. A local run has nothing to bring home: ``ok`` and ``none``."""
    facts = context.manifest_facts
    path, word, sync = facts.path, facts.sync.get("status"), facts.sync_status
    if sync is None and isinstance(word, str) and word in SYNC_SYNONYMS:
        sync = SYNC_SYNONYMS[word]
        message = f"`artifact_sync_to_local.status` is {show(word)}, read as '{sync}'"
        yield context.at(path, _SYNC, message, hint=f"write '{sync}'", severity=Severity.WARNING)
    elif sync is None and word is not None:
        message = f"`artifact_sync_to_local.status` is {show(word)}, which is not a sync status"
        yield context.at(path, _SYNC, message, hint=f"one of: {', '.join(SyncStatus)}")
        return
    status, slurm = facts.word, facts.slurm
    if status is not RunStatus.COMPLETED and not (slurm and status is RunStatus.SYNCED):
        return
    if sync is not SyncStatus.OK:
        yield context.at(path, _SYNC, f"`status` is {status} but the artifacts' sync status is {show(word)}, not 'ok'")
    method = facts.sync.get("method")
    if not slurm and method != "none":
        severity = Severity.WARNING if method is None else Severity.ERROR
        message = f"a local run's sync method is 'none', not {show(method)}"
        yield context.at(path, "/artifact_sync_to_local/method", message, hint="write 'none'", severity=severity)


@VERIFIER.rule("RH007", "the run has its logs folder", hint="logs go to `runs/<run_id>/logs/`; launch makes the folder")
def logs_exist(context: VerifyContext) -> Iterator[Finding]:
    """A required artifact of the launch stage; a failed run keeps its logs, they are all that is left to read."""
    context.manifest()  # a folder without a manifest is no run, and RH001 says so
    logs = context.run.logs
    if not context.tree.is_folder(logs):
        yield context.missing(logs, "is not there, or is not a folder")


@VERIFIER.rule("RH008", "the exit marker that the job wrote agrees with the status", hint="run `autolab extract` again")
def exit_marker_agrees(context: VerifyContext) -> Iterator[Finding]:
    """The job itself writes ``logs/exit.json`` when its command has ended: without it nothing is a result.

    A local run has no other witness, nor has one that was started inside an allocation. For a Slurm job the scheduler
    is one, so a marker that is absent proves nothing there; one that is present must still agree.
    """
    facts, path = context.manifest_facts, context.run.exit_marker
    status = facts.status
    if not context.tree.exists(path):
        if facts.has_own_job:
            raise Skip("Slurm run without an exit marker: the scheduler is the witness")
        yield from _without_marker(context, facts)
        return
    marker = context.mapping(path)
    code, token = marker.get("exit_code"), marker.get("token")
    failed_at = word_at(facts.failure, "/stage", Stage)
    submitted = text_at(facts.submission, "/token")
    if submitted is not None and token != submitted:
        message = f"the marker's token is {show(token)}, the manifest's is {show(submitted)}"
        yield context.at(path, "/token", message, hint="the marker belongs to another start of this run")
    if status not in ENDED:
        if code is not None:
            message = f"the command ended with exit code {show(code)}, but `status` is still {status}"
            yield context.at(path, "/exit_code", message, severity=Severity.WARNING)
    elif status is not RunStatus.FAILED and not _is_zero(code):
        yield context.at(path, "/exit_code", f"`status` is {status} but the command's exit code is {show(code)}, not 0")
    elif status is RunStatus.FAILED and _is_zero(code) and failed_at is not Stage.EXTRACT_RESULTS:
        message = f"`status` is {status} but the command's exit code is 0 and `failure.stage` is not extract_results"
        yield context.at(path, "/exit_code", message)


def _without_marker(context: VerifyContext, facts: ManifestFacts) -> Iterator[Finding]:
    """What is wrong with a run that has no exit marker, which nobody else can tell the end of."""
    if facts.status not in ENDED:
        return
    if facts.status is not RunStatus.FAILED:
        yield context.missing(context.run.exit_marker, f"does not exist, but `status` is {facts.status}")
    elif text_at(facts.failure, "/reason") is None:
        yield context.missing(context.run.exit_marker, "does not exist, and `failure.reason` does not say why")


@VERIFIER.rule("RH009", "the launch script is there and is the one that was started", hint="do not edit launch scripts")
def script_is_the_one_started(context: VerifyContext) -> Iterator[Finding]:
    """``run_local.sh`` is written for every run (for Slurm as the command record); its hash proves what was started.

    Inside an allocation it is the one that is started. The next launch replaces the iteration's script, so a run's own
    copy is looked at where there is one.
    """
    facts, iteration, tree = context.manifest_facts, context.iteration, context.tree
    own = context.launched.batch_script if facts.has_own_job else context.launched.script
    started = iteration.run_local
    there = tree.exists(started)
    if not there:
        yield context.missing(started, "does not exist", hint="launch writes it")
    if facts.slurm:
        batch = tree.exists(iteration.run_slurm)
        if not batch:
            yield context.missing(iteration.run_slurm, "does not exist", hint="launch writes it")
        if facts.has_own_job:
            started, there = iteration.run_slurm, batch
    if facts.submission.get("script") == own or tree.exists(own):
        started, there = own, True
    recorded = text_at(facts.submission, "/script_sha256")
    if recorded is None or not there:
        return
    if tree.sha256(started) != recorded.removeprefix("sha256:"):
        yield context.missing(started, "is not what was started: its sha256 is not `submission.script_sha256`")


_ABSENT: Final = (None, "")
_REQUIRED: Final = (
    ("/command", "the command that was executed"),
    ("/resource_request", "the resources that were asked for"),
    (_SYNC, "the artifacts' sync status"),
    ("/host/hostname", "the answer of the `hostname` probe"),
    ("/host/sinfo", "the answer of the `sinfo -V` probe"),
    ("/host/squeue", "the answer of the `squeue -V` probe"),
)


@VERIFIER.rule("RH010", "the manifest holds everything a launch records", hint="launch with `autolab launch`")
def manifest_is_complete(context: VerifyContext) -> Iterator[Finding]:
    """What a launch promises to record: commit, command, resources, sync status, verifier snapshot and host probes.

    The verifier snapshot is not asked for before the run has ended: it is the answer of the first verification.
    """
    facts = context.manifest_facts
    path, commit = facts.path, facts.data.get("commit")
    if not (isinstance(commit, str) and commit) and not text_at(commit, "/sha") and not text_at(commit, "/note"):
        hint = "record `commit.sha`, or `commit.note` saying why there is none"
        yield context.at(path, "/commit", "what was checked out is not recorded", hint=hint)
    for pointer, what in _REQUIRED:
        if value_at(facts.data, pointer) in _ABSENT:
            yield context.at(path, pointer, f"{what} is missing (`{pointer[1:].replace('/', '.')}`)")
    if facts.time("created_at") is None:
        yield context.at(
            path, "/timestamps/created_at", "when the launch was made is missing (`timestamps.created_at`)"
        )
    if facts.word in ENDED and not mapping_at(facts.data, "/verifier_snapshot"):
        message = "the run has ended but `verifier_snapshot` is missing"
        yield context.at(
            path, "/verifier_snapshot", message, hint="run `autolab extract`, which verifies and records it"
        )


@VERIFIER.rule("RH011", "the run's times are real, and in order", hint="UTC, RFC 3339: 2026-02-01T12:00:00Z")
def times_are_in_order(context: VerifyContext) -> Iterator[Finding]:
    """created ≤ started ≤ completed, to the second; and a run that has not ended has no end.

    Schedulers know that a job has ended before its files are home, so for Slurm an early end is only remarked on.
    """
    facts = context.manifest_facts
    path, earlier, before = facts.path, "", None
    for name in ("created_at", "started_at", "completed_at"):
        value = facts.time(name)
        if value is None:
            continue
        if name not in facts.times or facts.times[name] is None:
            message = f"`{name}` stands at top level and is read from there"
            hint = f"move it to `timestamps.{name}`"
            yield context.at(path, f"/{name}", message, hint=hint, severity=Severity.NOTE)
        time = parse_timestamp(value) if isinstance(value, str) else None
        if time is None:
            message = f"`{name}` is {show(value)}, not an RFC 3339 time with an offset"
            yield context.at(path, facts.time_pointer(name), message)
            continue
        if before is not None and time < before and time.replace(microsecond=0) < before.replace(microsecond=0):
            message = f"`{name}` is before `{earlier}`"
            yield context.at(path, facts.time_pointer(name), message, hint="times are the run's own")
        earlier, before = name, time
    status = facts.word
    if status in ENDED or status in (None, RunStatus.SYNCED) or facts.time("completed_at") is None:
        return
    severity = Severity.WARNING if facts.has_own_job else Severity.ERROR
    pointer = facts.time_pointer("completed_at")
    yield context.at(path, pointer, f"`completed_at` is set but `status` is {status}", severity=severity)


@VERIFIER.rule("RH012", "a submitted Slurm run has its job id", hint="record the id that sbatch answered as `job_id`")
def slurm_runs_have_a_job_id(context: VerifyContext) -> Iterator[Finding]:
    """The id is how the job is found again and how the ledger names it. A submission that was refused never got one.

    A run that was started inside an allocation has the allocation's.
    """
    facts = context.manifest_facts
    if not facts.slurm:
        raise Skip("not a Slurm run")
    manifest, path = facts.data, facts.path
    if _is_job_id(manifest.get("job_id")):
        if facts.allocation not in (None, manifest["job_id"]):
            message = f"`job_id` is {show(manifest['job_id'])}, but the allocation is {show(facts.allocation)}"
            yield context.at(path, _JOB_ID, message, hint="record the id of the allocation that the run was started in")
        return
    foreign = next((pointer for pointer in _FOREIGN_JOB_IDS if _is_job_id(value_at(manifest, pointer))), None)
    if foreign is not None:
        where = foreign[1:].replace("/", ".")
        yield context.at(path, foreign, f"the job id is read from `{where}`", severity=Severity.NOTE)
        return
    status = facts.status
    refused = status is RunStatus.FAILED and word_at(manifest, "/failure/stage", Stage) is Stage.LAUNCH
    if status is not RunStatus.PENDING and not refused:
        yield context.at(path, _JOB_ID, f"`status` is {status} but there is no `job_id`")


def _is_job_id(value: object) -> bool:
    return bool(value) and isinstance(value, str | int) and not isinstance(value, bool)


@VERIFIER.rule("RH013", "the run is as far as the stage says", hint="`autolab run` does the next step")
def status_fits_the_stage(context: VerifyContext) -> Iterator[Finding]:
    """While launching and monitoring a run may have any status; from extraction on it must have ended."""
    status = context.manifest_facts.status
    if status not in ENDED and context.stage in _AFTER_EXTRACTION:
        message = f"the stage is {context.stage} but the run is still {status}"
        yield context.at(context.run.manifest, _STATUS, message)


@VERIFIER.rule(
    "RH014", "a run that did not succeed says why; one that did names no failure", hint="see `failure.reason`"
)
def failures_are_explained(context: VerifyContext) -> Iterator[Finding]:
    """Whether and how to try again is decided on the reason; a failure without one is decided on a guess."""
    facts = context.manifest_facts
    status = facts.status
    if status is RunStatus.COMPLETED:
        if facts.data.get("failure") is not None:
            yield context.at(facts.path, "/failure", f"`status` is {status} but `failure` is not null")
    elif status in ENDED and text_at(facts.failure, "/reason") is None:
        yield context.at(facts.path, "/failure", f"`status` is {status} but `failure.reason` is missing")


@VERIFIER.rule(
    "RH015", "the status history leads to the status by legal moves", hint="history is appended to, never edited"
)
def history_is_legal(context: VerifyContext) -> Iterator[Finding]:
    """A status that nothing led to was written by hand. The moves are ``vocab.states.LEGAL_RUN_MOVES``."""
    facts = context.manifest_facts
    path, history = facts.path, list_at(facts.data, "/history")
    if not history:
        raise Skip("the manifest records no history")
    before: RunStatus | None = None
    latest: datetime | None = None
    for index, entry in enumerate(history):
        fields = entry if isinstance(entry, dict) else {}
        said, time = fields.get("status"), fields.get("at")
        at = parse_timestamp(time) if isinstance(time, str) else None
        if at is None:
            yield context.at(path, f"/history/{index}/at", f"`at` is {show(time)}, not an RFC 3339 time")
        elif latest is not None and at < latest:
            yield context.at(path, f"/history/{index}/at", "goes back in time")
        latest = at or latest
        word = run_status(said)
        if word is None:
            message = f"`status` is {show(said)}, which is not a canonical run status"
            yield context.at(path, f"/history/{index}/status", message)
        elif before is not None and word is not before and word not in LEGAL_RUN_MOVES[before]:
            yield context.at(path, f"/history/{index}/status", f"a run cannot go from {before} to {word}")
        before = word or before
    last, status = value_at(history[-1], _STATUS), facts.data.get("status")
    if last != status:
        message = f"`status` is {show(status)} but the history ends with {show(last)}"
        yield context.at(path, f"/history/{len(history) - 1}/status", message)


@VERIFIER.rule(
    "RH016",
    "at most one run of the iteration is active",
    hint="`autolab cancel` or finish all but one",
    scopes=(Scope.ITERATION,),
)
def one_run_is_active(context: VerifyContext) -> Iterator[Finding]:
    """Two runs at once write over one another, and nobody can say which one a result belongs to."""
    active = [f"{name} ({status})" for name, status in statuses(context) if status not in ENDED]
    if len(active) > 1:
        yield context.missing(context.iteration.runs, f"{len(active)} runs are active: {', '.join(active)}")
