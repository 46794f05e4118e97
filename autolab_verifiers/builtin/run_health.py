"""``run_health``: the manifest is there, speaks our words, and agrees with itself and with the files beside it.

The promises come from the launch and monitor stages: what a manifest must hold, which words it may use, and that
nothing is called a result which the job itself did not report to have ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from autolab_core.vocab.states import (
    LEGAL_RUN_MOVES,
    SYNC_SYNONYMS,
    HostMode,
    RunStatus,
    Severity,
    Stage,
    SyncStatus,
)
from autolab_core.vocab.times import parse_timestamp
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.contract.rules import RuleSet, Scope, Skip
from autolab_verifiers.contract.runs import on_slurm, status_of, statuses, time_of
from autolab_verifiers.contract.values import (
    list_at,
    mapping_at,
    show,
    text_at,
    value_at,
    word_at,
)

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
    manifest, path = context.manifest(), context.run.manifest
    if word_at(manifest, _STATUS, RunStatus) is not None:
        return
    value = value_at(manifest, _STATUS)
    if value is None:
        yield context.at(path, _STATUS, "`status` is missing")
        return
    word = value.strip().lower().replace("-", "_") if isinstance(value, str) else ""
    meant = word_at({"word": word}, "/word", RunStatus) or (
        _MEANT[SYNC_SYNONYMS[word]] if word in SYNC_SYNONYMS else None
    )
    hint = f"write '{meant}'" if meant else None
    yield context.at(path, _STATUS, f"`status` is {show(value)}, which is not a canonical run status", hint=hint)


@VERIFIER.rule("RH003", "an ended run says when it ended", hint="set `timestamps.completed_at`, UTC, RFC 3339")
def ended_runs_have_an_end(context: VerifyContext) -> Iterator[Finding]:
    """How long a run took, and which of two came last, is read from here. Partial runs have ended too."""
    manifest, path = context.manifest(), context.run.manifest
    status = status_of(context)
    if status.ended and time_of(manifest, "completed_at").value is None:
        yield context.at(path, "/timestamps/completed_at", f"`status` is {status} but `completed_at` is missing")


@VERIFIER.rule(
    "RH004", "the manifest names the run and iteration whose folder it lies in", hint="do not copy manifests"
)
def ids_match_folders(context: VerifyContext) -> Iterator[Finding]:
    """Ids join manifest, metrics, ledger and state; a copied manifest would lend one run's evidence to another."""
    manifest, path = context.manifest(), context.run.manifest
    for key, wanted in (("run_id", context.run_id), ("iteration_id", context.iteration_id)):
        found = value_at(manifest, f"/{key}")
        if found != wanted:
            said = "is missing" if found is None else f"is {show(found)}"
            yield context.at(path, f"/{key}", f"`{key}` {said}, but the folder says {show(wanted)}")


