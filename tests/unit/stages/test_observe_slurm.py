"""What each of Slurm's words makes of a run, row by row, and what is kept of it in the manifest."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from autolab_core.models.job import Answer, JobObservation, JobUsage
from autolab_core.models.manifest import (
    ArtifactSync,
    ResourceRequest,
    RunManifest,
    StatusChange,
    Submission,
    Timestamps,
)
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.slurm.argv import ACCOUNTING_FIELDS, SEPARATOR
from autolab_core.stages.watching.observe import ABSENT_GRACE, advance, with_sync
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome, SyncStatus
from tests.unit.repositories import AT, NOW

LATER = NOW + timedelta(minutes=5)
ENDED = "2026-02-01T12:04:00Z"


def submitted(status=RunStatus.SUBMITTED, **changes) -> RunManifest:
    return RunManifest(
        "r1",
        "iter_a",
        status,
        host_mode=HostMode.SLURM,
        job_id=changes.pop("job_id", "4242"),
        resource_request=ResourceRequest(walltime=Duration(600), memory=Memory(2**30)),
        timestamps=Timestamps(created_at=AT),
        artifact_sync_to_local=ArtifactSync(SyncStatus.PENDING, "shared_filesystem"),
        submission=Submission("t"),
        history=(StatusChange(AT, status, "made"),),
        **changes,
    )


def seen(state, native=None, **more) -> JobObservation:
    return JobObservation(state, native_state=native or state.value, job_id="4242", **more)


WAITS = [(JobState.PENDING, word) for word in ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT")]
RUNS = [
    (JobState.RUNNING, word)
    for word in ("RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "STAGE_OUT", "SIGNALING", "RESIZING")
]
BAD = [
    (JobState.FAILED, "FAILED"),
    (JobState.CANCELLED, "CANCELLED"),
    (JobState.TIMEOUT, "TIMEOUT"),
    (JobState.FAILED, "OUT_OF_MEMORY"),
    (JobState.FAILED, "NODE_FAIL"),
    (JobState.FAILED, "BOOT_FAIL"),
    (JobState.FAILED, "DEADLINE"),
    (JobState.FAILED, "PREEMPTED"),
    (JobState.FAILED, "COMPLETED"),
]
FROM = [RunStatus.PENDING, RunStatus.SUBMITTED, RunStatus.RUNNING]


@pytest.mark.parametrize("before", FROM)
@pytest.mark.parametrize(("state", "native"), WAITS)
def test_a_job_in_the_queue_is_pending_also_once_it_has_run(before, state, native):
    after = advance(submitted(before), seen(state, native, reason="Resources"), LATER)

    assert (after.status, after.scheduler["state"]) == (RunStatus.PENDING, native)


def test_a_job_that_was_put_back_has_not_started_and_says_so():
    ran = advance(submitted(), seen(JobState.RUNNING, started_at=AT), NOW)
    after = advance(ran, seen(JobState.PENDING, "REQUEUED", attempt=2), LATER)
    again = advance(after, seen(JobState.RUNNING, started_at=ENDED, attempt=2), LATER)

    assert [entry.status.value for entry in again.history] == ["submitted", "running", "pending", "running"]
    assert after.history[-1].why == "put back into the queue: Slurm says REQUEUED"
    assert (after.timestamps.started_at, again.timestamps.started_at) == (None, ENDED)
    assert again.scheduler["attempt"] == 2


@pytest.mark.parametrize("before", FROM)
@pytest.mark.parametrize(("state", "native"), RUNS)
def test_a_job_that_has_its_nodes_is_running(before, state, native):
    after = advance(submitted(before), seen(state, native, started_at=AT), LATER)

    assert (after.status, after.timestamps.started_at) == (RunStatus.RUNNING, AT)


@pytest.mark.parametrize("before", FROM)
def test_a_job_that_ended_well_goes_on_running_until_its_files_are_proven(before):
    after = advance(submitted(before), seen(JobState.COMPLETED, exit_code=0, ended_at=ENDED), LATER)

    assert (after.status, after.artifact_sync_to_local.status) == (RunStatus.RUNNING, SyncStatus.SYNCING)
    assert (after.scheduler["exit"], after.timestamps.completed_at) == ("0:0", None)


@pytest.mark.parametrize("before", FROM)
@pytest.mark.parametrize(("state", "native"), BAD)
def test_every_other_end_fails_the_run_with_the_native_word_and_advice(before, state, native):
    observation = seen(state, native, exit_code=3, signal=None, reason="it ended", ended_at=ENDED)
    after = advance(submitted(before), observation, LATER)

    assert (after.status, after.timestamps.completed_at) == (RunStatus.FAILED, ENDED)
    failure = after.failure
    assert (failure.native_state, failure.exit, failure.reason) == (native, "3:0", "it ended")
    assert (failure.stage, failure.outcome) == (Stage.SLURM_MONITOR, StageOutcome.NEEDS_RETRY)
    assert failure.advice


@pytest.mark.parametrize("observation", [seen(JobState.COMPLETED), seen(JobState.COMPLETED, exit_code=0, signal=9)])
def test_a_completed_job_without_its_zero_is_no_success(observation):
    assert advance(submitted(RunStatus.RUNNING), observation, LATER).status is RunStatus.FAILED


def test_a_cancelled_job_that_never_ran_has_no_start():
    after = advance(submitted(), seen(JobState.CANCELLED, reason="cancelled by user 0"), LATER)

    assert [entry.status.value for entry in after.history] == ["submitted", "failed"]
    assert after.timestamps.started_at is None


@pytest.mark.parametrize("before", FROM)
@pytest.mark.parametrize(("state", "code"), [(JobState.COMPLETED, 0), (JobState.FAILED, 3), (JobState.CANCELLED, 143)])
def test_a_run_is_judged_when_the_accounting_has_said_what_it_knows(before, state, code):
    due = seen(state, exit_code=code, started_at=AT, ended_at=ENDED, reason="cancelled", accounting_due=True)
    waiting = advance(submitted(before), due, NOW)
    after = advance(waiting, attrs.evolve(due, accounting_due=False, reason="cancelled by user 7"), LATER)

    assert (waiting.status, waiting.failure) == (RunStatus.RUNNING, None)
    assert (waiting.scheduler["state"], waiting.scheduler["exit"]) == (state.value, f"{code}:0")
    assert waiting.artifact_sync_to_local.status is SyncStatus.PENDING
    well = state is JobState.COMPLETED
    assert after.status is (RunStatus.RUNNING if well else RunStatus.FAILED)
    assert after.artifact_sync_to_local.status is (SyncStatus.SYNCING if well else SyncStatus.PENDING)
    assert well or after.failure.reason == "cancelled by user 7"


def test_a_job_that_never_ran_is_not_running_while_its_accounting_is_awaited():
    waiting = advance(submitted(RunStatus.PENDING), seen(JobState.CANCELLED, accounting_due=True), NOW)

    assert (waiting.status, waiting.scheduler["state"]) == (RunStatus.PENDING, "CANCELLED")


def test_the_arithmetic_of_the_advice_is_in_the_manifest():
    usage = JobUsage(elapsed=612, limit=600, max_rss=3 * 2**20, memory=2**30)
    after = advance(submitted(), seen(JobState.TIMEOUT, usage=usage, started_at=AT, ended_at=ENDED), LATER)

    assert "00:10:12" in after.failure.advice
    assert "--time=00:20:00" in after.failure.advice
    said = after.scheduler
    assert (said["elapsed"], said["limit"], said["max_rss"]) == ("00:10:12", "00:10:00", "3072K")


# --- what could not be learnt


@pytest.mark.parametrize("before", FROM)
def test_an_outage_is_noted_once_and_over_with_the_next_answer(before):
    first = advance(submitted(before), seen(JobState.UNKNOWN, reason="squeue: no answer"), NOW)
    second = advance(first, seen(JobState.UNKNOWN, reason="squeue: another error"), LATER)
    after = advance(second, seen(JobState.RUNNING, started_at=AT), LATER)

    assert first.scheduler == {"note": "squeue: no answer", "unknown_since": AT}
    assert second == first
    assert {"note", "unknown_since"}.isdisjoint(after.scheduler)
    assert first.status is before


def test_a_job_that_is_listed_nowhere_is_given_up_after_an_hour_and_three_looks():
    gone = seen(JobState.ABSENT, reason="slurmctld does not know it")
    manifest = submitted(RunStatus.RUNNING)
    for minutes in (0, 30, 59):
        manifest = advance(manifest, gone, NOW + timedelta(minutes=minutes))
        assert manifest.status is RunStatus.RUNNING
    after = advance(manifest, gone, NOW + ABSENT_GRACE)

    assert after.status is RunStatus.FAILED
    assert "vanished" in after.failure.reason
    assert after.failure.outcome is StageOutcome.HUMAN_REVIEW


def test_two_looks_are_not_enough_however_far_the_clock_went():
    gone = seen(JobState.ABSENT)
    manifest = advance(submitted(RunStatus.RUNNING), gone, NOW)

    assert advance(manifest, gone, NOW + timedelta(days=30)).status is RunStatus.RUNNING


def test_a_job_that_comes_back_was_never_gone():
    gone = seen(JobState.ABSENT)
    manifest = advance(submitted(RunStatus.RUNNING), gone, NOW)
    back = advance(manifest, seen(JobState.RUNNING), LATER)

    assert {"absent_since", "absent_looks"}.isdisjoint(back.scheduler)
    assert advance(back, gone, NOW + 2 * ABSENT_GRACE).status is RunStatus.RUNNING


def test_where_the_clock_goes_back_the_grace_begins_again():
    gone = seen(JobState.ABSENT)
    manifest = advance(submitted(RunStatus.RUNNING), gone, NOW + timedelta(days=1))
    manifest = advance(manifest, gone, NOW)

    assert manifest.scheduler == {"absent_since": AT, "absent_looks": 1}


@pytest.mark.parametrize("state", JobState)
def test_a_run_that_was_never_submitted_stays_the_launch_s(state):
    intent = submitted(RunStatus.PENDING, job_id=None)
    after = advance(intent, JobObservation(state, 0), LATER)

    assert attrs.evolve(after, scheduler=None) == intent


def test_a_job_found_by_its_token_gives_the_run_its_id():
    after = advance(submitted(RunStatus.PENDING, job_id=None), seen(JobState.PENDING), LATER)

    assert (after.job_id, after.status) == ("4242", RunStatus.PENDING)
    assert [entry.status.value for entry in after.history] == ["pending", "submitted", "pending"]


# --- what is kept


def test_notes_are_kept_once_each_and_not_without_end():
    manifest = submitted(RunStatus.RUNNING)
    for number in range(40):
        notes = ("the same", f"note {number}", "x" * 1000)
        manifest = advance(manifest, seen(JobState.RUNNING, notes=notes), LATER)

    kept = manifest.scheduler["notes"]
    assert len(kept) == len(set(kept)) == 20
    assert "note 39" in kept
    assert max(map(len, kept)) <= 300


def test_the_rows_of_sacct_are_kept_with_their_steps():
    row = dict.fromkeys(ACCOUNTING_FIELDS, "")
    first = row | {"JobID": "4242", "State": "FAILED", "ExitCode": "3:0", "Elapsed": "00:04:00"}
    step = first | {"JobID": "4242.batch", "MaxRSS": "3008K"}
    lines = [SEPARATOR.join(ACCOUNTING_FIELDS), *(SEPARATOR.join(each.values()) for each in (first, step))]
    answer = Answer(("sacct", "--jobs=4242"), 0, "\n".join(lines) + "\n", "", AT)
    after = advance(submitted(), seen(JobState.FAILED, exit_code=3, answers=(answer,)), LATER)

    assert after.scheduler["sacct"] == [
        "JobID|State|ExitCode|Elapsed|MaxRSS",
        "4242|FAILED|3:0|00:04:00|",
        "4242.batch|FAILED|3:0|00:04:00|3008K",
    ]


def test_a_running_job_that_is_seen_again_leaves_its_manifest_alone():
    first = advance(submitted(), seen(JobState.RUNNING, started_at=AT, usage=JobUsage(elapsed=5, limit=600)), NOW)
    second = advance(first, seen(JobState.RUNNING, started_at=AT, usage=JobUsage(elapsed=65, limit=600)), LATER)

    assert second == first


# --- files


def test_proven_files_of_a_job_that_ended_well_make_it_synced():
    ended = advance(submitted(), seen(JobState.COMPLETED, exit_code=0, ended_at=ENDED), LATER)
    after = with_sync(ended, ArtifactSync(SyncStatus.OK, "shared_filesystem"), LATER)

    assert (after.status, after.timestamps.completed_at) == (RunStatus.SYNCED, ENDED)


@pytest.mark.parametrize("status", [SyncStatus.FAILED, SyncStatus.SYNCING, SyncStatus.PENDING])
def test_files_that_are_not_proven_make_nothing_synced(status):
    ended = advance(submitted(), seen(JobState.COMPLETED, exit_code=0, ended_at=ENDED), LATER)

    assert with_sync(ended, ArtifactSync(status), LATER).status is RunStatus.RUNNING


@pytest.mark.parametrize("observation", [seen(JobState.RUNNING), seen(JobState.FAILED, exit_code=1)])
def test_files_of_a_job_that_did_not_end_well_are_no_results(observation):
    manifest = advance(submitted(), observation, LATER)

    assert with_sync(manifest, ArtifactSync(SyncStatus.OK), LATER).status is manifest.status
