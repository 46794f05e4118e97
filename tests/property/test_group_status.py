"""Whatever becomes of its replicates in whatever order: a group only moves as runs may, and says what follows."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import (
    ArtifactSync,
    Failure,
    Replicate,
    ReplicateOf,
    RunManifest,
    StatusChange,
    Submission,
    Timestamps,
)
from autolab_core.stages.group.status import advance_group, group_failure, seen_of, status_of
from autolab_core.stages.watching.observe import move, settled
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import LEGAL_RUN_MOVES, HostMode, RunStatus, Stage, StageOutcome, SyncStatus
from autolab_core.vocab.times import format_utc

NOON = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
AT = format_utc(NOON)
WELL = {RunStatus.SYNCED, RunStatus.COMPLETED}
SETTLED = {RunStatus.FAILED, RunStatus.PARTIAL, *WELL}
STATUSES = st.lists(st.sampled_from(RunStatus), min_size=1, max_size=5)
# A job that goes on: whatever a look may lead its run to.
STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(RunStatus)), max_size=25)


def run(run_id, status, **more):
    sync = SyncStatus.OK if status in SETTLED else SyncStatus.PENDING
    failure = Failure(f"{run_id} failed", Stage.SLURM_MONITOR, outcome=StageOutcome.NEEDS_RETRY)
    return RunManifest(
        run_id,
        "iter_a",
        status,
        **{
            "host_mode": HostMode.SLURM,
            "job_id": "7",
            "timestamps": Timestamps(created_at=AT, started_at=AT, completed_at=AT if status.ended else None),
            "submission": Submission("t"),
            "artifact_sync_to_local": ArtifactSync(sync, "shared_filesystem"),
            "failure": failure if status in {RunStatus.FAILED, RunStatus.PARTIAL} else None,
            "history": (StatusChange(AT, status, "made"),),
            **more,
        },
    )


def group_of(count, kept=0, status=RunStatus.SUBMITTED):
    """A group that started *count* replicates and keeps *kept* of an earlier one."""
    own = [Replicate(index, f"g-r{index}", index) for index in range(count)]
    others = [Replicate(count + index, f"old-r{count + index}", count + index) for index in range(kept)]
    return run("g", status, replicates=(*own, *others), timestamps=Timestamps(created_at=AT))


def parts(group, statuses):
    return {
        each.run_id: run(
            each.run_id, status, replicate=ReplicateOf(each.run_id.partition("-")[0], each.index, each.seed)
        )
        for each, status in zip(group.replicates, statuses, strict=True)
    }


@given(STATUSES, st.lists(st.sampled_from(sorted(WELL)), max_size=2))
def test_a_group_is_what_its_replicates_are(own, kept):
    status = status_of(own, kept)
    everyone = {*own, *kept}

    assert status is not RunStatus.COMPLETED
    if not set(own) <= SETTLED:
        assert status in {RunStatus.PENDING, RunStatus.SUBMITTED, RunStatus.RUNNING}
        assert (status is RunStatus.RUNNING) == bool(set(own) & (SETTLED | {RunStatus.RUNNING}))
    else:
        assert (status is RunStatus.SYNCED) == (everyone <= WELL)
        assert (status is RunStatus.FAILED) == (everyone == {RunStatus.FAILED})


@given(STATUSES, st.permutations(range(5)))
def test_the_order_of_the_replicates_means_nothing(own, order):
    shuffled = [own[index] for index in order if index < len(own)]

    assert status_of(own) is status_of(shuffled)


@given(STEPS, st.integers(0, 2))
def test_a_group_moves_as_runs_may_and_ends_when_the_last_of_them_has(steps, kept):
    group = group_of(5 - kept, kept)
    replicates = parts(group, [RunStatus.SUBMITTED] * (5 - kept) + [RunStatus.COMPLETED] * kept)
    now = NOON
    for index, status in steps:
        now += timedelta(seconds=1)
        each = replicates[group.replicates[index].run_id]
        if settled(each) or status not in LEGAL_RUN_MOVES[each.status] or status is RunStatus.COMPLETED:
            continue
        replicates[each.run_id] = attrs.evolve(
            run(each.run_id, status, replicate=each.replicate), history=move(each, status, "", now).history
        )
        before = group
        group = advance_group(group, replicates, now)

        words = [entry.status for entry in group.history]
        assert all(b in LEGAL_RUN_MOVES[a] for a, b in itertools.pairwise(words))
        assert group.status is words[-1]
        assert settled(group) == all(settled(one) for one in replicates.values())
        assert not settled(before) or group == before
        assert (group.failure is not None) == (group.status in {RunStatus.FAILED, RunStatus.PARTIAL})
        assert advance_group(group, replicates, now) == group


def test_a_partial_group_names_what_failed_and_what_to_do():
    group = group_of(3)
    ended = advance_group(group, parts(group, [RunStatus.SYNCED, RunStatus.FAILED, RunStatus.SYNCED]), NOON)

    assert ended.status is RunStatus.PARTIAL
    assert ended.failure.reason == "1 of 3 replicates did not succeed: replicate 1 (run g-r1): g-r1 failed"
    assert ended.failure.missing == ("replicate 1 (run g-r1): g-r1 failed",)
    assert "autolab launch" in ended.failure.advice
    assert ended.timestamps.completed_at == AT
    assert [entry.status for entry in ended.history][-2:] == [RunStatus.RUNNING, RunStatus.PARTIAL]


def test_many_failures_are_named_in_part_and_counted_whole():
    group = group_of(9)

    failure = group_failure(group, parts(group, [RunStatus.FAILED] * 9))

    assert (len(failure.missing), failure.reason.count("(run g-")) == (9, 5)
    assert failure.reason.endswith("; and 4 more")


def test_one_that_vanished_is_for_a_person():
    group = group_of(2)
    replicates = parts(group, [RunStatus.FAILED, RunStatus.FAILED])
    lost = Failure("vanished", Stage.SLURM_MONITOR, advice="look for it", outcome=StageOutcome.HUMAN_REVIEW)
    replicates["g-r1"] = attrs.evolve(replicates["g-r1"], failure=lost)

    failure = group_failure(group, replicates)

    assert (failure.outcome, failure.advice) == (StageOutcome.HUMAN_REVIEW, "look for it")


def test_files_that_did_not_come_are_seen_once_nothing_else_goes_on():
    group = group_of(2, status=RunStatus.RUNNING)
    replicates = parts(group, [RunStatus.RUNNING, RunStatus.RUNNING])
    lost = attrs.evolve(
        replicates["g-r0"], artifact_sync_to_local=ArtifactSync(SyncStatus.FAILED, diagnosis="no exit marker")
    )
    still = advance_group(group, {**replicates, "g-r0": lost}, NOON)
    over = advance_group(group, {"g-r0": lost, "g-r1": run("g-r1", RunStatus.SYNCED)}, NOON)

    assert still.artifact_sync_to_local.status is not SyncStatus.FAILED
    assert (over.artifact_sync_to_local.status, over.artifact_sync_to_local.diagnosis) == (
        SyncStatus.FAILED,
        "no exit marker",
    )
    assert over.status is RunStatus.RUNNING


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ((JobState.RUNNING, JobState.UNKNOWN, JobState.COMPLETED), JobState.RUNNING),
        ((JobState.PENDING, JobState.FAILED), JobState.PENDING),
        ((JobState.UNKNOWN, JobState.FAILED), JobState.UNKNOWN),
        ((JobState.COMPLETED, JobState.COMPLETED), JobState.COMPLETED),
        ((JobState.COMPLETED, JobState.TIMEOUT), JobState.FAILED),
        ((), JobState.PENDING),
    ],
)
def test_what_a_look_says_of_a_group(states, state):
    seen = seen_of(group_of(3), [JobObservation(each) for each in states])

    assert seen.state is state