@VERIFIER.rule(
    "RH005", "`host_mode` is what the probes, the launch and the design say", hint="launch again on that host"
)
def host_mode_agrees(context: VerifyContext) -> Iterator[Finding]:
    """``sinfo`` and ``squeue`` both succeed: slurm; otherwise local; ``compute.location`` must agree (launch stage)."""
    manifest, path = context.manifest(), context.run.manifest
    mode = word_at(manifest, "/host_mode", HostMode)
    if mode is None:
        yield context.at(
            path, "/host_mode", f"`host_mode` is {show(value_at(manifest, '/host_mode'))}, not local or slurm"
        )
        return
    launched = value_at(manifest, "/launch_mode")
    if launched is not None and launched != mode:
        yield context.at(path, "/launch_mode", f"`launch_mode` is {show(launched)} but `host_mode` is '{mode}'")
    probes = [mapping_at(manifest, f"/host/{name}") for name in ("sinfo", "squeue")]
    if all("exit_code" in probe for probe in probes):
        probed = HostMode.SLURM if all(_is_zero(probe["exit_code"]) for probe in probes) else HostMode.LOCAL
        if probed != mode:
            yield context.at(path, "/host", f"the probes say '{probed}' but `host_mode` is '{mode}'")
    if context.tree.exists(context.iteration.design):
        planned = value_at(context.design(), "/compute/location")
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
    manifest, path = context.manifest(), context.run.manifest
    word, status = value_at(manifest, _SYNC), word_at(manifest, _STATUS, RunStatus)
    sync = word_at(manifest, _SYNC, SyncStatus)
    if sync is None and isinstance(word, str) and word in SYNC_SYNONYMS:
        sync = SYNC_SYNONYMS[word]
        message = f"`artifact_sync_to_local.status` is {show(word)}, read as '{sync}'"
        yield context.at(path, _SYNC, message, hint=f"write '{sync}'", severity=Severity.WARNING)
    elif sync is None and word is not None:
        message = f"`artifact_sync_to_local.status` is {show(word)}, which is not a sync status"
        yield context.at(path, _SYNC, message, hint=f"one of: {', '.join(SyncStatus)}")
        return
    demanded = {RunStatus.SYNCED, RunStatus.COMPLETED} if on_slurm(manifest) else {RunStatus.COMPLETED}
    if status not in demanded:
        return
    if sync is not SyncStatus.OK:
        yield context.at(path, _SYNC, f"`status` is {status} but the artifacts' sync status is {show(word)}, not 'ok'")
    method = value_at(manifest, "/artifact_sync_to_local/method")
    if not on_slurm(manifest) and method != "none":
        severity = Severity.WARNING if method is None else Severity.ERROR
        message = f"a local run's sync method is 'none', not {show(method)}"
        yield context.at(path, "/artifact_sync_to_local/method", message, hint="write 'none'", severity=severity)


@VERIFIER.rule("RH007", "the run has its logs folder", hint="logs go to `runs/<run_id>/logs/`; launch makes the folder")
def logs_exist(context: VerifyContext) -> Iterator[Finding]:
    """A required artifact of the launch stage; a failed run keeps its logs, they are all that is left to read."""
    context.manifest()
    if not context.tree.is_folder(context.run.logs):
        yield context.missing(context.run.logs, "is not there, or is not a folder")


@VERIFIER.rule("RH008", "the exit marker that the job wrote agrees with the status", hint="run `autolab extract` again")
def exit_marker_agrees(context: VerifyContext) -> Iterator[Finding]:
    """The job itself writes ``logs/exit.json`` when its command has ended: without it nothing is a result.

    A local run has no other witness. For a Slurm run the scheduler is one, so a marker that is absent proves nothing
    there; one that is present must still agree.
    """
    manifest, path = context.manifest(), context.run.exit_marker
    status = status_of(context)
    if not context.tree.exists(path):
        yield from _without_marker(context, manifest, status)
        return
    marker = context.mapping(path)
    code, token = marker.get("exit_code"), marker.get("token")
    failed_at = word_at(manifest, "/failure/stage", Stage)
    submitted = text_at(manifest, "/submission/token")
    if submitted is not None and token != submitted:
        message = f"the marker's token is {show(token)}, the manifest's is {show(submitted)}"
        yield context.at(path, "/token", message, hint="the marker belongs to another start of this run")
    if not status.ended:
        if code is not None:
            message = f"the command ended with exit code {show(code)}, but `status` is still {status}"
            yield context.at(path, "/exit_code", message, severity=Severity.WARNING)
    elif status is not RunStatus.FAILED and not _is_zero(code):
        yield context.at(path, "/exit_code", f"`status` is {status} but the command's exit code is {show(code)}, not 0")
    elif status is RunStatus.FAILED and _is_zero(code) and failed_at is not Stage.EXTRACT_RESULTS:
        message = f"`status` is {status} but the command's exit code is 0 and `failure.stage` is not extract_results"
        yield context.at(path, "/exit_code", message)


def _without_marker(context: VerifyContext, manifest: dict[str, Any], status: RunStatus) -> Iterator[Finding]:
    if on_slurm(manifest):
        raise Skip("Slurm run without an exit marker: the scheduler is the witness")
    if not status.ended:
        return
    if status is not RunStatus.FAILED:
        yield context.missing(context.run.exit_marker, f"does not exist, but `status` is {status}")
    elif text_at(manifest, "/failure/reason") is None:
        yield context.missing(context.run.exit_marker, "does not exist, and `failure.reason` does not say why")


