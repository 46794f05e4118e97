"""Whatever a scheduler says in whatever order, at whatever time of a clock: a manifest only moves as runs may."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.job import JobObservation, JobUsage
from autolab_core.models.manifest import ArtifactSync, RunManifest, StatusChange, Submission, Timestamps
from autolab_core.stages.watching.observe import ABSENT_GRACE, advance, ended_well, settled, with_sync
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import LEGAL_RUN_MOVES, HostMode, RunStatus, SyncStatus
from autolab_core.vocab.times import format_utc, parse_timestamp

NOON = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
MOMENTS = st.integers(-100_000, 100_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
TIMES = st.none() | MOMENTS.map(format_utc)
OBSERVATIONS = st.builds(
    JobObservation,
    st.sampled_from(JobState),
    st.none() | st.sampled_from([0, 1, 137]),
    st.text(max_size=10),
    TIMES,
    TIMES,
    st.booleans(),
    native_state=st.none()
    | st.sampled_from(["PENDING", "RUNNING", "COMPLETED", "FAILED", "OUT_OF_MEMORY", "NODE_FAIL"]),
    signal=st.none() | st.sampled_from([0, 9, 15]),
    stuck=st.none() | st.text(max_size=5),
    notes=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    usage=st.none() | st.builds(JobUsage, *[st.none() | st.integers(0, 10**9)] * 4),
    attempt=st.none() | st.integers(1, 3),
    job_id=st.none() | st.just("4242"),
)
SEEN = st.lists(st.tuples(OBSERVATIONS, MOMENTS), max_size=8)


STATUSES = st.sampled_from(RunStatus)


@st.composite
def manifests(draw, statuses=STATUSES):
    status = draw(statuses)
    host_mode = draw(st.sampled_from([HostMode.LOCAL, HostMode.SLURM]))
    at = format_utc(NOON)
    return RunManifest(
        "r1",
        "iter_a",
        status,
        host_mode=host_mode,
        job_id="4242"
        if host_mode is HostMode.SLURM and (status is not RunStatus.PENDING or draw(st.booleans()))
        else None,
        timestamps=Timestamps(created_at=at, completed_at=at if status.ended else None),
        submission=Submission("t"),
        history=(StatusChange(at, status, "made"),),
    )


def times_of(manifest):
    found = manifest.timestamps
    return [parse_timestamp(each) for each in (found.created_at, found.started_at, found.completed_at) if each]


@given(manifests(), SEEN)
def test_every_move_is_legal_and_on_record(manifest, seen):
    for observation, now in seen:
        before, manifest = manifest, advance(manifest, observation, now)
        new = manifest.history[len(before.history) :]

        assert manifest.history[: len(before.history)] == before.history
        path = [before.status, *(entry.status for entry in new)]
        assert all(after in LEGAL_RUN_MOVES[at] for at, after in itertools.pairwise(path))
        assert path[-1] is manifest.status


@given(manifests(), SEEN)
def test_times_stay_in_order_even_when_the_clock_goes_back(manifest, seen):
    for observation, now in seen:
        manifest = advance(manifest, observation, now)
    history = [parse_timestamp(entry.at) for entry in manifest.history]

    assert times_of(manifest) == sorted(times_of(manifest))
    assert history == sorted(history)
    assert (manifest.timestamps.completed_at is not None) == manifest.status.ended


@given(manifests(st.sampled_from([status for status in RunStatus if status.ended])), OBSERVATIONS, MOMENTS)
def test_a_run_that_has_ended_is_not_changed_by_what_is_seen_later(manifest, observation, now):
    after = advance(manifest, observation, now)

    assert attrs.evolve(after, scheduler=manifest.scheduler) == manifest
    assert set(after.scheduler or {}) <= {"note"}


@given(manifests(), OBSERVATIONS, MOMENTS)
def test_an_unknown_state_changes_nothing_but_a_note(manifest, observation, now):
    unknown = attrs.evolve(observation, state=JobState.UNKNOWN, job_id=manifest.job_id)
    after = advance(manifest, unknown, now)

    assert attrs.evolve(after, scheduler=manifest.scheduler) == manifest
    assert set(after.scheduler or {}) <= {"note", "unknown_since"}
    assert advance(after, attrs.evolve(unknown, reason="another"), now + timedelta(days=1)).status is manifest.status


@given(manifests(), OBSERVATIONS, MOMENTS)
def test_a_job_that_is_not_listed_is_never_done(manifest, observation, now):
    after = advance(manifest, attrs.evolve(observation, state=JobState.ABSENT), now)

    assert after.status in {manifest.status, RunStatus.FAILED, RunStatus.SUBMITTED}
    if manifest.host_mode is HostMode.SLURM:
        assert after.status is (manifest.status if manifest.job_id or not observation.job_id else RunStatus.SUBMITTED)


@given(manifests(), SEEN)
def test_only_extraction_and_synchronisation_say_completed_or_synced(manifest, seen):
    first = manifest.status
    for observation, now in seen:
        manifest = advance(manifest, observation, now)

    assert manifest.status not in {RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.SYNCED} - {first}


@given(manifests(st.sampled_from([RunStatus.SUBMITTED, RunStatus.RUNNING])), OBSERVATIONS, MOMENTS)
def test_an_end_that_is_no_success_fails_the_run_and_says_why_and_what_to_do(manifest, observation, now):
    after = advance(manifest, observation, now)

    well = ended_well(observation)
    if observation.state in ENDED_JOB_STATES:
        assert (after.status is RunStatus.FAILED) == (not well)
    if after.status is RunStatus.FAILED:
        assert after.failure.reason
        assert after.failure.advice
        said = observation.native_state if manifest.on_slurm else None
        assert after.failure.native_state == (said or observation.state)


@given(manifests(), OBSERVATIONS, MOMENTS)
def test_seeing_the_same_again_changes_nothing(manifest, observation, now):
    once = advance(manifest, observation, now)
    looks = {"absent_looks": 2} if "absent_looks" in (once.scheduler or {}) else {}
    expected = attrs.evolve(once, scheduler={**once.scheduler, **looks}) if looks else once

    assert advance(once, observation, now + timedelta(days=1)) == expected


@given(manifests(), SEEN)
def test_a_slurm_run_fails_by_an_end_that_was_seen_or_by_a_grace_that_is_over(manifest, seen):
    if not manifest.on_slurm or manifest.status.ended:
        return
    for observation, now in seen:
        before, manifest = manifest, advance(manifest, observation, now)
        if before.status is manifest.status or manifest.status is not RunStatus.FAILED:
            continue
        if observation.state is JobState.ABSENT:
            since = parse_timestamp(before.scheduler["absent_since"])
            assert now - since >= ABSENT_GRACE
            assert before.scheduler["absent_looks"] >= 2
        else:
            assert observation.state in ENDED_JOB_STATES
            assert not ended_well(observation)


@given(manifests(), SEEN, st.lists(st.sampled_from(SyncStatus), max_size=8))
def test_synced_needs_zero_zero_and_proven_files(manifest, seen, syncs):
    if not manifest.on_slurm or settled(manifest):
        return
    well = proven = False
    for (observation, now), sync in zip(seen, syncs, strict=False):
        before = advance(manifest, observation, now)
        manifest = with_sync(before, ArtifactSync(sync), now)
        well = well or ended_well(observation)
        proven = proven or sync is SyncStatus.OK
        assert (
            all(after in LEGAL_RUN_MOVES[at] for at, after in itertools.pairwise([before.status, manifest.status]))
            or before.status is manifest.status
        )
        if manifest.status is RunStatus.SYNCED:
            assert well
            assert proven
            return


@given(manifests(), SEEN)
def test_what_is_kept_of_a_scheduler_is_bounded(manifest, seen):
    for observation, now in seen:
        manifest = advance(manifest, observation, now)

    assert len((manifest.scheduler or {}).get("notes", [])) <= 20