@VERIFIER.rule("RH009", "the launch script is there and is the one that was started", hint="do not edit launch scripts")
def script_is_the_one_started(context: VerifyContext) -> Iterator[Finding]:
    """``run_local.sh`` is written for every run (for Slurm as the command record); its hash proves what was started.

    The next launch replaces the iteration's script, so a run's own copy is looked at where there is one.
    """
    manifest = context.manifest()
    slurm, local, own = context.iteration.run_slurm, context.iteration.run_local, context.run.script
    for path in [local, slurm] if on_slurm(manifest) else [local]:
        if not context.tree.exists(path):
            yield context.missing(path, "does not exist", hint="launch writes it")
    recorded = text_at(manifest, "/submission/script_sha256")
    named = text_at(manifest, "/submission/script")
    started = own if named == own or context.tree.exists(own) else slurm if on_slurm(manifest) else local
    if recorded is None or (started != own and not context.tree.exists(started)):
        return
    if context.tree.sha256(started) != recorded.removeprefix("sha256:"):
        yield context.missing(started, "is not what was started: its sha256 is not `submission.script_sha256`")


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
    manifest, path = context.manifest(), context.run.manifest
    commit = value_at(manifest, "/commit")
    if not any((isinstance(commit, str) and commit, text_at(commit, "/sha"), text_at(commit, "/note"))):
        hint = "record `commit.sha`, or `commit.note` saying why there is none"
        yield context.at(path, "/commit", "what was checked out is not recorded", hint=hint)
    for pointer, what in _REQUIRED:
        if value_at(manifest, pointer) in (None, ""):
            yield context.at(path, pointer, f"{what} is missing (`{pointer[1:].replace('/', '.')}`)")
    if time_of(manifest, "created_at").value is None:
        yield context.at(
            path, "/timestamps/created_at", "when the launch was made is missing (`timestamps.created_at`)"
        )
    status = word_at(manifest, _STATUS, RunStatus)
    if status is not None and status.ended and not mapping_at(manifest, "/verifier_snapshot"):
        message = "the run has ended but `verifier_snapshot` is missing"
        yield context.at(
            path, "/verifier_snapshot", message, hint="run `autolab extract`, which verifies and records it"
        )


@VERIFIER.rule("RH011", "the run's times are real, and in order", hint="UTC, RFC 3339: 2026-02-01T12:00:00Z")
def times_are_in_order(context: VerifyContext) -> Iterator[Finding]:
    """created ≤ started ≤ completed, to the second; and a run that has not ended has no end.

    Schedulers know that a job has ended before its files are home, so for Slurm an early end is only remarked on.
    """
    manifest, path = context.manifest(), context.run.manifest
    earlier: tuple[str, datetime] | None = None
    for name in ("created_at", "started_at", "completed_at"):
        pointer, value = time_of(manifest, name)
        if value is None:
            continue
        if pointer == f"/{name}":
            message = f"`{name}` stands at top level and is read from there"
            yield context.at(path, pointer, message, hint=f"move it to `timestamps.{name}`", severity=Severity.NOTE)
        time = parse_timestamp(value) if isinstance(value, str) else None
        if time is None:
            yield context.at(path, pointer, f"`{name}` is {show(value)}, not an RFC 3339 time with an offset")
            continue
        time = time.replace(microsecond=0)
        if earlier is not None and time < earlier[1]:
            yield context.at(path, pointer, f"`{name}` is before `{earlier[0]}`", hint="times are the run's own")
        earlier = (name, time)
    status, (pointer, end) = word_at(manifest, _STATUS, RunStatus), time_of(manifest, "completed_at")
    if end is not None and status not in (None, RunStatus.SYNCED) and not status.ended:
        severity = Severity.WARNING if on_slurm(manifest) else Severity.ERROR
        yield context.at(path, pointer, f"`completed_at` is set but `status` is {status}", severity=severity)


@VERIFIER.rule("RH012", "a submitted Slurm run has its job id", hint="record the id that sbatch answered as `job_id`")
def slurm_runs_have_a_job_id(context: VerifyContext) -> Iterator[Finding]:
    """The id is how the job is found again and how the ledger names it. A submission that was refused never got one."""
    manifest, path = context.manifest(), context.run.manifest
    if not on_slurm(manifest):
        raise Skip("not a Slurm run")
    if _is_job_id(value_at(manifest, _JOB_ID)):
        return
    foreign = next((pointer for pointer in _FOREIGN_JOB_IDS if _is_job_id(value_at(manifest, pointer))), None)
    if foreign is not None:
        where = foreign[1:].replace("/", ".")
        yield context.at(path, foreign, f"the job id is read from `{where}`", severity=Severity.NOTE)
        return
    status = status_of(context)
    refused = status is RunStatus.FAILED and word_at(manifest, "/failure/stage", Stage) is Stage.LAUNCH
    if status is not RunStatus.PENDING and not refused:
        yield context.at(path, _JOB_ID, f"`status` is {status} but there is no `job_id`")


def _is_job_id(value: object) -> bool:
    return bool(value) and isinstance(value, str | int) and not isinstance(value, bool)


@VERIFIER.rule("RH013", "the run is as far as the stage says", hint="`autolab run` does the next step")
def status_fits_the_stage(context: VerifyContext) -> Iterator[Finding]:
    """While launching and monitoring a run may have any status; from extraction on it must have ended."""
    status = status_of(context)
    if context.stage in _AFTER_EXTRACTION and not status.ended:
        message = f"the stage is {context.stage} but the run is still {status}"
        yield context.at(context.run.manifest, _STATUS, message)


@VERIFIER.rule(
    "RH014", "a run that did not succeed says why; one that did names no failure", hint="see `failure.reason`"
)
def failures_are_explained(context: VerifyContext) -> Iterator[Finding]:
    """Whether and how to try again is decided on the reason; a failure without one is decided on a guess."""
    manifest, path = context.manifest(), context.run.manifest
    status = status_of(context)
    if status in (RunStatus.FAILED, RunStatus.PARTIAL) and text_at(manifest, "/failure/reason") is None:
        yield context.at(path, "/failure", f"`status` is {status} but `failure.reason` is missing")
    elif status is RunStatus.COMPLETED and value_at(manifest, "/failure") is not None:
        yield context.at(path, "/failure", f"`status` is {status} but `failure` is not null")


@VERIFIER.rule(
    "RH015", "the status history leads to the status by legal moves", hint="history is appended to, never edited"
)
def history_is_legal(context: VerifyContext) -> Iterator[Finding]:
    """A status that nothing led to was written by hand. The moves are ``vocab.states.LEGAL_RUN_MOVES``."""
    manifest, path = context.manifest(), context.run.manifest
    history = list_at(manifest, "/history")
    if not history:
        raise Skip("the manifest records no history")
    before: RunStatus | None = None
    latest: datetime | None = None
    for index, entry in enumerate(history):
        pointer = f"/history/{index}"
        at = parse_timestamp(text_at(entry, "/at") or "")
        if at is None:
            yield context.at(path, f"{pointer}/at", f"`at` is {show(value_at(entry, '/at'))}, not an RFC 3339 time")
        elif latest is not None and at < latest:
            yield context.at(path, f"{pointer}/at", "goes back in time")
        latest = at or latest
        word = word_at(entry, _STATUS, RunStatus)
        if word is None:
            message = f"`status` is {show(value_at(entry, _STATUS))}, which is not a canonical run status"
            yield context.at(path, f"{pointer}/status", message)
        elif before not in (None, word) and word not in LEGAL_RUN_MOVES[before]:
            yield context.at(path, f"{pointer}/status", f"a run cannot go from {before} to {word}")
        before = word or before
    last, status = value_at(history[-1], _STATUS), value_at(manifest, _STATUS)
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
    active = [f"{name} ({status})" for name, status in statuses(context) if not status.ended]
    if len(active) > 1:
        yield context.missing(context.iteration.runs, f"{len(active)} runs are active: {', '.join(active)}")
